// `drover replay`, as processes against a stub of the controller.
import { describe, expect, test } from "vitest";
import { type Routes, startController } from "./controller-stub.ts";
import { drover, startDrover } from "./drover.ts";

const query = {
  since: "2026-01-01T00:00:00.000Z",
  until: "2026-01-02T00:00:00.000Z",
  tags: ["a"],
  type: null,
  source: null,
};
const none = { own: 0, loop: 0 };
const events = [{ sequence: 7, id: "e-1", type: "order", source: "/api", tags: ["a", "b"], timestamp: "T1" }];
const preview = {
  workflow: "w",
  query,
  total: 3,
  totalIsExact: true,
  events,
  passedOver: { own: 2, loop: 0 },
  after: null,
};

/** A controller that answers the parts in their order. */
function answering(parts: readonly object[], over: Routes = {}): Routes {
  const left = [...parts];
  return {
    "GET /workflows/w/replay": { body: preview },
    "POST /workflows/w/replay"(response) {
      const part = left.shift();
      if (part === undefined) return void response.destroy();
      response.writeHead(202, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ replay: "p", workflow: "w", known: 0, passedOver: none, queued: 0, ...part }));
    },
    ...over,
  };
}

const sent = (asked: readonly { request: string; body: string }[]) =>
  asked.filter(({ request }) => request.startsWith("POST")).map(({ body }) => JSON.parse(body));

describe("drover replay", () => {
  test("asks part by part, each behind the one before, and for the same moments all the time", async () => {
    const parts = [
      { state: "stored", stored: 2, after: 9 },
      { state: "over", stored: 1, known: 1, passedOver: { own: 2, loop: 1 }, after: 12 },
    ];
    await using controller = await startController(answering(parts));
    const flags = ["--since", "1d", "--tag", "a", "--tag", "b", "--type", "order.*", "--rate", "500"];
    const { code, stdout, stderr } = await drover(["replay", "w", ...flags], { url: controller.url });
    expect(code, stderr).toBe(0);
    const [first, second] = sent(controller.asked);
    expect(controller.asked[0]?.request).toBe(
      "GET /api/v1/workflows/w/replay?tag=a&tag=b&since=1d&type=order.*&limit=1",
    );
    expect(first).toEqual({ replay: expect.stringMatching(/^p-[\w-]+$/), ...query, after: null, limit: 100 });
    expect(second).toEqual({ ...first, after: 9 });
    expect(stdout).toBe(
      `replay ${first.replay}: 3 runs of w; 1 had been replayed before; 2 events of Drover's own passed over (--type names them); 1 kept back by the rules against loops\n`,
    );
    expect(stderr).toContain(`replay ${first.replay} of w, at most 3 events: 500 runs a second`);
  });

  test("keeps its pace", async () => {
    const parts = [1, 2, 3].map((after) => ({ state: "stored", stored: 5, after }));
    await using controller = await startController(answering([...parts, { state: "over", stored: 0, after: 3 }]));
    const beganMs = performance.now();
    const { code } = await drover(["replay", "w", "--since", "1d", "--rate", "10"], { url: controller.url });
    expect(code).toBe(0);
    expect(performance.now() - beganMs).toBeGreaterThan(1_500);
    expect(sent(controller.asked).map(({ limit }) => limit)).toEqual([10, 10, 10, 10]);
  });

  test("repeats a part until it is answered, and waits while the queue is long", async () => {
    let lost = 2;
    const inOrder = answering([
      { state: "waiting", stored: 0, after: null, queued: 1_000 },
      { state: "over", stored: 4, after: 5 },
    ])["POST /workflows/w/replay"];
    const routes = answering([], {
      "POST /workflows/w/replay"(response, asked) {
        lost -= 1;
        if (lost === 1) return void response.destroy();
        if (lost === 0) {
          response.writeHead(503, { "Content-Type": "application/problem+json" });
          return void response.end(JSON.stringify({ detail: "the event index has ended" }));
        }
        if (typeof inOrder === "function") inOrder(response, asked);
      },
    });
    await using controller = await startController(routes);
    const { code, stdout, stderr } = await drover(["replay", "w", "--since", "1d", "--json"], { url: controller.url });
    expect(code, stderr).toBe(0);
    expect(stderr.match(/the controller is gone/g)).toHaveLength(1);
    expect(stderr).toContain("1000 runs of w wait; going on when there are fewer");
    expect(JSON.parse(stdout)).toMatchObject({ workflow: "w", runs: 4, known: 0, own: 0, loop: 0, query });
    expect(new Set(sent(controller.asked).map((part) => JSON.stringify(part)))).toHaveProperty("size", 1);
  });

  test("that is interrupted says how far it came, and goes on from there", async () => {
    const parts = [{ state: "stored", stored: 3, after: 9 }];
    await using controller = await startController(
      answering(parts, {
        "GET /workflows/w/replays/p-1": { body: { replay: "p-1", query, after: 9, stored: 3 } },
      }),
    );
    await using running = startDrover(["replay", "w", "--since", "1d"], { url: controller.url });
    await running.said("the controller is gone");
    running.child.kill("SIGINT");
    const { code, stderr } = await running.ended;
    const [{ replay }] = sent(controller.asked);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `replay ${replay} stopped after 3 runs; go on with: drover replay w --continue ${replay}\n`,
    );

    await using again = await startController(
      answering([{ state: "over", stored: 2, after: 11 }], {
        "GET /workflows/w/replays/p-1": { body: { replay: "p-1", query, after: 9, stored: 3 } },
      }),
    );
    const rest = await drover(["replay", "w", "--continue", "p-1"], { url: again.url });
    expect(rest.stdout).toBe("replay p-1: 2 runs of w\n");
    expect(sent(again.asked)).toEqual([{ replay: "p-1", ...query, after: 9, limit: 50 }]);
  });

  test("that is refused in the middle says why, how far it came and how to go on", async () => {
    let count = 0;
    const routes = answering([], {
      "POST /workflows/w/replay"(response) {
        count += 1;
        response.writeHead(count === 1 ? 202 : 409, { "Content-Type": "application/json" });
        const stored = { state: "stored", stored: 1, known: 0, passedOver: none, after: 1 };
        response.end(JSON.stringify(count === 1 ? stored : { detail: "workflow w is suspended" }));
      },
    });
    await using controller = await startController(routes);
    const { code, stderr } = await drover(["replay", "w", "--since", "1d"], { url: controller.url });
    expect(code).toBe(1);
    expect(stderr).toMatch(/drover: workflow w is suspended\ndrover: replay p-.* stopped after 1 run; go on with: /);
  });

  test("--dry lists what it would give, all parts of it, and stores nothing", async () => {
    const [event] = events;
    const first = { ...preview, passedOver: none, after: 7 };
    const second = { ...preview, events: [{ ...event, id: "e-2" }], total: null };
    let asked = 0;
    const routes: Routes = {
      "GET /workflows/w/replay"(response) {
        response.writeHead(200, { "Content-Type": "application/json" });
        response.end(JSON.stringify((asked += 1) === 1 ? first : second));
      },
    };
    await using controller = await startController(routes);
    const { stdout, stderr } = await drover(["replay", "w", "--since", "1d", "--dry"], { url: controller.url });
    expect(stdout).toBe("T1  order  /api  a,b  e-1\nT1  order  /api  a,b  e-2\n");
    expect(stderr).toContain("2 events would set off a run of w each; 2 events of Drover's own passed over");
    expect(controller.asked[1]?.request).toContain("since=2026-01-01T00%3A00%3A00.000Z");
    expect(controller.asked[1]?.request).toContain("after=7");
    asked = 0;
    const json = await drover(["replay", "w", "--since", "1d", "--dry", "--json"], { url: controller.url });
    expect(
      json.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).id),
    ).toEqual(["e-1", "e-2"]);
  });

  test.each([
    [["replay", "w"], /--since/],
    [["replay", "w", "--since", "1h", "--continue", "p-1"], /--continue/],
    [["replay", "w", "--since", "1h", "--rate", "0"], /from 1 to 1000/],
    [["trigger", "test"], /--file/],
    [["explain"], /event/],
  ])("%j is wrong usage", async (parameters, says) => {
    expect(await drover(parameters)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(says) });
  });
});
