// What is known of messages whose publishing was repeated.
import { expect, test } from "vitest";
import { type Messages, PublishError } from "../../bus/publisher.ts";
import { storeInOrder } from "../../controller/events/store-in-order.ts";

type Answer = { readonly stored: number; readonly code: PublishError["code"] | null };

/** A server that answers as the rows say: of the messages of a call the first `stored` are. */
function scripted(answers: readonly Answer[]): {
  published: string[][];
  publishAll: Parameters<typeof storeInOrder>[0]["publishAll"];
} {
  const published: string[][] = [];
  let sequence = 0;
  return {
    published,
    publishAll(messages) {
      const all = Array.from({ length: messages.count }, (_, place) => messages.at(place).messageId);
      const { stored, code } = answers[published.length] ?? { stored: all.length, code: null };
      published.push(all);
      return Promise.resolve({
        sequences: Float64Array.from(all, (_, place) => (place < stored ? (sequence += 1) : 0)),
        missing: all.flatMap((_, place) => (place < stored ? [] : [place])),
        error: code && new PublishError(code, code),
      });
    },
  };
}

const messages = (count: number): Messages => ({
  count,
  at: (place) => ({ subject: "s", payload: "", messageId: String(place) }),
});
const soon = (): number => Date.now() + 60_000;

test("what had no answer may be stored, whatever the repeat is answered", async () => {
  const server = scripted([
    { stored: 0, code: "unanswered" },
    { stored: 0, code: "refused" },
  ]);
  const { sequences, error } = await storeInOrder(server, messages(3), soon());
  expect(sequences).toEqual([]);
  expect(error?.code).toBe("unanswered");
});

test("what only found no room here was never sent, so a refusal of the repeat is one", async () => {
  const server = scripted([
    { stored: 0, code: "overloaded" },
    { stored: 0, code: "refused" },
  ]);
  expect((await storeInOrder(server, messages(3), soon())).error?.code).toBe("refused");
});

test("what is missing is repeated before the next window leaves", async () => {
  const server = scripted([{ stored: 1_999, code: "unanswered" }]);
  const { sequences, error } = await storeInOrder(server, messages(2_001), soon());
  expect(error).toBeNull();
  expect(sequences).toHaveLength(2_001);
  expect(server.published.map((all) => [all.length, all[0]])).toEqual([
    [2_000, "0"],
    [1, "1999"],
    [1, "2000"],
  ]);
});

test("whoever wakes up behind the deadline sends nothing more: others may have ended the work by then", async () => {
  const server = scripted([]);
  const { sequences, error } = await storeInOrder(server, messages(4_000), Date.now() - 1);
  expect(server.published).toHaveLength(1);
  expect(sequences).toHaveLength(2_000);
  expect(error?.code).toBe("unanswered");
});
