// The commands about time schedules, as processes against a stub of the controller.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";
import { hello } from "./fixtures.ts";

describe("drover slots and schedule preview", () => {
  test("slots says what became of each, and a stretch as one", async () => {
    const slot = {
      workflow: "w",
      due: "T2",
      outcome: "ran",
      reason: null,
      run: "r-1",
      revision: 1,
      count: 1,
      from: null,
    };
    const stretch = { ...slot, outcome: "missed", run: null, reason: "no controller watched", count: 9, from: "T1" };
    await using controller = await startController({ "GET /workflows/w/slots": { body: [slot, stretch] } });
    const { stdout } = await drover(["slots", "w", "--outcome", "ran", "--limit", "2"], { url: controller.url });
    expect(stdout).toMatch(
      /DUE +SLOTS +OUTCOME +RUN +REASON\nT2 +1 +ran +r-1 +-\nT1 to T2 +9 +missed +- +no controller watched\n/,
    );
    expect(controller.asked[0]?.request).toBe("GET /api/v1/workflows/w/slots?outcome=ran&page=1&per_page=2");
    await using plain = await startController({ "GET /workflows/w/slots": { body: [slot] } });
    expect((await drover(["slots", "w"], { url: plain.url })).stdout).toMatch(
      /^DUE +OUTCOME +RUN +REASON\nT2 +ran +r-1 +-\n$/,
    );
  });

  test("preview of a workflow asks the controller", async () => {
    const upcoming = [{ due: "2026-03-29T01:00:00.000Z", local: "2026-03-29T03:00:00+02:00", note: "dst-gap" }];
    const time = { cron: "30 2 * * *", overlap: "skip", missed: "once", jitter: "PT30S" };
    await using controller = await startController({
      "GET /workflows/w/slots/next": { body: upcoming },
      "GET /workflows/w": { body: { ...hello, schedule: { time }, status: "suspended" } },
    });
    const flags = ["--tz", "Europe/Amsterdam", "--count", "1", "--from", "2026-03-28T12:00:00Z"];
    const { stdout, stderr } = await drover(["schedule", "preview", "w", ...flags], { url: controller.url });
    expect(stderr).toContain("slots of w: each up to 30 s later (jitter)\n");
    expect(stderr).toContain("w is suspended: its slots are skipped until drover resume w\n");
    expect(stdout).toMatch(/\n2026-03-29T03:00:00\+02:00 +2026-03-29T01:00:00.000Z +DST: /);
    expect(controller.asked[0]?.request).toBe(
      "GET /api/v1/workflows/w/slots/next?count=1&from=2026-03-28T12%3A00%3A00.000Z&timezone=Europe%2FAmsterdam",
    );
  });

  test("preview of a file needs no controller, and marks what a change of the clocks moves", async () => {
    const home = await mkdtemp(join(tmpdir(), "drover-cli-"));
    try {
      const file = join(home, "w.yml");
      const schedule = 'schedule: {time: {cron: "30 2 * * *", timezone: Europe/Amsterdam}}';
      const body = `kind: workflow\nname: w\nbreed: somewhere\n${schedule}\n`;
      await writeFile(file, body);
      const flags = ["-f", file, "--count", "2", "--from", "2024-03-30T00:00:00Z", "--json"];
      const { code, stdout } = await drover(["schedule", "preview", ...flags], { url: "http://127.0.0.1:1" });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toEqual([
        { due: "2024-03-30T01:30:00.000Z", local: "2024-03-30T02:30:00+01:00", note: null },
        { due: "2024-03-31T01:00:00.000Z", local: "2024-03-31T03:00:00+02:00", note: "dst-gap" },
      ]);
      await writeFile(file, body.replace("30 2 * * *", "99 2 * * *"));
      const bad = await drover(["schedule", "preview", "-f", file]);
      expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining(`${file}: workflow.schedule.time.cron`) });
      await writeFile(file, body.replace(schedule, "schedule: daemon"));
      expect(await drover(["schedule", "preview", "-f", file])).toMatchObject({ code: 1, stdout: "" });
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
