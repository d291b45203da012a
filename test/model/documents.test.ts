import { expect, test } from "vitest";
import { parseBreed } from "../../model/breed.ts";
import { type DocumentFormat, readDocuments, writeDocuments } from "../../model/documents.ts";
import { problemsOf, valueOf } from "./parsed.ts";

const values = (text: string, format: DocumentFormat): unknown[] =>
  valueOf(readDocuments(text, format)).map(({ value }) => value);

test("several YAML documents, empty ones skipped, know their paths", () => {
  expect(valueOf(readDocuments("---\na: 1\n---\n---\nb: 2\n---\n# nothing\n", "yaml"))).toStrictEqual([
    { value: { a: 1 }, path: "document 1" },
    { value: { b: 2 }, path: "document 2" },
  ]);
  expect(valueOf(readDocuments("a: 1", "yaml"))).toStrictEqual([{ value: { a: 1 }, path: "" }]);
});

test("a list stands for its items in either format", () => {
  expect(values("- a: 1\n- b: 2\n---\nc: 3", "yaml")).toStrictEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
  expect(values('[{"a":1},{"b":2}]', "json")).toStrictEqual([{ a: 1 }, { b: 2 }]);
  expect(values('{"a":[1]}', "json")).toStrictEqual([{ a: [1] }]);
});

test("dates stay texts, anchors and merge keys work", () => {
  expect(values("at: 2016-12-03T08:15:30Z\non: yes", "yaml")).toStrictEqual([
    { at: "2016-12-03T08:15:30Z", on: "yes" },
  ]);
  expect(values("a: &x {b: 1}\nc: {<<: *x, d: 2}", "yaml")).toStrictEqual([{ a: { b: 1 }, c: { b: 1, d: 2 } }]);
});

const broken: readonly [format: DocumentFormat, text: string, problem: string][] = [
  ["yaml", "a: 1\nb: [1,", "line 2, column 7: expected valid YAML"],
  [
    "yaml",
    "a: 1\n\tb: 1",
    "line 2, column 1: expected valid YAML, got tab characters must not be used in indentation; indent with spaces",
  ],
  ["yaml", "a: 1\na: 2", "line 2, column 1: expected valid YAML, got duplicated mapping key; remove one of the two"],
  ["yaml", "a: !!js/function x", "line 1, column 4: expected valid YAML, got unknown scalar tag"],
  ["yaml", "[".repeat(70), "line 1, column 64: expected valid YAML, got nesting exceeded maxDepth (64)"],
  ["yaml", "a: &x [*x]", "text: expected documents of a sane size, got more than 64 levels"],
  ["yaml", "", "text: expected at least one document, got nothing"],
  ["yaml", "a: .inf", "text: expected documents of a sane size, got Infinity"],
  ["yaml", "a: 1\n---\n".repeat(501), "text: expected at most 500 documents, got 501"],
  ["json", "", "text: expected at least one document, got nothing"],
  ["json", "[]", "text: expected at least one document, got nothing"],
  ["json", '{\n  "a": 1,\n  "b": x\n}', 'line 3, column 8: expected valid JSON, got "x"'],
  ["json", '{"a": 1, "a": 2}', 'line 1, column 10: expected valid JSON, got a second "a"; remove one of the two'],
  [
    "json",
    '{"a": 1',
    'line 1, column 8: expected valid JSON, got the end of the text; put "," between entries and "}" at the end',
  ],
  ["json", "{'a': 1}", 'line 1, column 2: expected valid JSON, got "\'"; put the key in double quotes'],
  ["json", '["a\nb"]', "line 1, column 2: expected valid JSON, got a text with an unknown escape or a raw line break"],
  ["json", '["a\\"]', "line 1, column 2: expected valid JSON, got a text without its end"],
  ["json", "[1] x", 'line 1, column 5: expected valid JSON, got "x"; remove what follows'],
  ["json", "[01]", 'line 1, column 3: expected valid JSON, got "1"'],
  ["json", "[".repeat(100_000), "line 1, column 65: expected valid JSON, got more than 64 levels"],
];

test.for(
  broken.map(([format, text, problem]) => ({ title: JSON.stringify(text.slice(0, 30)), format, text, problem })),
)("$title is refused as $format", ({ format, text, problem }) => {
  const problems = problemsOf(readDocuments(text, format));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(problem);
});

test("a billion laughs are refused before they are laughed", () => {
  const lines = Array.from(
    { length: 30 },
    (_, n) =>
      `a${n}: &a${n} [${Array<string>(10)
        .fill(n === 0 ? "lol" : `*a${n - 1}`)
        .join(",")}]`,
  );
  expect(problemsOf(readDocuments(lines.join("\n"), "yaml"))[0]).toContain("more than 100000 values");
});

test.for([
  "{}",
  "[]",
  '"\\u00e9\\n\\\\"',
  "-1.5e3",
  ' {"a" : [ true , false , null ] } ',
  '{"__proto__": {"x": 1}}',
  '"\\\\"',
  '[[],{},""]',
])("our JSON reader and JSON.parse agree on %s", (text) => {
  expect(values(`{"v":${text}}`, "json")).toStrictEqual([JSON.parse(`{"v":${text}}`)]);
});

test("a key __proto__ changes no prototype", () => {
  for (const [text, format] of [
    ['{"__proto__": {"x": 1}}', "json"],
    ["__proto__: {x: 1}", "yaml"],
  ] as const) {
    const [value] = values(text, format);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value ?? {})).toStrictEqual(["__proto__"]);
  }
});

test("a breed written as YAML or JSON reads back as it was", () => {
  const definition = "var a = 1;\n\nif (a) {\n\tconsole.log('a: b # c', \"" + "long ".repeat(60) + '");  \n}\n';
  const env = { A: "yes", B: "1.10", C: "2016-12-03", D: "", E: "a\r\nb", F: "null", G: "x\u2028\ty" };
  const breed = valueOf(parseBreed({ name: "a", deployable: { type: "javascript", definition }, env }));
  const yaml = writeDocuments([breed, breed], "yaml");
  expect(yaml).toContain("  definition: |\n    var a = 1;\n\n    if (a) {\n    \tconsole.log(");
  for (const format of ["yaml", "json"] as const) {
    const read = values(writeDocuments([breed, breed], format), format);
    expect(read.map((raw) => valueOf(parseBreed(raw)))).toStrictEqual([breed, breed]);
    expect(values(writeDocuments([breed], format), format)).toStrictEqual([breed]);
  }
});

test("nothing is written as an empty list", () => {
  expect(writeDocuments([], "yaml")).toBe("[]\n");
  expect(writeDocuments([], "json")).toBe("[]\n");
});
