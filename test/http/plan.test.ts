// A plan says what applying then does: the same files are planned, then applied, and both are compared.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, yaml } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { startEdge } from "./edge.ts";

type Change = { kind: string; name: string; action: string; revision: number; redeployed: boolean };
type Planned = Change & { diff: { path: string; before?: unknown; after?: unknown }[] | null; warnings: string[] };
type Plan = {
  files: { name: string; changes: Planned[]; problems: { path: string }[] }[];
  deleted: Planned[] | null;
};
type Listed = { kind: string; name: string }[];

const script = (definition: string) => ({ deployable: { type: "application/javascript", definition } });
const breed = (name: string, definition = "1") => ({ kind: "breed", name, ...script(definition) });
const workflow = (name: string, rest: object = {}) => ({
  kind: "workflow",
  name,
  breed: "b",
  schedule: "manual",
  ...rest,
});
const image = (name: string) => ({ kind: "breed", name, deployable: "nginx:1" });
const file = (...documents: unknown[]): string => JSON.stringify(documents);

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover({ DROVER_RUNTIME: "process" });
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

async function plan(texts: readonly string[], prune = false): Promise<Plan> {
  const files = texts.map((text, n) => ({ name: `file ${n}`, type: "application/json", text }));
  const { status, body } = await call<Plan>(drover.url, "POST", "/plan", { files, prune });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

/** What became of each document, or "refused". */
async function apply(texts: readonly string[]): Promise<(Change[] | "refused")[]> {
  const results: (Change[] | "refused")[] = [];
  for (const text of texts) {
    const { status, body } = await call<Planned[]>(drover.url, "PUT", "", text);
    results.push(status === 200 ? body.map(plain) : "refused");
  }
  return results;
}

async function validateOnly(text: string | undefined): Promise<Change[] | "refused"> {
  const { status, body } = await call<Planned[]>(drover.url, "PUT", "?validate_only=true", text);
  return status === 200 ? body.map(plain) : "refused";
}

function plain({ kind, name, action, revision, redeployed }: Change): Change {
  return { kind, name, action, revision, redeployed };
}

async function all(): Promise<Listed> {
  const of = async (path: string): Promise<Listed> => (await call<Listed>(drover.url, "GET", path)).body;
  return [...(await of("/workflows")), ...(await of("/breeds"))].map(({ kind, name }) => ({ kind, name }));
}

/** Only these are there, under names that have been used before. */
async function given(...texts: readonly string[]): Promise<void> {
  const there = await all();
  if (there.length > 0) await call(drover.url, "DELETE", "", there);
  expect(await all()).toEqual([]);
  expect(await apply(texts)).not.toContain("refused");
}

const w = workflow("w");
const inline = { breed: script("1") };

describe("a plan and what apply does are the same", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["nothing is there yet", [], [file(breed("b"), w)]],
    ["nothing would change", [file(breed("b"), w)], [file(w, breed("b"))]],
    ["a default that is written out", [file(breed("b"), w)], [file(workflow("w", { timeout: "PT1H", scale: {} }))]],
    ["a breed changes, its workflow does not", [file(breed("b"), w)], [file(breed("b", "2"), w)]],
    ["both change", [file(breed("b"), w)], [file(workflow("w", { timeout: "PT1M" }), breed("b", "2"))]],
    ["a status and nothing else", [file(breed("b"), w)], [file(workflow("w", { status: "suspended" }))]],
    ["the status that it has", [file(breed("b"), w)], [file(workflow("w", { status: "running" }))]],
    ["an edit and a status", [file(breed("b"), w)], [file(workflow("w", { status: "suspended", env: { A: "1" } }))]],
    ["a new workflow that is suspended", [file(breed("b"))], [file(workflow("w", { status: "suspended" }))]],
    ["a breed in the first file for a workflow in the second", [], [file(breed("b")), file(w)]],
    ["a workflow before its breed", [], [file(w), file(breed("b")), file(w)]],
    ["one artifact in three files", [], [file(breed("b")), file(breed("b", "2")), file(breed("b", "2"))]],
    ["a workflow twice", [file(breed("b"))], [file(w), file(workflow("w", { env: { A: "1" } }))]],
    [
      "a status set in one file and edited in the next",
      [file(breed("b"), w)],
      [
        file(workflow("w", { status: "suspended" })),
        file(workflow("w", { env: { A: "1" } })),
        file(workflow("w", { status: "running", env: { A: "1" } })),
      ],
    ],
    [
      "a refused file, and those that need what is in it",
      [],
      [file(breed("b"), { kind: "breed", name: "c" }), file(w), file(workflow("v", inline))],
    ],
    ["a breed that becomes an image in the first file", [file(breed("b"))], [file(image("b")), file(w)]],
    ["an image that becomes a script", [file(image("b"))], [file(breed("b")), file(w)]],
    ["an inline breed, and one by name instead", [file(workflow("w", inline))], [file(breed("b")), file(w)]],
    ["the same artifact twice in one file", [], [file(breed("b"), breed("b", "2")), file(breed("b"))]],
    ["a name that cannot be stored", [], [file(breed("a..b")), file(breed("a.")), file(breed("a.b"))]],
    ["text that is no document", [], ["{", "", "[]", "7", file(breed("b"))]],
  ])("%s", async (_, before, files) => {
    await given(...before);
    const { files: planned, deleted } = await plan(files);
    expect(deleted).toBe(null);
    const there = await all();
    const single = files.length === 1 ? await validateOnly(files[0]) : null;
    expect(await all()).toEqual(there);
    const applied = await apply(files);
    expect(planned.map(({ changes, problems }) => (problems.length > 0 ? "refused" : changes.map(plain)))).toEqual(
      applied,
    );
    expect(single).toEqual(files.length === 1 ? applied[0] : null);
    const [again] = (await plan(files.slice(-1))).files;
    const taken = applied.at(-1);
    expect(again?.changes.map(({ action }) => action)).toEqual(
      taken === "refused" ? [] : taken?.map(() => "unchanged"),
    );
  });
});

describe("a plan shows", () => {
  test("what differs, whole texts included, and nothing for what is new", async () => {
    await given(file(breed("b", `// ${"x".repeat(5_000)}\n1`), w));
    const definition = `// ${"x".repeat(5_000)}\n2`;
    const { files } = await plan([file(breed("b", definition), workflow("w", { status: "suspended" }), breed("c"))]);
    expect(files[0]?.changes.map(({ name, diff }) => [name, diff])).toEqual([
      ["b", [{ path: "deployable.definition", before: definition.replace(/2$/, "1"), after: definition }]],
      ["c", []],
      ["w", [{ path: "status", before: "running", after: "suspended" }]],
    ]);
  });

  test("which workflows a changed breed does not reach", async () => {
    await given(file(breed("b"), w, workflow("v"), workflow("u", inline)));
    const warnings = async (...files: string[]) =>
      (await plan(files)).files.flatMap(({ changes }) => changes.flatMap((change) => change.warnings));
    expect(await warnings(file(breed("b", "2")), file(w))).toEqual([
      "workflows v, w run on with the breed as it was; to take it up: drover restart v w",
    ]);
    expect(await warnings(file(breed("b", "2")), file(workflow("w", { env: { A: "1" } })))).toEqual([
      "workflow v runs on with the breed as it was; to take it up: drover restart v",
    ]);
    expect(await warnings(file(workflow("w", { env: { A: "1" } })), file(breed("b", "2")))).toEqual([
      "workflows v, w run on with the breed as it was; to take it up: drover restart v w",
    ]);
    expect(await warnings(file(breed("b")))).toEqual([]);
  });

  test("in YAML what it shows in JSON, and every problem with its file", async () => {
    await given();
    const files = [
      { name: "good.yml", type: "application/x-yaml", text: "kind: breed\nname: b\ndeployable: nginx:1\n" },
      { name: "bad.yml", type: "application/x-yaml", text: "kind: breed\nname: [\n" },
      { name: "long.yml", type: "application/x-yaml", text: `# ${"x".repeat(1_048_576)}` },
    ];
    const { body } = await call<Plan>(drover.url, "POST", "/plan", { files });
    expect(body.files.map(({ name, changes, problems }) => [name, changes.length, problems.length])).toEqual([
      ["good.yml", 1, 0],
      ["bad.yml", 0, 1],
      ["long.yml", 0, 1],
    ]);
  });

  test("one clear answer to bad input", async () => {
    const one = { name: "a", type: "application/json", text: "" };
    const bad = [{}, { files: {} }, { files: [1] }, { files: [{ ...one, type: "text/plain" }] }, { files: [], all: 1 }];
    for (const body of [
      ...bad,
      { files: [], prune: "yes" },
      { files: Array.from({ length: 1_001 }, () => one) },
      [{}, {}],
      "",
    ])
      expect((await call(drover.url, "POST", "/plan", body)).status, JSON.stringify(body).slice(0, 80)).toBe(400);
  });

  test("that more is too much at once", async () => {
    await using edge = await startEdge();
    const text = "x".repeat(1_000_000);
    const payload = { files: Array.from({ length: 9 }, () => ({ name: "a", type: "application/json", text })) };
    const answer = await edge.app.inject({ method: "POST", url: "/api/v1/plan", payload });
    expect(answer.json()).toMatchObject({ status: 413, detail: "the body is larger than 8388608 bytes" });
  });
});

describe("pruning", () => {
  const names = ({ deleted }: Plan) => deleted?.map(({ kind, name }) => `${kind} ${name}`) ?? null;

  test("deletes what no file names, workflows first, and keeps the breeds that workflows of the files refer to", async () => {
    await given(file(breed("b"), breed("c"), breed("d"), w, workflow("v", { breed: "c" }), workflow("u", inline)));
    expect(names(await plan([file(w)], true))).toEqual(["workflow u", "workflow v", "breed c", "breed d"]);
    expect(names(await plan([file(w), file(workflow("u", { breed: "d" }))], true))).toEqual(["workflow v", "breed c"]);
    expect(names(await plan([file(breed("d"))], true))).toEqual([
      "workflow u",
      "workflow v",
      "workflow w",
      "breed b",
      "breed c",
    ]);
    expect(names(await plan([file(w)], false))).toBe(null);
    expect(await all()).toHaveLength(6);
  });

  test("deletes nothing when a file is refused, or when there is none", async () => {
    await given(file(breed("b"), w));
    expect(names(await plan([file(breed("x")), file({ kind: "breed", name: "y" })], true))).toBe(null);
    expect(names(await plan([file(breed("x")), "[]"], true))).toBe(null);
    expect(names(await plan([], true))).toBe(null);
  });
});

describe("a deletion", () => {
  test.each([
    ["all that is there", "kind: breed\nname: b\n---\nkind: workflow\nname: w\n---\nkind: breed\nname: nobody\n", []],
    [
      "a breed in use",
      "kind: breed\nname: b\n",
      [expect.stringMatching(/^workflow w runs on with a copy of the breed/)],
    ],
  ])(
    "of %s with validate_only lists what would be deleted, and what is then to be known",
    async (_, documents, said) => {
      await given(file(breed("b"), w));
      const planned = await call<Planned[]>(drover.url, "DELETE", "?validate_only=true", documents, yaml);
      expect(await all()).toHaveLength(2);
      const deleted = await call<Planned[]>(drover.url, "DELETE", "", documents, yaml);
      expect(planned.body.map(plain)).toEqual(deleted.body.map(plain));
      for (const { body } of [planned, deleted]) expect(body.flatMap(({ warnings }) => warnings)).toEqual(said);
    },
  );
});
