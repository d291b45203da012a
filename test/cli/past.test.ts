// What the past says of triggers and of events, as processes against a stub of the controller.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";
import { event } from "./fixtures.ts";

describe("drover trigger test", () => {
  let home: string;
  let file: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "drover-cli-"));
    file = join(home, "w.yml");
    await writeFile(file, "kind: workflow\nname: w\nbreed: b\nschedule: {event: paid}\n");
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const fire = (id: string) => ({
    kind: "event",
    at: `T-${id}`,
    id,
    type: "order",
    source: "/api",
    tags: ["paid", "vip"],
  });
  const tally = (...ids: string[]) => ({
    count: ids.length,
    first: ids[0] ? `T-${ids[0]}` : null,
    last: ids.length > 0 ? `T-${ids.at(-1)}` : null,
    listed: ids.map(fire),
    through: null,
  });
  const trial = {
    workflow: "w",
    since: "S",
    until: "U",
    schedule: "event",
    reason: null,
    fires: tally("b", "c"),
    live: {
      revision: 4,
      schedule: "event",
      status: "suspended",
      fires: tally("a", "b"),
      added: tally("c"),
      gone: tally("a"),
    },
  };

  test("says when it would have fired, and what would fire additionally and no longer", async () => {
    await using controller = await startController({ "POST /workflows/test": { body: [trial] } });
    const { stdout } = await drover(["trigger", "test", "-f", file, "--since", "2d"], { url: controller.url });
    expect(stdout).toBe(
      [
        "w, from S to U",
        "  would have fired 2 times, first T-b, last T-c",
        "  revision 4 (live, but suspended) would have fired 2 times, first T-a, last T-b",
        "  additionally: once at T-c; no longer: once at T-a",
        "  + T-c  order  c  paid,vip",
        "  - T-a  order  a  paid,vip",
        "",
      ].join("\n"),
    );
    const [asked] = controller.asked;
    expect(asked).toMatchObject({
      request: "POST /api/v1/workflows/test?since=2d",
      body: expect.stringContaining("name: w"),
    });
    expect(asked?.headers["content-type"]).toBe("application/x-yaml");
    const json = await drover(["trigger", "test", "-f", file, "--json"], { url: controller.url });
    expect(JSON.parse(json.stdout)).toEqual([trial]);
  });

  test("lists nothing where nothing changes, unless all is asked for", async () => {
    const same = { ...trial, live: { ...trial.live, fires: trial.fires, added: tally(), gone: tally() } };
    await using controller = await startController({ "POST /workflows/test": { body: [same] } });
    const { stdout } = await drover(["trigger", "test", "-f", file], { url: controller.url });
    expect(stdout).toMatch(/would have fired 2 times, first T-b, last T-c\n {2}nothing changes; --all lists them\n$/);
    const all = await drover(["trigger", "test", "-f", file, "--all"], { url: controller.url });
    expect(all.stdout).toMatch(/nothing changes\n {2}T-b {2}order {2}b {2}paid,vip\n {2}T-c .*\n$/);
  });

  test("says so when it was not counted to the end, when nothing is live and when nothing sets it off", async () => {
    const slot = { kind: "slot", at: "T2", due: "T1" };
    const cut = { count: 50_000, first: "T1", last: "T9", listed: [slot], through: "T9" };
    const daemon = {
      ...trial,
      workflow: "d",
      reason: "nothing of the past sets off a daemon",
      fires: tally(),
      live: null,
    };
    await using controller = await startController({
      "POST /workflows/test": { body: [{ ...trial, fires: cut, live: null }, daemon] },
    });
    const { stdout } = await drover(["trigger", "test", "-f", file], { url: controller.url });
    expect(stdout).toContain("would have fired at least 50000 times, first T1, last T9 (counted only up to T9;");
    expect(stdout).toContain("no workflow of this name is live\n  T2  slot  due T1\n  and 49999 more\n");
    expect(stdout).toContain("d, from S to U\n  nothing of the past sets off a daemon\n  no workflow");
  });

  test("names the file in which something is wrong", async () => {
    await using controller = await startController({
      "POST /workflows/test": { status: 400, body: { detail: "workflow.schedule: expected a schedule" } },
    });
    const { code, stderr } = await drover(["trigger", "test", "-f", file], { url: controller.url });
    expect({ code, stderr }).toEqual({ code: 1, stderr: `drover: ${file}: workflow.schedule: expected a schedule\n` });
  });
});

describe("drover explain", () => {
  test("shows the event, its runs, and why the others were not set off", async () => {
    const found = {
      event: event("e-1", { n: 1 }),
      says: "it set off a run of 1 workflow",
      addressed: null,
      more: 2,
      runs: [
        {
          run: "r-1",
          workflow: "w",
          state: "skipped",
          trigger: "event",
          replay: null,
          reason: "suspended",
          revision: 1,
        },
        { run: "r-2", workflow: "w", state: "completed", trigger: "replay", replay: "p-1", reason: null, revision: 1 },
      ],
      workflows: [{ workflow: "eu", revision: 2, verdict: "miss", says: 'tag "eu" is missing', criteria: [] }],
    };
    await using controller = await startController({ "GET /events/e-1/explanation": { body: found } });
    const { stdout } = await drover(["explain", "e-1"], { url: controller.url });
    expect(stdout).toMatch(/Result: +it set off a run of 1 workflow\n/);
    expect(stdout).toMatch(/w +r-1 +event +skipped +suspended\n +w +r-2 +replay p-1 +completed +-\n/);
    expect(stdout).toMatch(/eu +2 +does not match +tag "eu" is missing\n\nand 2 that match less\n/);
    const json = await drover(["explain", "e-1", "--json"], { url: controller.url });
    expect(JSON.parse(json.stdout)).toEqual(found);
  });
});
