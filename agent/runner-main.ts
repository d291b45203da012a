// The program that holds user code: one process, one script, once. It boots, waits on a pipe for the script, closes the pipe
// and becomes the script: no channel to the agent, no credential and no trace of the agent's environment is left in it.
//
// The script is a CommonJS main module named /workflow/<name>.js. There is no such file: the root is read-only and everything
// writable could be changed by the script itself. `require` and `import()` find what the agent ships (the modules directory
// is the only argument) and Node's own modules. A script that has nothing left to do ends its process.
import { closeSync, readFileSync } from "node:fs";
import Module, { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const scriptFd = 3;

/** Compiles and runs a source as a module; Node's published types leave it out. */
type Compile = (this: Module, source: string, filename: string, format: "commonjs") => void;

boot(process.argv[2] ?? "/agent/node_modules");

function boot(modulesDir: string): void {
  // Waits here, in the read, until there is a script.
  const { name, source }: { name: string; source: string } = JSON.parse(readFileSync(scriptFd, "utf8"));
  closeSync(scriptFd);
  run(`/workflow/${name}.js`, source, modulesDir);
}

function run(filename: string, source: string, modulesDir: string): void {
  const main = new Module(".");
  main.filename = filename;
  main.paths = [modulesDir];
  process.mainModule = main;
  process.argv = ["node", filename];
  resolveFrom(filename, modulesDir);
  const compile: Compile = Reflect.get(Module.prototype, "_compile");
  compile.call(main, source, filename, "commonjs");
  main.loaded = true;
}

/** Says plainly what a script cannot require, and lets `import()` find what `require` finds. */
function resolveFrom(filename: string, modulesDir: string): void {
  const scriptUrl = pathToFileURL(filename).href;
  const modulesUrl = pathToFileURL(join(modulesDir, "..", "-")).href;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (context.parentURL !== scriptUrl) return nextResolve(specifier, context);
      if (/^\.\.?(?:\/|$)/.test(specifier)) {
        throw new Error(
          `${filename} is one file by itself: '${specifier}' cannot be loaded; put its code into the breed`,
        );
      }
      return nextResolve(specifier, { ...context, parentURL: modulesUrl });
    },
  });
}
