// Far more events than usual, which set nothing off: what is accepted of them must be found afterwards, and nothing else.
import { call } from "../api.ts";
import type { Drover } from "../drover.ts";
import type { Fault } from "./fault.ts";

const batchEvents = 250;
const batchesMax = 40;
const pageSize = 1_000;
const requestMsMax = 60_000;

export const flood: Fault = {
  name: "flood",
  holdSecondsMax: 5,
  async inject({ drover, random }) {
    const tag = `flood-${Math.floor(random() * 1e6)}`;
    const accepted = new Set<string>();
    const ending = new AbortController();
    const sending = send(drover, { tag, accepted, signal: ending.signal });
    return {
      what: `a flood of events`,
      async undo() {
        ending.abort();
        await sending;
      },
      check: () => compared(drover, tag, accepted),
    };
  },
};

type Flood = { readonly tag: string; readonly accepted: Set<string>; readonly signal: AbortSignal };

/** Each batch has a key of its own, and is sent again under it until it has an answer. */
async function send(drover: Drover, { tag, accepted, signal }: Flood): Promise<void> {
  for (let batch = 0; batch < batchesMax && !signal.aborted; batch += 1) {
    const key = crypto.randomUUID();
    const events = Array.from({ length: batchEvents }, () => ({ tags: [tag], value: batch }));
    let ids = await attempt(drover, key, events);
    for (; ids === null; ids = await attempt(drover, key, events)) await new Promise((done) => setTimeout(done, 250));
    for (const id of ids) accepted.add(id);
  }
}

async function attempt(drover: Drover, key: string, events: readonly unknown[]): Promise<readonly string[] | null> {
  try {
    const answer = await fetch(`${drover.url}/api/v1/events`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify(events),
      signal: AbortSignal.timeout(requestMsMax),
    });
    const { ids } = (await answer.json()) as { ids: readonly string[] };
    return answer.ok ? ids : null;
  } catch {
    return null;
  }
}

async function compared(drover: Drover, tag: string, accepted: ReadonlySet<string>): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let page = 1; ; page += 1) {
    const query = `/events?tag=${tag}&page=${page}&per_page=${pageSize}`;
    const { body } = await call<{ id: string }[]>(drover.url, "GET", query);
    for (const { id } of body) found.add(id);
    if (body.length < pageSize) break;
  }
  const lost = accepted.difference(found).size;
  const strange = found.difference(accepted).size;
  return [
    ...(lost > 0 ? [`${lost} of ${accepted.size} accepted events of ${tag} are not found`] : []),
    ...(strange > 0 ? [`${strange} events of ${tag} are found that were not accepted`] : []),
  ];
}
