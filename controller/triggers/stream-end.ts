// Which events were stored before this controller's present connection to NATS. What was handed out over an earlier connection,
// or before a crash of the server, may come once more without being marked as a redelivery, so it needs a second look.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";

const askAgainWaitMs = 500;

export type StreamEnd = {
  /** True while the end is not known: a second look is never wrong. */
  isBefore(sequence: number): boolean;
  stop(): void;
};

export function followStreamEnd(nc: NatsConnection, stream: string): StreamEnd {
  let end = Infinity;
  let connection = 0;
  let stopped = false;
  void follow();
  void ask(connection);

  return {
    isBefore: (sequence) => sequence <= end,
    stop() {
      stopped = true;
    },
  };

  async function follow(): Promise<void> {
    for await (const { type } of nc.status()) {
      if (stopped) return;
      if (type !== "disconnect" && type !== "reconnect") continue;
      end = Infinity;
      connection++;
      if (type === "reconnect") void ask(connection);
    }
  }

  /** An answer that was asked for over an earlier connection says nothing about this one. */
  async function ask(asked: number): Promise<void> {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const isOver = (): boolean => stopped || asked !== connection || nc.isClosed();
    while (!isOver()) {
      const info = await jsm.streams.info(stream).catch(() => null);
      if (isOver()) return;
      if (info) {
        end = info.state.last_seq;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, askAgainWaitMs).unref());
    }
  }
}
