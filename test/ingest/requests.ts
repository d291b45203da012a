// Requests that store events, of every form that a sender may choose. An event's value says who sent it, in which request and at
// which place, so that nothing needs to be remembered to know it again.

export const forms = ["single", "list", "ndjson", "cloudevents"] as const;
export type Form = (typeof forms)[number];

export type Mark = { readonly sender: number; readonly request: number; readonly place: number };

export type Request = {
  readonly sender: number;
  readonly request: number;
  readonly form: Form;
  readonly count: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export const mainTag = "ingest";
const types = ["reading", "crm.order.created", "ci/build"];
const batchMax = 400;

/** `run` keeps the names of one trial apart from those of another. */
export function requestOf(
  { run, sender, request }: { run: string; sender: number; request: number },
  random: () => number,
): Request {
  const form = forms[Math.floor(random() * forms.length)] ?? "single";
  const count = form === "single" ? 1 : 1 + Math.floor(random() * batchMax);
  const filling = "x".repeat(Math.floor(random() * 200));
  const tags = [mainTag, `sender:${sender}`, form];
  const type = types[request % types.length] ?? "reading";
  const values = Array.from({ length: count }, (_, place) => ({ sender, request, place, filling }));
  const events = values.map((value) => ({ tags, type, value }));
  const key = { "Idempotency-Key": `${run}-${sender}-${request}` };
  const common = { sender, request, form, count };
  switch (form) {
    case "single":
      return { ...common, headers: { ...key, "Content-Type": "application/json" }, body: JSON.stringify(events[0]) };
    case "list":
      return { ...common, headers: { ...key, "Content-Type": "application/json" }, body: JSON.stringify(events) };
    case "ndjson": {
      const body = events.map((event) => JSON.stringify(event)).join("\n");
      return { ...common, headers: { ...key, "Content-Type": "application/x-ndjson" }, body };
    }
    case "cloudevents": {
      const body = values.map((value) => ({
        specversion: "1.0",
        id: `${run}-${request}-${value.place}`,
        source: `/senders/${sender}`,
        type,
        tags: tags.join(","),
        data: value,
      }));
      const headers = { "Content-Type": "application/cloudevents-batch+json" };
      return { ...common, headers, body: JSON.stringify(body) };
    }
  }
}
