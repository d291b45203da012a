// User code as a module: the CommonJS main module /workflow/<name>.js. There is no such file: the root is read-only and
// everything writable could be changed by the script itself. `require` and `import()` find what the agent ships (the modules
// directory), then the npm packages of the breed (a directory of their own, where they find each other and not the agent's), and
// Node's own modules.
import Module, { createRequire, registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What nearly every script requires. Loading it takes longer than the rest of a short script. */
const preloaded = ["highland", "vamp-node-client"];

/** Compiles and runs a source as a module; Node's published types leave it out. */
type Compile = (this: Module, source: string, filename: string, format: "commonjs") => void;

/** Loads what a script will find loaded already when it requires it. */
export function preload(modulesDir: string): void {
  const require = createRequire(join(modulesDir, "..", "-"));
  for (const name of preloaded) {
    try {
      require(name);
    } catch {
      // Not shipped here. A script that requires it hears so itself.
    }
  }
}

/** `isReplaced`: it exports something else than the object that it was given to put its exports into. */
export type RunModule = { readonly exported: unknown; readonly isReplaced: boolean };

/** Runs its top level. What it requires is looked for in one directory after the other. */
export function runModule(name: string, source: string, modulesDirs: readonly string[]): RunModule {
  const filename = `/workflow/${name}.js`;
  const main = new Module(".");
  const { exports: given } = main;
  main.filename = filename;
  main.paths = [...modulesDirs];
  process.mainModule = main;
  process.argv = ["node", filename];
  process.execArgv = [];
  resolveFrom(filename, modulesDirs);
  const compile: Compile = Reflect.get(Module.prototype, "_compile");
  compile.call(main, source, filename, "commonjs");
  main.loaded = true;
  return { exported: main.exports, isReplaced: main.exports !== given };
}

/** Whether it was written to be called, in a way in which nothing is: `exports.handler = …`, or an object of its own. */
export function exportsInVain({ exported, isReplaced }: RunModule): boolean {
  if (typeof exported !== "object" || exported === null) return false;
  const values = Object.values(exported);
  return isReplaced ? values.length > 0 : values.some((value) => typeof value === "function");
}

/** Says plainly what a script cannot require, and lets `import()` find what `require` finds. */
function resolveFrom(filename: string, modulesDirs: readonly string[]): void {
  const scriptUrl = pathToFileURL(filename).href;
  const urls = modulesDirs.map((directory) => pathToFileURL(join(directory, "..", "-")).href);
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (context.parentURL !== scriptUrl) return nextResolve(specifier, context);
      if (/^\.\.?(?:\/|$)/.test(specifier)) {
        throw new Error(
          `${filename} is one file by itself: '${specifier}' cannot be loaded; put its code into the breed`,
        );
      }
      const [first, second] = urls;
      try {
        return nextResolve(specifier, { ...context, parentURL: first });
      } catch (error) {
        if (second === undefined || !isNotFound(error)) throw error;
      }
      return nextResolve(specifier, { ...context, parentURL: second });
    },
  });
}

function isNotFound(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
}
