// Writes events as a fixture: a JSON list, oldest first, an event in each line so that two of them can be compared.
import type { Event } from "../../model/event.ts";
import { follow } from "../follow.ts";
import { createOutage } from "../outage.ts";
import type { Session } from "../session.ts";

export type RecordOptions = {
  readonly tags: readonly string[];
  /** By the name of the query parameter; undefined: not asked for. */
  readonly filters: Readonly<Record<"type" | "source" | "workflow" | "run" | "since" | "until", string | undefined>>;
  readonly limit: number;
  /** Those to come instead of those of the past. */
  readonly follow: boolean;
};

export async function recordEvents(session: Session, options: RecordOptions): Promise<void> {
  const count = options.follow ? await recordComing(session, options) : await recordPast(session, options);
  if (count === 0) session.say("no events recorded: none was found; a test needs one at least");
  else session.say(`${count} ${count === 1 ? "event" : "events"} recorded`);
}

/** The newest ones. */
async function recordPast({ api, print }: Session, options: RecordOptions): Promise<number> {
  const found = await api.pages<Event>(`/events?${queryOf(options)}`, options.limit);
  // Events that are stored meanwhile push others onto the next page once more.
  const events = [...new Map(found.map((event) => [event.id, event])).values()].toReversed();
  print(fixtureText(events));
  return events.length;
}

/** Line by line, until there are enough of them or Ctrl-C. */
async function recordComing({ api, print, say, interruption }: Session, options: RecordOptions): Promise<number> {
  const ended = new AbortController();
  const signal = AbortSignal.any([interruption(), ended.signal]);
  const connect = (lastId: string | null, until: AbortSignal): Promise<Response> => {
    const headers = { Accept: "text/event-stream", ...(lastId !== null && { "Last-Event-ID": lastId }) };
    return api.open({ path: `/events/stream?${queryOf(options)}`, headers }, until);
  };
  let count = 0;
  for await (const { id, data } of follow({ connect, outage: createOutage(say), signal })) {
    // What the stream says of itself has no id.
    if (id === null) continue;
    print(`${count === 0 ? "[\n" : ",\n"}${data}`);
    count += 1;
    if (count >= options.limit) break;
  }
  ended.abort();
  print(count === 0 ? "[]\n" : "\n]\n");
  return count;
}

function fixtureText(events: readonly Event[]): string {
  if (events.length === 0) return "[]\n";
  return `[\n${events.map((event) => JSON.stringify(event)).join(",\n")}\n]\n`;
}

function queryOf({ tags, filters }: RecordOptions): string {
  const query = new URLSearchParams(tags.map((tag): [string, string] => ["tag", tag]));
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, value);
  return query.toString();
}
