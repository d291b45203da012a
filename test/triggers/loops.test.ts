// I10: a chain of events and runs that sets itself off ends.
import { describe, expect, test } from "vitest";
import type { Event } from "../../model/event.ts";
import { aboutOf, hopsMax } from "../../model/run.ts";
import { event, setOff, told } from "./set-off.ts";

describe("loops end (I10):", () => {
  test(`the run after ${hopsMax} others is refused, and says how long its chain is`, () => {
    expect(told(setOff({ hops: hopsMax - 1 }, { matching: ["orders"] }))).toEqual(["orders queued"]);
    const refused = setOff({ hops: hopsMax }, { matching: ["orders", "asleep"] });
    expect(told(refused)).toEqual(["orders refused", "asleep refused"]);
    expect(refused[0]).toMatchObject({
      report: { hops: hopsMax + 1, outcome: { reason: expect.stringContaining("33") as string } },
    });
  });

  test("the event of a refused run sets nothing off, not even a refusal", () => {
    expect(setOff({ type: "run", hops: hopsMax + 1 }, { matching: ["orders", "asleep"] })).toEqual([]);
  });

  const runEvent = (workflow: string, state: string): Partial<Event> => ({
    type: "run",
    source: `/workflows/${workflow}`,
    value: { id: "r-1", workflow, state, attempt: 1 },
  });

  test("a workflow that asks for run events is not set off by its own", () => {
    const matching = ["orders"];
    expect(told(setOff(runEvent("orders", "failed"), { matching }))).toEqual([]);
    expect(told(setOff(runEvent("clock", "failed"), { matching }))).toEqual(["orders queued"]);
  });

  describe("an event about a run", () => {
    const aboutClock = (over: object): Event =>
      event({
        ...runEvent("clock", "dead"),
        value: { id: "r-1", workflow: "clock", state: "dead", attempt: 1, ...over },
      });
    const matching = ["orders"];

    test("sets off a run that says which run it is about, however long the chain before it is", () => {
      const [found] = setOff({ ...aboutClock({ about: null }), hops: hopsMax - 1 }, { matching });
      expect(found).toMatchObject({ kind: "queue", run: { workflow: "orders", hops: hopsMax } });
      expect(found?.kind === "queue" && aboutOf(found.run.event)).toBe("r-1");
    });

    test("sets nothing off when that run was itself set off by an event about a run", () => {
      expect(setOff(aboutClock({ about: "r-0" }), { matching })).toEqual([]);
    });

    test("is none when somebody else claims it", () => {
      expect(aboutOf(aboutClock({}))).toBe("r-1");
      expect(aboutOf({ ...aboutClock({}), source: "/controller" })).toBe("r-1");
      expect(aboutOf({ ...aboutClock({}), source: "/workflows/orders" })).toBeNull();
      expect(aboutOf({ ...aboutClock({}), type: "event" })).toBeNull();
    });
  });

  test("suspended workflows that ask for run events do not skip because of each other's skips", () => {
    expect(told(setOff(runEvent("clock", "failed"), { matching: ["asleep"] }))).toEqual(["asleep skipped"]);
    expect(told(setOff(runEvent("clock", "skipped"), { matching: ["asleep"] }))).toEqual([]);
  });
});
