// The thread that keeps the event index (index-feed.ts fills it) and answers questions. A slow question or a flood of events
// therefore never holds up the controller's own thread.
//
//   W1. A question is answered only after the index has passed the sequence that it names (held-questions.ts), or fails when that
//       takes too long. An answer knows all that has arrived here before it.
//   W2. What takes long is answered in slices (slow-questions.ts); in between events are added, and whatever is short is answered.
//   W3. An index that is to be built again, by request or because its file is damaged, begins anew with an empty file; questions
//       wait meanwhile.
import { jetstreamManager } from "@nats-io/jetstream";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type ConnectionTarget, connectNats } from "../../bus/connection.ts";
import { controllerOwner, eventsStream, inboxPrefix } from "../../bus/subjects.ts";
import { createHeldQuestions, isAnswerable } from "./held-questions.ts";
import type { Skipped } from "./index-adding.ts";
import { type IndexFeed, type IndexFeedParts, type Rebuilt, StreamWentBack, openIndexFeed } from "./index-feed.ts";
import { isDamage } from "./index-file.ts";
import { PageTooLarge } from "./page.ts";
import { type Asked, type SlowQuestion, answer, isSlow } from "./questions.ts";
import { createSlowQuestions } from "./slow-questions.ts";

export type IndexWorkerData = Pick<IndexFeedParts, "adding" | "isCareful" | "passedOver"> & {
  readonly target: ConnectionTarget;
  readonly path: string;
};
export type IndexRequest =
  | { readonly kind: "ask"; readonly asked: Asked }
  /** Nobody waits for its answer any more. */
  | { readonly kind: "cancel"; readonly id: number }
  /** The answer is the state of the new index. */
  | { readonly kind: "rebuild"; readonly id: number }
  | { readonly kind: "stop" };
export type IndexAnswer =
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly reason: string }
  | { readonly kind: "too-large"; readonly id: number }
  | { readonly kind: "ready" }
  | { readonly kind: "dropped"; readonly reason: string }
  | { readonly kind: "skipped"; readonly skipped: Skipped }
  | { readonly kind: "rebuilt"; readonly rebuilt: Rebuilt };

const heldLookEveryMs = 100;
const connectTimeoutMs = 30_000;

if (parentPort) await serve(parentPort, workerData as IndexWorkerData);

async function serve(port: MessagePort, data: IndexWorkerData): Promise<void> {
  const nc = await connectNats(data.target, {
    name: "drover index",
    inboxPrefix: inboxPrefix(controllerOwner),
    timeoutMs: connectTimeoutMs,
  });
  const jsm = await jetstreamManager(nc);
  const send = (said: IndexAnswer): void => port.postMessage(said);
  const held = createHeldQuestions(() => Date.now());
  const slow = createSlowQuestions({
    begin: ({ question, given }) => feed.begin(question as SlowQuestion, given as Parameters<IndexFeed["begin"]>[1]),
    onAnswer: ({ id }, found) => send({ kind: "answer", id, answer: found }),
    onRefused: ({ id }, reason) => send({ kind: "failed", id, reason }),
    onFailed: failed,
    nowMs: () => Date.now(),
    later: setImmediate,
  });
  const feedParts = {
    ...data,
    nc,
    jsm,
    awaited: () => held.next,
    onWritten: answerHeld,
    onRebuilt: (rebuilt: Rebuilt) => send({ kind: "rebuilt", rebuilt }),
    onDropped: (reason: string) => send({ kind: "dropped", reason }),
    onSkipped: (skipped: Skipped) => send({ kind: "skipped", skipped }),
    onBroken: broken,
  };
  let feed: IndexFeed;
  /** While one file takes the place of another; nothing is asked of either. */
  let replacing: Promise<void> | null = open();
  await replacing;
  const heldTimer = setInterval(lookAtHeld, heldLookEveryMs);
  port.on("message", (request: IndexRequest) => void handle(request));
  send({ kind: "ready" });

  async function open(): Promise<void> {
    feed = await openIndexFeed(feedParts);
    replacing = null;
  }

  async function handle(request: IndexRequest): Promise<void> {
    switch (request.kind) {
      case "ask":
        return ask(request.asked);
      case "cancel":
        held.cancel(request.id);
        return slow.cancel(request.id);
      case "rebuild":
        return rebuild(request.id);
      case "stop":
        return end();
    }
  }

  function ask(asked: Asked): void {
    if (replacing !== null) return held.hold(asked);
    try {
      feed.flush();
    } catch (error) {
      held.hold(asked);
      return broken(error);
    }
    if (isAnswerable(asked, feed)) reply(asked);
    else held.hold(asked);
  }

  function lookAtHeld(): void {
    if (replacing !== null) return;
    answerHeld();
    if (held.count > 0 || feed.through < feed.floor) void feed.passGap();
  }

  function answerHeld(): void {
    if (replacing !== null) return;
    const { ready, overdue } = held.take(feed);
    for (const asked of ready) reply(asked);
    for (const { id, passed } of overdue) send({ kind: "failed", id, reason: behind(passed) });
  }

  function behind(passed: number): string {
    const { rebuilding } = feed.answers.indexed();
    if (rebuilding === null)
      return `the event index is behind the stream by ${Math.max(passed, feed.floor) - feed.through}`;
    return `the event index is being built again: ${rebuilding.through} of ${rebuilding.of} so far`;
  }

  function reply(asked: Asked): void {
    if (isSlow(asked.question)) return slow.add(asked);
    try {
      send({ kind: "answer", id: asked.id, answer: answer(feed.answers, asked) });
    } catch (error) {
      failed(asked, error);
    }
  }

  function failed({ id }: Asked, error: unknown): void {
    if (error instanceof PageTooLarge) return send({ kind: "too-large", id });
    send({ kind: "failed", id, reason: error instanceof Error ? error.message : String(error) });
    if (isDamage(error)) broken(error);
  }

  /** A file that is at fault is replaced. With any other error the thread ends, and is started again. */
  function broken(error: unknown): void {
    if (replacing !== null) return;
    if (!isDamage(error) && !(error instanceof StreamWentBack)) return die(error);
    send({ kind: "dropped", reason: error instanceof Error ? error.message : String(error) });
    void replace();
  }

  async function rebuild(id: number): Promise<void> {
    try {
      // An index that cannot be built now is not thrown away.
      await jsm.streams.info(eventsStream);
    } catch (error) {
      return send({ kind: "failed", id, reason: `NATS does not answer now: ${String(error)}` });
    }
    if (replacing === null && feed.answers.indexed().rebuilding === null) void replace();
    await replacing;
    send({ kind: "answer", id, answer: feed.answers.indexed() });
  }

  function replace(): Promise<void> {
    for (const asked of slow.clear()) held.hold(asked);
    replacing = feed.drop().then(open).then(answerHeld, die);
    return replacing;
  }

  /** Thrown by itself, so that it ends the thread whoever called. */
  function die(error: unknown): void {
    setImmediate(() => {
      throw error;
    });
  }

  async function end(): Promise<void> {
    slow.clear();
    await replacing;
    clearInterval(heldTimer);
    await feed.stop();
    await nc.close();
    port.close();
  }
}
