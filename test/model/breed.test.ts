import { expect, test } from "vitest";
import { parseBreed } from "../../model/breed.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const minimal = { name: "hello", deployable: { type: "application/javascript", definition: "let a = 1;" } };
const withImage = { name: "hello", deployable: "nginx:1.27" };

test("reading a breed shows every field with its default", () => {
  expect(valueOf(parseBreed(minimal))).toStrictEqual({
    kind: "breed",
    name: "hello",
    metadata: {},
    deployable: { type: "application/javascript", definition: "let a = 1;" },
    ports: {},
    environment_variables: {},
    constants: {},
    arguments: [],
    dependencies: {},
  });
});

test("a breed that was read parses to itself", () => {
  const breed = valueOf(
    parseBreed({
      ...minimal,
      kind: "breeds",
      metadata: { team: ["a", { b: null }] },
      ports: { web: "8080/http" },
      env: { A: "1" },
      constants: { pi: 3.14 },
      arguments: ["a=b=c", { privileged: true }],
      dependencies: { db: "mysql" },
    }),
  );
  expect(breed.arguments).toStrictEqual([{ a: "b=c" }, { privileged: "true" }]);
  expect(breed.constants).toStrictEqual({ pi: "3.14" });
  expect(valueOf(parseBreed(breed))).toStrictEqual(breed);
});

test("fields that are null count as absent", () => {
  const raw = {
    ...minimal,
    ports: null,
    environment_variables: null,
    constants: null,
    arguments: null,
    dependencies: null,
  };
  expect(valueOf(parseBreed(raw))).toStrictEqual(valueOf(parseBreed(minimal)));
});

test.for([
  ["nginx", { type: "container/docker", definition: "nginx" }],
  [
    { type: "docker", definition: "a/b" },
    { type: "container/docker", definition: "a/b" },
  ],
  [
    { type: "container/docker", definition: "localhost:5000/a/b_c:1.0" },
    { type: "container/docker", definition: "localhost:5000/a/b_c:1.0" },
  ],
  [
    { type: "container/docker", definition: `a@sha256:${"0".repeat(64)}` },
    { type: "container/docker", definition: `a@sha256:${"0".repeat(64)}` },
  ],
  [
    { type: "javascript", definition: "return 1" },
    { type: "application/javascript", definition: "return 1" },
  ],
] as const)("the deployable %j is read", ([deployable, expected]) => {
  expect(valueOf(parseBreed({ name: "a", deployable })).deployable).toStrictEqual(expected);
});

test("environment values become texts, and null the empty one", () => {
  const env = { A: 1, B: true, C: null, D: "x", E: 1.5, _f: "", VAMP_WORKFLOW_EXECUTION_PERIOD: 5 };
  const expected = { A: "1", B: "true", C: "", D: "x", E: "1.5", _f: "", VAMP_WORKFLOW_EXECUTION_PERIOD: "5" };
  expect(valueOf(parseBreed({ ...withImage, env })).environment_variables).toStrictEqual(expected);
});

test("a key __proto__ is only a key", () => {
  const raw: unknown = JSON.parse(
    '{"name":"a","deployable":"a","env":{"__proto__":"x"},"metadata":{"__proto__":{"y":1}}}',
  );
  const breed = valueOf(parseBreed(raw));
  expect(Object.entries(breed.environment_variables)).toStrictEqual([["__proto__", "x"]]);
  expect("y" in breed.metadata).toBe(false);
  expect(problemsOf(parseBreed(JSON.parse('{"name":"a","deployable":"a","__proto__":{"kind":"x"}}')))).toHaveLength(1);
});

test.for<[what: string, raw: unknown, ...problems: string[]]>([
  [
    "no object",
    "x",
    'breed: expected a breed: an object with kind, name, metadata, deployable, ports, environment_variables, constants, arguments, dependencies, got "x"; write it as an object',
  ],
  [
    "no name",
    { deployable: "a" },
    'breed.name: expected a name: letters, digits, dot, dash and underscore, beginning with a letter or digit, got nothing; add "name:", such as "name: hello"',
  ],
  [
    "a name with spaces",
    { ...withImage, name: "my breed" },
    'breed.name: expected a name: letters, digits, dot, dash and underscore, beginning with a letter or digit, got "my breed"; write "my-breed"',
  ],
  [
    "a name with an empty word between dots, which NATS cannot keep",
    { ...withImage, name: "a..b." },
    'breed.name: expected a name: letters, digits, dot, dash and underscore, beginning with a letter or digit, got "a..b."; write "a.b"',
  ],
  [
    "an over-long name",
    { ...withImage, name: "a".repeat(64) },
    "breed.name: expected a name: letters, digits, dot, dash and underscore, beginning with a letter or digit, at most 63 characters, got 64 characters; make it shorter",
  ],
  [
    "a name that YAML took for a number",
    { ...withImage, name: 7 },
    'breed.name: expected a name: letters, digits, dot, dash and underscore, beginning with a letter or digit, got 7; put it in quotes: "7"',
  ],
  [
    "an unknown field",
    { name: "a", deployabel: "a" },
    'breed.deployable: expected a deployable: an object with type, definition, npm, got nothing; add "deployable:" with a type and a definition',
    'breed.deployabel: expected a field of a breed (kind, name, metadata, deployable, ports, environment_variables, constants, arguments, dependencies), got an unknown field; write "deployable"',
  ],
  [
    "another kind",
    { ...withImage, kind: "workflow" },
    'breed.kind: expected "breed" or "breeds", got "workflow"; write "breed"',
  ],
  [
    "both env and environment_variables",
    { ...withImage, env: {}, environment_variables: {} },
    'breed.environment_variables: expected either "environment_variables" or "env", got both; move all into "environment_variables"',
  ],
  [
    "an unknown deployable type",
    { name: "a", deployable: { type: "container/dokcer", definition: "a" } },
    'breed.deployable.type: expected "application/javascript", "container/docker", "javascript" or "docker", got "container/dokcer"; write "container/docker"',
  ],
  [
    "no definition",
    { name: "a", deployable: { type: "docker" } },
    'breed.deployable.definition: expected the source of a script or the reference of an image, got nothing; add "definition:" with the source of the script or the reference of the image',
  ],
  [
    "a script that does not compile",
    { name: "a", deployable: { type: "javascript", definition: "let a;\nlet b = ;" } },
    "breed.deployable.definition, line 2, column 9: expected JavaScript that compiles, got Unexpected token ';'; correct the script there",
  ],
  [
    "an image with spaces",
    { name: "a", deployable: "my image" },
    'breed.deployable: expected the reference of an image, got "my image"; write one such as "magneticio/vamp:1.0", in lower case and without spaces',
  ],
  [
    "a variable name with a dash",
    { ...withImage, env: { "A-B": "1" } },
    'breed.env.A-B: expected the name of an environment variable: letters, digits and underscore, not beginning with a digit, got "A-B"; write a name such as "MY_SETTING"',
  ],
  [
    "a variable that Drover sets",
    { ...withImage, env: { VAMP_URL: "http://x" } },
    "breed.env.VAMP_URL: expected a variable that Drover does not set itself, got VAMP_URL; remove it; for another server choose another name",
  ],
  [
    "a period that is not in seconds",
    { ...withImage, env: { VAMP_WORKFLOW_EXECUTION_PERIOD: "5s" } },
    'breed.env.VAMP_WORKFLOW_EXECUTION_PERIOD: expected seconds from 0 (off) to 1814400, got "5s"; write "5"',
  ],
  [
    "a variable with structure, whose content is not shown",
    { ...withImage, env: { A: { secret: "s3cret" } } },
    "breed.env.A: expected a text of at most 65536 characters without NUL, a number or a boolean, got an object; write it as text in quotes",
  ],
  [
    "a number that YAML has rounded",
    { ...withImage, env: { A: Number("12345678901234567890") } },
    "breed.env.A: expected a text of at most 65536 characters without NUL, a number or a boolean, got a number that loses digits when it is read; write it as text in quotes",
  ],
  [
    "arguments of two entries and of none",
    { ...withImage, arguments: [{ a: 1, b: 2 }, "x"] },
    'breed.arguments[0]: expected an argument, got an object with a, b; write "key=value", one list entry for each',
    'breed.arguments[1]: expected an argument, got "x"; write "key=value", one list entry for each',
  ],
])("a breed with %s is refused", ([, raw, ...problems]) => {
  expect(problemsOf(parseBreed(raw))).toStrictEqual(problems);
});

test("all problems come at once, and many unknown fields do not flood the answer", () => {
  const unknown = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x${index}`, 1]));
  const problems = problemsOf(parseBreed({ ...unknown, name: "?", ports: 1, env: [] }));
  expect(problems).toHaveLength(4 + 20 + 1);
  expect(problems.at(-1)).toContain("980 more unknown fields");
});

test("limits hold", () => {
  const script = `//${"x".repeat(524_287)}`;
  expect(problemsOf(parseBreed({ name: "a", deployable: { type: "javascript", definition: script } }))).toStrictEqual([
    "breed.deployable.definition: expected a script of at most 524288 bytes, got 524289 bytes; bundle less, or use an image",
  ]);
  const env = Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`A${index}`, "x".repeat(60_000)]));
  expect(problemsOf(parseBreed({ ...withImage, env }))[0]).toContain("at most 131072 bytes as JSON");
  const metadata = { a: "x".repeat(700_000) };
  expect(problemsOf(parseBreed({ ...withImage, metadata }))[0]).toContain("at most 614400 bytes as JSON");
  expect(problemsOf(parseBreed({ ...withImage, metadata: { a: Number.NaN } }))[0]).toContain(
    "expected a JSON value, got NaN",
  );
});
