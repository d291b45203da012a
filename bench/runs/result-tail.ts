// Follows how the runs of one workflow end.
import { openTail } from "./open-tail.ts";
import type { Sightings } from "./sightings.ts";

const causePattern = /"cause":"([^"]+)"/;

/**
 * Follows until it is disposed of. A run is known by the event that set it off. One that does not complete, and a tail that is cut
 * off, fail what is waited for.
 */
export async function followResults(url: string, workflow: string, seen: Sightings): Promise<Disposable> {
  using stack = new DisposableStack();
  const of = (state: string): { tags: string[] } => ({ tags: [state, `workflows:${workflow}`] });
  const completed = await openTail(url, of("run:completed"), (message) => {
    const cause = causePattern.exec(message)?.[1];
    if (cause !== undefined) seen.see(cause);
    else if (message.startsWith("event: error")) seen.fail(new Error(message));
  });
  stack.use(completed);
  const dead = await openTail(url, of("run:dead"), (message) => {
    if (causePattern.test(message)) seen.fail(new Error(`a run of ${workflow} is dead: ${message}`));
  });
  stack.use(dead);
  return stack.move();
}
