import type { Event } from "../../model/event.ts";
import type { EventFilter } from "../controller-api.ts";
import { follow } from "../follow.ts";
import { eventLine } from "../event-text.ts";
import type { Session } from "../session.ts";

/** Events as they happen, until Ctrl-C; across restarts of the controller none is missed and none shown twice. */
export async function tail(session: Session, filter: EventFilter, { json }: { json: boolean }): Promise<void> {
  const messages = follow({
    connect: (lastId, signal) => session.api.followEvents(filter, lastId, signal),
    say: session.say,
    signal: session.interruption(),
  });
  for await (const { id, event: name, data } of messages) {
    // Only events have an id; what the stream says of itself has none.
    if (id === null) {
      session.say(`${name}: ${data}`);
      continue;
    }
    const event: Event = JSON.parse(data);
    session.print(json ? `${data}\n` : `${eventLine(event)}\n`);
  }
}
