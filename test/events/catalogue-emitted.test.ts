// The list of Drover's own events against what a real controller with real containers emits: whoever adds an event without
// listing it, or lists one that nothing emits, is told here.
import { afterAll, beforeAll, expect, test } from "vitest";
import { catalogue } from "../../controller/events/catalogue.ts";
import { entryOf, kindsOf, misfitsOf } from "../../controller/events/catalogue/entry.ts";
import type { StoredEvent } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { allEvents, provokeEverything } from "./every-event.ts";
import { tokenEvents } from "./token-events.ts";

let drover: Drover;
let events: readonly StoredEvent[];

beforeAll(async () => {
  drover = await startDrover();
  await provokeEverything(drover);
  events = [...(await allEvents(drover)), ...(await tokenEvents())].filter(({ type }) => !type.startsWith("user."));
}, 180_000);
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

test("every event of Drover's own is on the list, and has its source, tags and shape", () => {
  const wrong = events.flatMap((event) => {
    const entry = entryOf(event, catalogue);
    const misfits = entry === null ? ["it is not listed"] : misfitsOf(event, entry);
    return misfits.map((misfit) => `${event.type} ${event.tags.join(" ")}: ${misfit}`);
  });
  expect([...new Set(wrong)]).toEqual([]);
});

test("every event on the list was emitted", () => {
  const seen = new Set(
    events.flatMap((event) => {
      const entry = entryOf(event, catalogue);
      return entry === null ? [] : kindsOf(event, entry).map((kind) => `${catalogue.indexOf(entry)} ${kind}`);
    }),
  );
  const missing = catalogue.flatMap((entry, index) =>
    Object.keys(entry.kinds).filter((kind) => !seen.has(`${index} ${kind}`)),
  );
  expect(missing).toEqual([]);
});
