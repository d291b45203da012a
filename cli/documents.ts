// The documents that `-f` names, each file as it is: the controller parses them, so its errors name lines of that file.
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import type { Documents } from "./controller-api.ts";
import { Failure } from "./failure.ts";

export type Source = Documents & { readonly name: string };

const inDirectory = new Set([".yml", ".yaml", ".json"]);
const filesMax = 1_000;

/**
 * `-` is standard input; a directory stands for the YAML and JSON files in it, by name; a `.js` file is a breed of that name.
 * Files that hold only breeds come first, since a workflow is refused while its breed is unknown. Throws Failure (exit code 2).
 */
export async function readSources(paths: readonly string[]): Promise<Source[]> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  if (files.length > filesMax) throw new Failure(`-f: ${files.length} files are more than the limit of ${filesMax}`, 2);
  const sources: Source[] = [];
  for (const file of files) sources.push(await readSource(file));
  return sources.toSorted((a, b) => Number(namesWorkflow(a)) - Number(namesWorkflow(b)));
}

async function filesOf(path: string): Promise<string[]> {
  if (path === "-") return [path];
  const found = await stat(path).catch(missing(path));
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => inDirectory.has(extname(name))).toSorted();
  if (names.length === 0) throw new Failure(`${path}: no .yml, .yaml or .json file in this directory`, 2);
  return names.map((name) => join(path, name));
}

async function readSource(path: string): Promise<Source> {
  const text = path === "-" ? await readAll(process.stdin) : await readFile(path, "utf8").catch(missing(path));
  const name = path === "-" ? "standard input" : path;
  const extension = extname(path);
  if (extension === ".js" || extension === ".cjs") {
    const deployable = { type: "application/javascript", definition: text };
    const breed = { kind: "breed", name: basename(path, extension), deployable };
    return { name, type: "application/json", text: JSON.stringify([breed]) };
  }
  // JSON says where it is wrong only to a JSON parser.
  const isJson = extension === ".json" || /^\s*[[{]/.test(text);
  return { name, type: isJson ? "application/json" : "application/x-yaml", text };
}

function namesWorkflow({ text }: Source): boolean {
  return /\bkind["']?\s*:\s*["']?workflows?\b/.test(text);
}

function missing(path: string): (error: Error) => never {
  return (error) => {
    const gone = "code" in error && error.code === "ENOENT";
    throw new Failure(`${path}: ${gone ? "no such file or directory" : error.message}`, 2);
  };
}
