// The machine's own npm, as a child process: it knows the registry, proxy and credentials that people have set up for it.
//
//   N1. Nothing of what is installed is run: no install script, and no preparation of what comes from elsewhere than a registry.
//   N2. It writes into its folder only, its cache too; npm's own settings are read and left alone.
import { type ExecFileException, execFile } from "node:child_process";
import { join } from "node:path";
import { isObject } from "../../model/reader.ts";
import { PackagesRefused } from "./lock.ts";

/** Of all that npm says: an answer in JSON. */
const outputBytesMax = 8_388_608;
const reasonCharsMax = 400;
/** A registry that is away is said to be so soon; npm's own patience is minutes. */
const patience = [
  "--fetch-retries=1",
  "--fetch-retry-mintimeout=200",
  "--fetch-retry-maxtimeout=2000",
  "--fetch-timeout=30000",
];
const always = [
  "--ignore-scripts",
  "--omit=dev",
  "--no-audit",
  "--no-fund",
  "--no-update-notifier",
  "--no-bin-links",
  "--no-global",
  "--no-dry-run",
  "--no-workspaces",
  "--install-strategy=hoisted",
  "--omit-lockfile-registry-resolved",
  "--lockfile-version=3",
  "--logs-max=0",
  "--json",
  // An npm that does not know them yet passes over them; what gets past it is found in the lock.
  "--allow-git=none",
  "--allow-remote=none",
  "--allow-file=none",
  "--allow-directory=none",
];
/** What the registry says of the names and ranges; anything else is a trouble of npm, the network or the registry. */
const codesOfRefusals =
  /^(?:E404|ETARGET|ERESOLVE|ENOVERSIONS|EINVALID\w*|EUNSUPPORTEDPROTOCOL|EBADPLATFORM|EALLOW\w*)$/;

/** The registry, or npm itself, is not to be had now. */
export class NpmUnavailable extends Error {}

export type Npm = {
  /** In a folder of its own. Rejects with PackagesRefused or NpmUnavailable; with the signal's reason when it fires. */
  run(command: readonly string[], folder: string, signal: AbortSignal): Promise<void>;
};

export function createNpm(environment: Readonly<Record<string, string>>): Npm {
  return {
    run(command, folder, signal) {
      const parameters = [...command, ...always, ...patience, `--prefix=${folder}`, `--cache=${join(folder, ".npm")}`];
      // For an npm that npm itself may start.
      const env = { ...environment, npm_config_ignore_scripts: "true" };
      return new Promise((resolve, reject) => {
        execFile(
          "npm",
          parameters,
          { cwd: folder, env, signal, killSignal: "SIGKILL", maxBuffer: outputBytesMax },
          (error, stdout, stderr) => {
            if (!error) resolve();
            else reject(signal.aborted ? signal.reason : asReason(error, stdout, stderr));
          },
        );
      });
    },
  };
}

function asReason(error: ExecFileException, stdout: string, stderr: string): Error {
  if (error.code === "ENOENT")
    return new NpmUnavailable(
      "the controller finds no npm on its PATH; install npm, which comes with Node, to save breeds with npm packages",
    );
  const { code, summary } = saidIn(stdout);
  const reason = oneLine(summary || stderr || error.message);
  if (codesOfRefusals.test(code)) return new PackagesRefused([reason]);
  return new NpmUnavailable(`npm could not have the packages from its registry: ${reason}`, { cause: error });
}

function saidIn(stdout: string): { code: string; summary: string } {
  try {
    const said: unknown = JSON.parse(stdout);
    const error = isObject(said) ? said["error"] : null;
    if (isObject(error)) {
      const [code = "", summary = "", details = ""] = ["code", "summary", "detail"].map((field) =>
        textOf(error[field]),
      );
      // Of some, only the details say which package it is, when anything does.
      const detail = details.split("\n").find((line) => line.trim() !== "") ?? summary;
      if (code.startsWith("EALLOW"))
        return { code, summary: `a package depends on an address instead of a version of the registry: ${detail}` };
      return { code, summary: code === "E404" ? detail : summary };
    }
  } catch {
    // It died before it could say it.
  }
  return { code: "", summary: "" };
}

/** Addresses of registries may have a password in them. */
function oneLine(text: string): string {
  const line = text
    .replaceAll(/\/\/[^\s/@]*@/g, "//")
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length > reasonCharsMax ? `${line.slice(0, reasonCharsMax)}…` : line;
}

function textOf(said: unknown): string {
  return typeof said === "string" ? said : "";
}
