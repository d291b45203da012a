// Chains of causes, as processes against a stub of the controller.
import { describe, expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";
import { event, run } from "./fixtures.ts";

describe("drover trace", () => {
  test("prints each event below the run that emitted it and each run below its event", async () => {
    const eventNode = (id: string, over: object) => ({ kind: "event", ...event(id, 0), runs: [], cut: false, ...over });
    const runNode = (id: string, over: object) => ({ kind: "run", ...run({ id }), events: [], cut: false, ...over });
    const first = runNode("r-1", { events: [eventNode("e-2", { cut: true })] });
    const second = runNode("r-2", { state: "failed", attempt: 2 });
    const tree = { asked: "r-2", root: eventNode("e-1", { runs: [first, second] }), cut: true };
    await using controller = await startController({ "GET /trace/r-2": { body: tree } });
    const { stdout, stderr } = await drover(["trace", "r-2"], { url: controller.url });
    expect(stdout.split("\n")).toEqual([
      "event  e-1  my_type  /workflows/hello  2026-01-01T00:00:00.000Z",
      "├─ run  r-1  hello  completed  2026-01-01T00:00:01.000Z  2.5 s",
      "│  └─ event  e-2  my_type  /workflows/hello  2026-01-01T00:00:00.000Z",
      "│     └─ …",
      "└─ * run  r-2  hello  failed  attempt 2  2026-01-01T00:00:01.000Z  2.5 s",
      "",
    ]);
    expect(stderr).toContain("larger than is shown");
    const json = await drover(["trace", "r-2", "--json"], { url: controller.url });
    expect(JSON.parse(json.stdout)).toEqual(tree);
  });

  test("a long chain is indented only so far, and says how deep its lines are", async () => {
    const base = { ...event("e", 0), tags: [], cut: false };
    const node = (depth: number): object => {
      const below = depth < 40 ? [node(depth + 1)] : [];
      if (depth % 2 === 1) return { ...base, kind: "event", id: `e-${depth}`, runs: below };
      return { kind: "run", ...run({ id: `r-${depth}` }), events: below, cut: false };
    };
    await using controller = await startController({
      "GET /trace/e-1": { body: { asked: "e-1", root: node(1), cut: false } },
    });
    const { stdout } = await drover(["trace", "e-1"], { url: controller.url });
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(40);
    expect(lines[7]?.indexOf("run")).toBe(lines[39]?.indexOf("40: run"));
    expect(lines[8]).toContain("9: event  e-9");
  });
});
