// How the client becomes the one CommonJS file that lies in the agent's image as `vamp-node-client`.
//
//   B1. highland stays outside: user code requires the same module, so `_.isStream` knows our streams.
//   B2. Of undici only its HTTP/1.1 Agent is taken. Loading the whole package costs 90 ms of a core, this part 12 ms; without
//       this plugin the client works the same and starts later.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildOptions, Plugin } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** `request` is the one method that undici's own entry adds to its dispatchers and that the client calls. */
const slimUndici = `
  const Dispatcher = require("undici/lib/dispatcher/dispatcher.js");
  Dispatcher.prototype.request = require("undici/lib/api/api-request.js");
  exports.Agent = require("undici/lib/dispatcher/agent.js");
`;
const leftOut = `module.exports = () => { throw new Error("this part of undici is not in the bundle"); };`;

const slim: Plugin = {
  name: "slim-undici",
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, () => ({ path: "undici", namespace: "slim" }));
    build.onLoad({ filter: /.*/, namespace: "slim" }, () => ({ contents: slimUndici, resolveDir: here }));
    build.onLoad({ filter: /undici.lib.(dispatcher.client-h2|dispatcher.socks5|core.socks5|web.)/ }, () => ({
      contents: leftOut,
    }));
  },
};

export function clientBundle(outfile: string): BuildOptions {
  return {
    entryPoints: [join(here, "index.ts")],
    outfile,
    bundle: true,
    minify: true,
    keepNames: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    external: ["highland"],
    plugins: [slim],
    // undici's own switch for builds that leave its experimental HTTP parser out.
    define: { esbuildDetection: "true" },
    logLevel: "silent",
  };
}
