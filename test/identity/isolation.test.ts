// I5: what the identity of one workflow, taken out of its container, can do on a raw connection.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectNats } from "../../bus/connection.ts";
import { createPublisher } from "../../bus/publisher.ts";
import { type NatsServer, startNatsServer } from "../../bus/server.ts";
import { ensureStreams } from "../../bus/streams.ts";
import { eventSubject, inboxPrefix, logSubject, reportSubject, testReportSubject } from "../../bus/subjects.ts";
import { createAuthority } from "../../controller/identity/authority.ts";
import { loadOrCreateKeys } from "../../controller/identity/keys.ts";

const mib = 1_048_576;
let dir: string;
let server: NatsServer;
let controller: NatsConnection;
let alice: NatsConnection;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "drover-identity-"));
  const authority = createAuthority(loadOrCreateKeys(join(dir, "keys.json")));
  server = await startNatsServer({
    dir,
    host: "127.0.0.1",
    binary: "nats-server",
    storeBytesMax: 1_024 * mib,
    trust: () => authority.serverTrust(),
  });
  const open = (name: string, credentials: string | null) =>
    connectNats({ servers: [server.url], credentials }, { name, inboxPrefix: inboxPrefix(name), timeoutMs: 5_000 });
  controller = await open("-", await authority.controllerCredentials());
  await ensureStreams(controller, {
    eventsAgeMs: 86_400_000,
    eventsBytesMax: 64 * mib,
    runsBytesMax: 64 * mib,
    logsBytesMax: 64 * mib,
  });
  alice = await open("alice", await authority.workflowCredentials("alice"));
});

afterAll(async () => {
  await alice.close();
  await controller.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Resolves with the server's refusal of whatever the connection has just tried. */
async function refusalOf(attempt: () => void): Promise<string> {
  const status = alice.status()[Symbol.asyncIterator]();
  attempt();
  for (;;) {
    const { value } = await status.next();
    if (value?.type === "error") return value.error.message;
  }
}

describe("the identity of workflow alice", () => {
  test("stores events and logs under its own name", async () => {
    const publisher = createPublisher(alice, { inbox: `${inboxPrefix("alice")}.ack`, ackTimeoutMs: 5_000 });
    await expect(publisher.publish(eventSubject("alice", "a.b"), "{}", "e1")).resolves.toMatchObject({
      duplicate: false,
    });
    await expect(publisher.publish(logSubject("alice", "r1"), "{}", "l1")).resolves.toMatchObject({ duplicate: false });
    publisher.close();
  });

  test.each([
    ["events of another workflow", eventSubject("bob", "event")],
    ["events of the controller", eventSubject("-", "archive")],
    ["logs of another workflow", logSubject("bob", "r1")],
    ["reports of another workflow", reportSubject("bob", "bob-1")],
    ["API calls of another workflow", "api.bob"],
    ["runs", "run.alice"],
    ["artifacts", "$KV.workflows.alice"],
    ["secrets", "$KV.secrets.bob"],
    ["streams, to delete one", "$JS.API.STREAM.DELETE.EVENTS"],
    ["streams, to read a message", "$JS.API.DIRECT.GET.EVENTS"],
    ["streams, to make a consumer", "$JS.API.CONSUMER.CREATE.EVENTS"],
    ["runs of another workflow, to pull them", "$JS.API.CONSUMER.MSG.NEXT.RUNS.bob"],
    ["an answer to somebody else's inbox", `${inboxPrefix("-")}.ack.0`],
  ])("is refused to publish %s", async (_, subject) => {
    expect(await refusalOf(() => alice.publish(subject, "x"))).toMatch(/permissions violation/i);
  });

  test.each([
    ["all events", "event.>"],
    ["logs of another workflow", "log.bob.>"],
    ["reports of another workflow", "agent.bob.*.report"],
    ["API calls of others", "api.*"],
    ["artifacts", "$KV.>"],
    ["the controller's inbox", `${inboxPrefix("-")}.>`],
    ["another workflow's inbox", `${inboxPrefix("bob")}.>`],
    ["everything", ">"],
  ])("is refused to listen to %s", async (_, subject) => {
    expect(await refusalOf(() => void alice.subscribe(subject, { callback: () => {} }))).toMatch(
      /permissions violation/i,
    );
  });

  test("changed nothing with all of that", async () => {
    const jsm = await jetstreamManager(controller);
    const { subjects } = (await jsm.streams.info("EVENTS", { subjects_filter: ">" })).state;
    expect(subjects).toEqual({ "event.alice.a.b": 1 });
  });

  test("nobody gets in without an identity", async () => {
    const stranger = connectNats(
      { servers: [server.url], credentials: null },
      { name: "x", inboxPrefix: "_X", timeoutMs: 100 },
    );
    await expect(stranger).rejects.toThrow(/authorization/i);
  });
});

describe("the identity of a breed under test", () => {
  const owner = "-test-6f2c01ab";
  let tested: NatsConnection;
  beforeAll(async () => {
    const credentials = await createAuthority(loadOrCreateKeys(join(dir, "keys.json"))).testCredentials(owner);
    const options = { name: owner, inboxPrefix: inboxPrefix(owner), timeoutMs: 5_000 };
    tested = await connectNats({ servers: [server.url], credentials }, options);
  });
  afterAll(() => tested.close());

  test.each([
    ["its own events", eventSubject(owner, "paid")],
    ["events of a workflow", eventSubject("alice", "paid")],
    ["its own logs", logSubject(owner, "r")],
    ["a report as an instance", reportSubject(owner, owner)],
    ["calls as a workflow", "api.alice"],
    ["requests for runs", "$JS.API.CONSUMER.MSG.NEXT.RUNS.alice"],
    ["how another test goes", "test.-test-other.report"],
  ])("cannot publish %s", async (_, subject) => {
    const status = tested.status()[Symbol.asyncIterator]();
    tested.publish(subject, "{}");
    for (;;) {
      const { value } = await status.next();
      if (value?.type !== "error") continue;
      expect(value.error.message).toContain(subject);
      return;
    }
  });

  test("is heard by the controller, which may answer", async () => {
    const heard = controller.subscribe(testReportSubject(owner), {
      callback: (_error, msg) => void msg.respond("yes"),
    });
    await controller.flush();
    expect((await tested.request(testReportSubject(owner), "{}", { timeout: 5_000 })).string()).toBe("yes");
    heard.unsubscribe();
  });
});
