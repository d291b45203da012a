// What an instance needs to run, as files: the agent, its runner, and the modules that user code may require. The docker runtime
// puts them into an image, the process runtime into a directory; both see the same layout:
//
//   agent.cjs                                     the agent, one file
//   runner.cjs                                    the process that holds user code, one file
//   node_modules/vamp-node-client/index.js        the injected client, one file; requires highland
//   node_modules/highland/index.js                as published, with what it depends on
import { type BuildOptions, build, stop } from "esbuild";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createOncePerKey } from "./once-per-key.ts";

/** Sources that are bundled, as file paths. */
export type AgentEntries = {
  readonly agent: string;
  readonly runner: string;
  /** A module whose `clientBundle(outfile)` says how the client is bundled. */
  readonly client: string;
};

/** `path` is relative to where the bundle is put. */
export type BundledFile = { readonly path: string; readonly contents: Uint8Array };

export type AgentBundle = {
  readonly files: readonly BundledFile[];
  /** Hex; the same for the same files. */
  readonly hash: string;
};

/**
 * What Node is started with, relative to where the bundle is put. CommonJS: as an ES module the same agent boots 23 ms later
 * (85 against 62 ms). Node's compile cache on top would save 7 ms, which is not worth a cache inside the image.
 */
export const agentFile = "agent.cjs";

/** The version of the published client whose surface the injected one keeps; user code may look at it. */
const clientVersion = "0.9.4";

const project = fileURLToPath(new URL("../../", import.meta.url));
/** `.ts` in the tree, `.js` where the project was compiled. */
const extension = extname(import.meta.filename);
const highland = createRequire(import.meta.url).resolve("highland");

export const agentEntries: AgentEntries = {
  agent: join(project, `agent/main${extension}`),
  runner: join(project, `agent/runner-main${extension}`),
  client: join(project, `client/bundle${extension}`),
};

const once = createOncePerKey<AgentBundle>();
let bundlesUnderWay = 0;

/** Takes about 0.3 s. The same sources give the same bytes, wherever the project lies. */
export function bundleAgent(entries: AgentEntries = agentEntries): Promise<AgentBundle> {
  return once(JSON.stringify(entries), async () => {
    bundlesUnderWay += 1;
    try {
      return await bundleAll(entries);
    } finally {
      bundlesUnderWay -= 1;
      // The bundler keeps a helper process for its next build; a controller needs none for the rest of its life.
      if (bundlesUnderWay === 0) await stop();
    }
  });
}

async function bundleAll(entries: AgentEntries): Promise<AgentBundle> {
  const clientOptions = await recipeOf(entries.client);
  const parts = await Promise.all([
    bundle(agentFile, { entryPoints: [entries.agent], format: "cjs" }),
    bundle("runner.cjs", { entryPoints: [entries.runner], format: "cjs" }),
    bundle("node_modules/vamp-node-client/index.js", clientOptions),
    bundle("node_modules/highland/index.js", { entryPoints: [highland], format: "cjs" }),
  ]);
  const files = [...parts, manifest("vamp-node-client", clientVersion)];
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file.path} ${file.contents.length}\n`).update(file.contents);
  return { files, hash: hash.digest("hex") };
}

/** How the client becomes one file is the client's own knowledge; it is loaded by path, as all that is bundled here. */
async function recipeOf(path: string): Promise<BuildOptions> {
  const recipe: unknown = await import(pathToFileURL(path).href);
  if (!isRecipe(recipe)) throw new Error(`${path} does not say how the client is bundled`);
  return recipe.clientBundle("index.js");
}

function isRecipe(module: unknown): module is { clientBundle: (outfile: string) => BuildOptions } {
  return typeof module === "object" && module !== null && typeof Reflect.get(module, "clientBundle") === "function";
}

async function bundle(path: string, options: BuildOptions): Promise<BundledFile> {
  const { outputFiles } = await build({
    legalComments: "inline",
    ...options,
    absWorkingDir: project,
    bundle: true,
    write: false,
    platform: "node",
    target: "node24",
    logLevel: "silent",
  });
  const [output] = outputFiles ?? [];
  if (!output) throw new Error(`bundling ${path} gave no file`);
  return { path, contents: output.contents };
}

function manifest(name: string, version: string): BundledFile {
  const text = `${JSON.stringify({ name, version, main: "index.js" })}\n`;
  return { path: `node_modules/${name}/package.json`, contents: Buffer.from(text) };
}
