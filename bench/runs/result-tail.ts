// Follows how the runs of one workflow ended, on the controller's event stream, with as little work as possible: the reader shares
// the cores with what is measured. A run is known by the event that set it off.
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, get } from "node:http";
import type { Sightings } from "./sightings.ts";

const causePattern = /"cause":"([^"]+)"/;

/** Follows until it is disposed of. A run that ended in another way than `completed` fails what is waited for. */
export async function followResults(url: string, workflow: string, seen: Sightings): Promise<Disposable> {
  const completed = await openTail(url, ["run:completed", workflow], (message) => {
    const cause = causePattern.exec(message)?.[1];
    if (cause !== undefined) seen.see(cause);
    else if (message.startsWith("event: error")) seen.fail(new Error(message));
  });
  const dead = await openTail(url, ["run:dead", workflow], (message) => {
    if (causePattern.test(message)) seen.fail(new Error(`a run of ${workflow} is dead: ${message}`));
  });
  return {
    [Symbol.dispose]() {
      completed.destroy();
      dead.destroy();
    },
  };
}

async function openTail(
  url: string,
  [state = "", workflow = ""]: readonly string[],
  take: (message: string) => void,
): Promise<ClientRequest> {
  const query = new URLSearchParams([
    ["tag", state],
    ["tag", `workflows:${workflow}`],
  ]);
  const request = get(`${url}/api/v1/events/stream?${query}`);
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
  return request;
}
