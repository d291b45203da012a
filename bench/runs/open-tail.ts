// One reader of the controller's event stream that hands on each message as its text: parsing all of them would cost more than the
// benchmark may use.
import { once } from "node:events";
import { type IncomingMessage, get } from "node:http";

export type TailQuery = { readonly type?: string; readonly tags?: readonly string[] };

/** Resolves when the controller has begun to send. Disposing of it ends the connection. */
export async function openTail(url: string, query: TailQuery, take: (message: string) => void): Promise<Disposable> {
  const asked = new URLSearchParams();
  for (const tag of query.tags ?? []) asked.append("tag", tag);
  if (query.type !== undefined) asked.set("type", query.type);
  const request = get(`${url}/api/v1/events/stream?${asked.toString()}`);
  // The controller ends, or the benchmark does.
  request.on("error", () => {});
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`${url} refused a tail: ${answer.statusCode}`);
  answer.setEncoding("utf8").on("error", () => {});
  let rest = "";
  answer.on("data", (text: string) => {
    const messages = (rest + text).split("\n\n");
    rest = messages.pop() ?? "";
    for (const message of messages) take(message);
  });
  return { [Symbol.dispose]: () => void request.destroy() };
}
