import { describe, expect, test } from "vitest";
import { memoryBytes } from "../../model/memory.ts";
import { parseStatusRequest } from "../../model/status.ts";
import { parseWorkflow } from "../../model/workflow.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const minimal = { name: "hello", breed: "hello", schedule: "daemon" };
const inline = { deployable: { type: "application/javascript", definition: "1" } };

test("reading a workflow shows every field with its default", () => {
  expect(valueOf(parseWorkflow(minimal))).toStrictEqual({
    status: null,
    workflow: {
      kind: "workflow",
      name: "hello",
      metadata: {},
      breed: { reference: "hello" },
      schedule: "daemon",
      environment_variables: {},
      scale: { cpu: 0.1, memory: "128MB", instances: 1 },
      concurrency: 1,
      retry: { times: 0, delay: "PT1S", factor: 2 },
      timeout: "PT1H",
      isolation: "process",
      keep_warm: "PT5M",
      network: "bridge",
      arguments: [],
    },
  });
});

test("what an answer shows may be written back", () => {
  const { workflow } = valueOf(parseWorkflow({ ...minimal, breed: inline, env: { A: 1 } }));
  const answer = { ...workflow, status: "starting", instances: [{ name: "x" }], health: { staged: 0, running: 1 } };
  expect(valueOf(parseWorkflow(answer))).toStrictEqual({ workflow, status: "running" });
});

test.for([
  ["hello", { reference: "hello" }],
  [{ reference: "hello" }, { reference: "hello" }],
  [{ name: "hello" }, { reference: "hello" }],
] as const)("the breed %j is a reference", ([breed, expected]) => {
  expect(valueOf(parseWorkflow({ ...minimal, breed })).workflow.breed).toStrictEqual(expected);
});

test("an inline breed without a name takes the workflow's, and keeps its own", () => {
  expect(valueOf(parseWorkflow({ ...minimal, breed: inline })).workflow.breed).toMatchObject({
    kind: "breed",
    name: "hello",
  });
  expect(valueOf(parseWorkflow({ ...minimal, breed: { ...inline, name: "b" } })).workflow.breed).toMatchObject({
    name: "b",
  });
});

test.for([
  ["running", "running"],
  ["starting", "running"],
  ["restarting", "running"],
  ["suspended", "suspended"],
  ["suspending", "suspended"],
] as const)("the status %s asks for %s", ([status, expected]) => {
  expect(valueOf(parseWorkflow({ ...minimal, status })).status).toBe(expected);
});

test.for([
  [{ cpu: 2 }, { cpu: 2, memory: "128MB", instances: 1 }],
  [
    { cpu: "0.5", memory: 256 },
    { cpu: 0.5, memory: "256MB", instances: 1 },
  ],
  [
    { cpu: "100m", memory: "64Mi", instances: 0 },
    { cpu: 0.1, memory: "64Mi", instances: 0 },
  ],
  [
    { memory: "0.5GB", instances: 100 },
    { cpu: 0.1, memory: "0.5GB", instances: 100 },
  ],
] as const)("the scale %j is completed", ([scale, expected]) => {
  expect(valueOf(parseWorkflow({ ...minimal, scale })).workflow.scale).toStrictEqual(expected);
});

test.for([
  ["128MB", 134_217_728],
  ["64Mi", 67_108_864],
  ["1GB", 1_073_741_824],
  ["0.5 gb", 536_870_912],
  ["33554432B", 33_554_432],
  ["1T", 1_099_511_627_776],
] as const)("%s is %d bytes", ([size, bytes]) => {
  expect(memoryBytes(size)).toBe(bytes);
});

describe("refused", () => {
  const scaled = (scale: unknown): unknown => ({ ...minimal, scale });
  const amount = 'write a number with a unit: "64MB", "1GB" or "256Mi"';

  test.for<[what: string, raw: unknown, ...problems: string[]]>([
    [
      "memory lots",
      scaled({ memory: "lots" }),
      `workflow.scale.memory: expected a size of memory such as "128MB", got "lots"; ${amount}`,
    ],
    [
      "memory without a unit, as text",
      scaled({ memory: "128" }),
      `workflow.scale.memory: expected a size of memory such as "128MB", got "128"; ${amount}`,
    ],
    [
      "too little memory",
      scaled({ memory: "16MB" }),
      'workflow.scale.memory: expected a size of memory from 32MB to 1TB, got 16MB; write "32MB" or more',
    ],
    [
      "too much memory",
      scaled({ memory: "2TB" }),
      'workflow.scale.memory: expected a size of memory from 32MB to 1TB, got 2TB; write "1TB" or less',
    ],
    [
      "negative instances",
      scaled({ instances: -1 }),
      "workflow.scale.instances: expected instances: a whole number from 0 to 100, got -1; write 0",
    ],
    [
      "half an instance",
      scaled({ instances: 1.5 }),
      "workflow.scale.instances: expected instances: a whole number from 0 to 100, got 1.5; write 2",
    ],
    [
      "instances as text",
      scaled({ instances: "2" }),
      'workflow.scale.instances: expected instances: a whole number from 0 to 100, got "2"; write 2',
    ],
    [
      "too many instances",
      scaled({ instances: 101 }),
      "workflow.scale.instances: expected instances: a whole number from 0 to 100, got 101; write 100",
    ],
    [
      "no cpu",
      scaled({ cpu: 0 }),
      'workflow.scale.cpu: expected cores from 0.01 to 256, got 0; write a number such as 0.5, or "500m"',
    ],
    [
      "a named scale",
      scaled("small"),
      "workflow.scale: expected a scale with cpu, memory and instances, got the name of a scale; write the amounts here",
    ],
    [
      "an unknown field of scale",
      scaled({ cpus: 1 }),
      'workflow.scale.cpus: expected a field of a scale (cpu, memory, instances), got an unknown field; write "cpu"',
    ],
    [
      "another network",
      { ...minimal, network: "host" },
      'workflow.network: expected "bridge", "internal" or "none", got "host"; write "bridge"',
    ],
    [
      "the status stopping",
      { ...minimal, status: "stopping" },
      'workflow.status: expected "running", "suspended" or "restarting", got Illegal workflow status: \'stopping\'; write "running" or "suspended"',
    ],
    [
      "a breed that is wrong inside",
      { ...minimal, breed: { name: "b", deployable: 1 } },
      "workflow.breed.deployable: expected a deployable: an object with type, definition, npm, got 1; write it as an object",
    ],
    [
      "a wrong name, said once",
      { ...minimal, name: "a b", breed: inline },
      'workflow.name: expected a name: letters, digits, dot, dash and underscore, beginning with a letter or digit, got "a b"; write "a-b"',
    ],
    [
      "an unknown field",
      { ...minimal, shedule: "daemon" },
      "workflow.shedule: expected a field of a workflow (kind, name, metadata, breed, schedule, environment_variables, scale, concurrency, retry, timeout, isolation, keep_warm, network, arguments, secrets, permissions, status), got an unknown field; remove it",
    ],
  ])("%s", ([, raw, ...problems]) => {
    expect(problemsOf(parseWorkflow(raw))).toStrictEqual(problems);
  });

  test("everything that is missing, at once", () => {
    expect(problemsOf(parseWorkflow({})).map((line) => line.split(":", 1)[0])).toStrictEqual([
      "workflow.name",
      "workflow.breed",
      "workflow.schedule",
    ]);
  });
});

test("a request for a status knows three words", () => {
  expect(["running", "suspended", "restarting"].map((word) => valueOf(parseStatusRequest(word)))).toHaveLength(3);
  expect(problemsOf(parseStatusRequest("x"))[0]).toContain("Illegal workflow status: 'x'");
  expect(problemsOf(parseStatusRequest("starting"))).toHaveLength(1);
});
