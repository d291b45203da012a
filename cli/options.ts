// Where the controller is and how to prove who we are: flags over environment over file, resolved once into a frozen record.
// Nothing else in the command line reads an environment.
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { Failure } from "./failure.ts";
import { certificateIn } from "./trust.ts";

export type Options = Readonly<{
  /** Without a slash at the end. */
  url: string;
  token: string | null;
  /** PEM of the authority that vouches for an https address; null: those that Node knows. */
  ca: string | null;
}>;

export type Flags = { readonly url?: string; readonly token?: string; readonly ca?: string };
type Environment = Readonly<Record<string, string | undefined>>;
type Settings = { readonly url?: string; readonly token?: string };

const defaultUrl = "http://127.0.0.1:8080";

/** Throws Failure (exit code 2) when the file or the address makes no sense. */
export async function resolveOptions(flags: Flags, environment: Environment): Promise<Options> {
  const file = await readSettings(configFile(environment));
  const url = flags.url || environment["DROVER_URL"] || localUrl(environment) || file.url || defaultUrl;
  if (!/^https?:$/.test(protocolOf(url))) {
    throw new Failure(`--url: expected an address such as ${defaultUrl}, got "${url}"`, 2);
  }
  const token = flags.token || environment["DROVER_TOKEN"] || file.token || null;
  // What cannot go into a header is told by whoever tries, together with the value.
  if (token !== null && !/^[!-~]+$/.test(token))
    throw new Failure("--token: expected letters, digits and signs without spaces, got something else", 2);
  const ca = flags.ca || environment["DROVER_CA"];
  return Object.freeze({ url: url.replace(/\/+$/, ""), token, ca: ca ? certificateIn(ca) : null });
}

/** Where a controller that was started with the same environment listens. */
function localUrl(environment: Environment): string | null {
  const port = environment["DROVER_PORT"];
  const protocol = environment["DROVER_TLS_CERT"] ? "https" : "http";
  return port && port !== "0" ? `${protocol}://127.0.0.1:${port}` : null;
}

export function configFile(environment: Environment): string {
  const home = environment["XDG_CONFIG_HOME"] || join(environment["HOME"] || homedir(), ".config");
  return join(home, "drover", "config.yml");
}

async function readSettings(path: string): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw new Failure(`${path}: ${error instanceof Error ? error.message : String(error)}`, 2);
  }
  let document: unknown;
  try {
    document = load(text) ?? {};
  } catch (error) {
    throw new Failure(
      `${path}: ${error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error)}`,
      2,
    );
  }
  return parseSettings(path, document);
}

function parseSettings(path: string, document: unknown): Settings {
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw new Failure(`${path}: expected the keys url and token, got ${JSON.stringify(document)}`, 2);
  }
  const settings: { url?: string; token?: string } = {};
  for (const [key, value] of Object.entries(document)) {
    if (key !== "url" && key !== "token")
      throw new Failure(`${path}: unknown key "${key}"; known are url and token`, 2);
    if (typeof value !== "string") throw new Failure(`${path}: ${key}: expected text, got ${JSON.stringify(value)}`, 2);
    settings[key] = value;
  }
  return settings;
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : "";
}
