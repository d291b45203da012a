import { expect, test } from "vitest";
import { problemText } from "../../model/problem.ts";
import { checkScript } from "../../model/script.ts";

const checked = (source: string): string[] => checkScript(source, "definition").map(problemText);

test.for([
  "var vamp = require('vamp-node-client'); var api = new vamp.Api(); api.event('hello');",
  "module.exports = async (event) => { await event; };",
  "return 1",
  "#!/usr/bin/env node\nrequire('fs')",
  "import('x').then(console.log)",
])("%j compiles", (source) => {
  expect(checked(source)).toStrictEqual([]);
});

test.for<[source: string, problem: string]>([
  [
    "let a;\n\n  let b = ;",
    "definition, line 3, column 11: expected JavaScript that compiles, got Unexpected token ';'; correct the script there",
  ],
  [
    "import x from 'y';",
    "definition, line 1, column 1: expected JavaScript that compiles, got Cannot use import statement outside a module; use require: const x = require('x')",
  ],
  [
    "1;\nexport const a = 1;",
    "definition, line 2, column 1: expected JavaScript that compiles, got Unexpected token 'export'; use module.exports",
  ],
  [
    "const a = await f();",
    "definition, line 1, column 11: expected JavaScript that compiles, got await is only valid in async functions and the top level bodies of modules; wrap it in an async function: (async () => { … })()",
  ],
  [
    "if (a) {\n",
    "definition, line 2, column 1: expected JavaScript that compiles, got Unexpected end of input; close what is still open: a bracket, a quote or a comment",
  ],
  [
    "}); process.exit(1); (() => {",
    "definition, line 1, column 1: expected JavaScript that compiles, got Unexpected token '}'; correct the script there",
  ],
  [" \n", "definition: expected a script, got an empty text; write the script's source"],
])("%j is refused with its line", ([source, problem]) => {
  expect(checked(source)).toStrictEqual([problem]);
});

test("nothing of a script is executed", () => {
  expect(
    checked("globalThis.executed = true; process.exit(3); (function () { globalThis.executed = true; })()"),
  ).toStrictEqual([]);
  expect(globalThis).not.toHaveProperty("executed");
});
