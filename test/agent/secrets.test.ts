// How an agent comes by the secrets of its workflow; the test answers as a controller does.
import { expect, test } from "vitest";
import { receiveSecrets } from "../../agent/secrets.ts";
import { type SecretsReply, type SecretsRequest, sealFor } from "../../bus/secret-delivery.ts";
import { secretsSubject } from "../../bus/subjects.ts";
import { scriptAssignment } from "./assignments.ts";
import { type TestBus, startBus } from "./bus.ts";

const values = { github: { TOKEN: "a token of the test" } };
const naming = scriptAssignment("", { environment: { A: "Bearer ${secret://github/TOKEN}", B: "$${secret://x/y}" } });
const recipient = { workflow: naming.workflow, instance: naming.instance };

/** Everything that passes NATS. */
function answering(bus: TestBus, reply: (request: SecretsRequest) => SecretsReply | null): string[] {
  const seen: string[] = [];
  bus.nc.subscribe(">", { callback: (_, msg) => void seen.push(msg.string()) });
  bus.nc.subscribe(secretsSubject("hello"), {
    callback(_, msg) {
      const said = reply(msg.json<SecretsRequest>());
      if (said) msg.respond(JSON.stringify(said));
    },
  });
  return seen;
}

test("the environment gets the values, and nothing that passes NATS has one", async () => {
  await using bus = await startBus();
  const seen = answering(bus, ({ publicKey }) => sealFor(recipient, publicKey, values));
  const { assignment, mask } = await receiveSecrets(naming, await bus.agentConnection());
  expect(assignment.work).toMatchObject({ environment: { A: "Bearer a token of the test", B: "${secret://x/y}" } });
  expect(mask.text("a token of the test")).toBe("***");
  await bus.nc.flush();
  expect(seen.join()).toContain('"sealed"');
  expect(seen.join()).not.toContain("a token of");
});

test("a workflow that names none asks nobody", async () => {
  await using bus = await startBus();
  const seen = answering(bus, () => null);
  const plain = scriptAssignment("", { environment: { B: "$${secret://x/y}" } });
  const { assignment } = await receiveSecrets(plain, await bus.agentConnection());
  expect(assignment.work).toMatchObject({ environment: { B: "${secret://x/y}" } });
  expect(seen).toEqual([]);
});

test("a controller that is not there yet is waited for", async () => {
  await using bus = await startBus();
  const receiving = receiveSecrets(naming, await bus.agentConnection());
  await bus.nc.flush();
  answering(bus, ({ publicKey }) => sealFor(recipient, publicKey, values));
  expect((await receiving).values).toEqual(values);
});

test("one that refuses is not asked again, and its reason is told", async () => {
  await using bus = await startBus();
  answering(bus, () => ({ kind: "refused", reason: "there is no secret github" }));
  await expect(receiveSecrets(naming, await bus.agentConnection())).rejects.toThrow("there is no secret github");
});
