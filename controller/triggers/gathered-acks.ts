// Acknowledgements that leave together. One by one each costs a write here and a read at the server: more than all else that is
// done for an event that sets off nothing.
//
//   A1. What is given waits for gatherMs at most, far below the time after which the server would give the event again.
//   A2. Nothing waits when it is closed: what was given has left.
import type { JsMsg } from "@nats-io/jetstream";

const gatherMs = 5;
/** So many leave at once, however soon. */
const gatheredMax = 256;

export type GatheredAcks = {
  give(msg: JsMsg): void;
  close(): void;
};

export function createGatheredAcks(): GatheredAcks {
  let gathered: JsMsg[] = [];
  let timer: NodeJS.Timeout | undefined;

  return {
    give(msg) {
      const count = gathered.push(msg);
      if (count === 1) timer = setTimeout(send, gatherMs);
      if (count >= gatheredMax) send();
    },
    close: send,
  };

  function send(): void {
    clearTimeout(timer);
    const leaving = gathered;
    gathered = [];
    for (const msg of leaving) msg.ack();
  }
}
