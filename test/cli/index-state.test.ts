// `drover index`: what it shows, and that it waits for the end of a rebuild when it is asked to.
import { expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";

const state = (over: object = {}) => ({
  events: 1_200,
  first_sequence: 801,
  last_sequence: 2_000,
  lag: 0,
  rebuilding: null,
  bytes: 2_097_152,
  schema: 5,
  ...over,
});

test("status tells what the index holds, and is exact as JSON", async () => {
  await using controller = await startController({ "GET /index": { body: state() } });
  const shown = await drover(["index", "status"], { url: controller.url });
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toBe(
    "Events:     1200\nSequences:  801 to 2000\nState:      up to date\nFile:       2 MiB, schema 5\n",
  );
  const json = await drover(["index", "status", "-o", "json"], { url: controller.url });
  expect(JSON.parse(json.stdout)).toEqual(state());
});

test.each([
  [{ lag: 12 }, "12 behind the stream"],
  [{ lag: null }, "NATS does not answer"],
  [{ lag: 900, rebuilding: { through: 100, of: 1_000 } }, "900 behind the stream, being built again (100 of 1000)"],
])("status of %j says: %s", async (over, said) => {
  await using controller = await startController({ "GET /index": { body: state(over) } });
  expect((await drover(["index", "status"], { url: controller.url })).stdout).toContain(`State:      ${said}\n`);
});

test("rebuild says what has begun, and with --wait shows how far it is until it is done", async () => {
  const begun = state({ events: 0, rebuilding: { through: 0, of: 2_000 } });
  let looks = 0;
  await using controller = await startController({
    "POST /index/rebuild": { status: 202, body: begun },
    "GET /index": (response) => {
      looks += 1;
      const now = state(looks < 2 ? { rebuilding: { through: 1_500, of: 2_000 } } : {});
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(now));
    },
  });
  const shown = await drover(["index", "rebuild"], { url: controller.url });
  expect(shown.stdout).toContain("being built again (0 of 2000)");
  expect(looks).toBe(0);
  const waited = await drover(["index", "rebuild", "--wait"], { url: controller.url });
  expect(waited).toMatchObject({ code: 0, stderr: "drover: 0 of 2000\ndrover: 1500 of 2000\n" });
  expect(waited.stdout).toContain("up to date");
});

test("a refusal is one line and exit code 1", async () => {
  const body = { status: 503, title: "Service Unavailable", detail: "the event index has ended; it is started again" };
  await using controller = await startController({ "POST /index/rebuild": { status: 503, body } });
  const refused = await drover(["index", "rebuild"], { url: controller.url });
  expect(refused).toMatchObject({ code: 1, stderr: "drover: the event index has ended; it is started again\n" });
});
