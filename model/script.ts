// Whether a script compiles, found out when it is saved and without running any of it.
//
//   The source is compiled as the body of a CommonJS module, which is what a runner makes of it: top-level `return` is
//   allowed, top-level `await`, `import` and `export` are not.
import { compileFunction } from "node:vm";
import { type Problem, type Parsed, accepted, refused } from "./problem.ts";

const scriptBytesMax = 524_288;

const moduleParameters = ["exports", "require", "module", "__filename", "__dirname"];
const fileName = "script.js";
const messageCharsMax = 78;

/** What people write that CommonJS does not know, and what to write instead. */
const remedies: readonly (readonly [message: RegExp, fix: string])[] = [
  [/import statement/, "use require: const x = require('x')"],
  [/token 'export'/, "use module.exports"],
  [/'import\.meta'/, "use __filename or __dirname"],
  [/await is only valid|reserved word/, "wrap it in an async function: (async () => { … })()"],
  [/end of input/, "close what is still open: a bracket, a quote or a comment"],
];

/** Empty when the script can be loaded; else the first thing wrong with it, with its line and column. */
export function checkScript(source: string, at: string): Problem[] {
  const parsed = withinLimits(source, at);
  if (!parsed.ok) return [...parsed.problems];
  try {
    compileFunction(source, moduleParameters, { filename: fileName });
    return [];
  } catch (error) {
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    const fix = remedies.find(([pattern]) => pattern.test(message))?.[1] ?? "correct the script there";
    return [
      { path: at + position(stack), expected: "JavaScript that compiles", got: message.slice(0, messageCharsMax), fix },
    ];
  }
}

function withinLimits(source: string, at: string): Parsed<string> {
  if (source.trim() === "") {
    return refused({ path: at, expected: "a script", got: "an empty text", fix: "write the script's source" });
  }
  const bytes = Buffer.byteLength(source);
  if (bytes <= scriptBytesMax) return accepted(source);
  const expected = `a script of at most ${scriptBytesMax} bytes`;
  return refused({ path: at, expected, got: `${bytes} bytes`, fix: "bundle less, or use an image" });
}

/** V8 begins the stack of a syntax error with `script.js:<line>`, the line itself, and carets under the place. */
function position(stack: string): string {
  const [place = "", , carets = ""] = stack.split("\n", 3);
  if (!place.startsWith(`${fileName}:`)) return "";
  const first = carets.indexOf("^");
  const column = (first === -1 ? carets.length : first) + 1;
  return `, line ${place.slice(fileName.length + 1)}, column ${column}`;
}
