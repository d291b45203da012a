// An event as it is shown to readers of CloudEvents: as its sender wrote it, where that can be told.
import { cloudEventOf } from "./cloud-event.ts";
import { workflowOf } from "./event-match.ts";
import type { Event } from "./event.ts";

/**
 * Source and id together are unique, so the sender's id goes with the sender's source. Code of a workflow that named another source
 * than its own keeps the proved source, with Drover's id; what it named are `senderid` and `sendersource`. Without a value there are
 * no data.
 */
export function cloudEventForReaders(event: Event): Readonly<Record<string, unknown>> {
  const wire = cloudEventOf(event, workflowOf(event.source));
  const { id, source } = event.attributes ?? {};
  if (id !== undefined && source === undefined) {
    wire["id"] = id;
    delete wire["senderid"];
  }
  if (event.value === "" && event.attributes?.["datacontenttype"] === undefined && wire["data"] !== undefined) {
    delete wire["data"];
    delete wire["datacontenttype"];
  }
  return wire;
}
