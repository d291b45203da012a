// Everything that can be set, resolved once before anything opens. Nothing else in the controller reads the environment.
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type AuthMode, isLoopback } from "./identity/auth.ts";
import type { TlsFiles } from "./tls.ts";
import { type MasterKey, parseMasterKeys } from "./secrets/master-key.ts";

export type ControllerOptions = {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | null;
  /** Null: what goes with the host (identity/auth.ts). */
  readonly auth: AuthMode | null;
  readonly adminToken: string | null;
  /** Null: no limit. */
  readonly tokenRequestsPerSecond: number | null;
  readonly codeRequestsPerSecond: number | null;
  readonly home: string;
  readonly runtime: "docker" | "process";
  readonly natsUrl: string | null;
  readonly natsImage: string;
  readonly natsCredentialsFile: string | null;
  readonly natsKeysFile: string | null;
  readonly agentNatsUrl: string | null;
  readonly agentImage: string | null;
  readonly agentBase: string | null;
  readonly network: string;
  /** Of this host: workflows under `network: bridge` may reach them. */
  readonly hostPorts: readonly number[];
  /** Where Docker's own tools would look for the engine; only named in messages. */
  readonly dockerHost: string;
  /** Folders in which programs are looked for, as in `PATH`. */
  readonly searchPath: string;
  /** What npm finds in its environment: where its registry is, among other things. */
  readonly npmEnvironment: Readonly<Record<string, string>>;
  readonly logLevel: string;
  readonly eventsAgeMs: number;
  readonly eventsBytesMax: number;
  readonly runsBytesMax: number;
  readonly logsBytesMax: number;
  readonly stopGraceMs: number;
  /** Null: a file in the home has them. */
  readonly masterKeys: readonly MasterKey[] | null;
  readonly allowsPrivileged: boolean;
};

type Setting = { readonly name: string; readonly fallback: string; readonly meaning: string };

/** Every setting, its default and what it means; the README's table is made from this. */
export const settings: readonly Setting[] = [
  { name: "DROVER_HOST", fallback: "127.0.0.1", meaning: "address the controller listens on" },
  { name: "DROVER_PORT", fallback: "8080", meaning: "port the controller listens on; 0 takes a free one" },
  { name: "DROVER_TLS_CERT", fallback: "", meaning: "certificate (PEM file) to serve HTTPS with; TLS 1.2 at least" },
  { name: "DROVER_TLS_KEY", fallback: "", meaning: "its private key (PEM file)" },
  {
    name: "DROVER_AUTH",
    fallback: "",
    meaning: "`tokens`: every caller needs one; `open`: nobody does; empty: open on loopback, tokens elsewhere",
  },
  { name: "DROVER_ADMIN_TOKEN", fallback: "", meaning: "an admin's token of your own, 32 characters or more" },
  { name: "DROVER_TOKEN_RATE", fallback: "1000", meaning: "requests a second that each token may make; 0: no limit" },
  { name: "DROVER_CODE_RATE", fallback: "200", meaning: "API calls a second of each workflow's code; 0: no limit" },
  { name: "DROVER_HOME", fallback: "~/.drover", meaning: "folder for keys, the event store and the index" },
  {
    name: "DROVER_MASTER_KEY",
    fallback: "",
    meaning:
      "key that encrypts secrets, 32 bytes in base64 or hex; empty: the file `master.key` in `DROVER_HOME`, made at the first start",
  },
  { name: "DROVER_RUNTIME", fallback: "docker", meaning: "`docker`, or `process` (no isolation: development only)" },
  { name: "NATS_URL", fallback: "", meaning: "NATS server to use; empty starts one" },
  {
    name: "DROVER_NATS_IMAGE",
    fallback: "nats:2.12-alpine",
    meaning: "image of the NATS server where no `nats-server` is on `PATH`",
  },
  { name: "NATS_CREDS", fallback: "", meaning: "credentials file for `NATS_URL`" },
  { name: "DROVER_NATS_KEYS", fallback: "", meaning: "key file that mints an identity per workflow for `NATS_URL`" },
  { name: "DROVER_AGENT_NATS_URL", fallback: "", meaning: "`NATS_URL` as containers reach it; empty: the same" },
  { name: "DROVER_AGENT_IMAGE", fallback: "", meaning: "agent image to use; empty builds one" },
  {
    name: "DROVER_AGENT_BASE",
    fallback: "",
    meaning: "image to build the agent image from; empty: from scratch on Linux",
  },
  { name: "DROVER_NETWORK", fallback: "drover", meaning: "Docker network of the workflows" },
  {
    name: "DROVER_HOST_PORTS",
    fallback: "",
    meaning:
      "ports of this host that workflows under `network: bridge` may reach, such as `5432,6379`; none by default",
  },
  { name: "DROVER_LOG_LEVEL", fallback: "info", meaning: "`debug`, `info`, `warn`, `error` or `silent`" },
  { name: "DROVER_EVENTS_DAYS", fallback: "30", meaning: "days that events are kept" },
  { name: "DROVER_EVENTS_MB", fallback: "8192", meaning: "megabytes of events that are kept" },
  { name: "DROVER_RUNS_MB", fallback: "1024", meaning: "megabytes of runs that may wait" },
  { name: "DROVER_LOGS_MB", fallback: "1024", meaning: "megabytes of log lines that are kept" },
  {
    name: "DROVER_STOP_SECONDS",
    fallback: "10",
    meaning: "seconds between SIGTERM and SIGKILL when a workflow is stopped",
  },
  {
    name: "DROVER_ALLOW_PRIVILEGED",
    fallback: "false",
    meaning: "`true`: images with the argument `privileged=true` get all rights, on this host too",
  },
];

const dayMs = 86_400_000;
const megabyte = 1_048_576;
/** Nobody guesses so many, if they are random. */
const adminTokenCharsMin = 32;
const adminTokenPattern = /^[!-~]{32,}$/;
const hostPortsMax = 100;
const logLevels = ["debug", "info", "warn", "error", "silent"];

/** Throws OptionError that names every setting that is wrong. */
export function resolveOptions(environment: Readonly<Record<string, string | undefined>>): ControllerOptions {
  const wrong: string[] = [];
  const text = (name: string): string => {
    const setting = settings.find((one) => one.name === name);
    return environment[name]?.trim() || (setting?.fallback ?? "");
  };
  const optional = (name: string): string | null => text(name) || null;
  const number = (name: string, min: number, max: number): number => {
    const value = Number(text(name));
    if (!Number.isFinite(value) || value < min || value > max)
      wrong.push(`${name}: expected a number from ${min} to ${max}, got "${text(name)}"`);
    return value;
  };
  const word = <T extends string>(name: string, words: readonly T[]): T => {
    const found = words.find((one) => one === text(name));
    if (found === undefined) wrong.push(`${name}: expected one of ${words.join(", ")}, got "${text(name)}"`);
    return found ?? (words[0] as T);
  };
  const masterKeys = (given: string | null): readonly MasterKey[] | null => {
    const parsed = given === null ? { keys: null } : parseMasterKeys(given);
    if ("keys" in parsed) return parsed.keys;
    wrong.push(`DROVER_MASTER_KEY: ${parsed.wrong}`);
    return null;
  };

  const options: ControllerOptions = {
    host: text("DROVER_HOST"),
    port: number("DROVER_PORT", 0, 65_535),
    tls: tlsFiles(),
    auth: authMode(),
    adminToken: adminToken(),
    tokenRequestsPerSecond: number("DROVER_TOKEN_RATE", 0, 1_000_000) || null,
    codeRequestsPerSecond: number("DROVER_CODE_RATE", 0, 1_000_000) || null,
    home: expandHome(text("DROVER_HOME")),
    runtime: word("DROVER_RUNTIME", ["docker", "process"]),
    natsUrl: optional("NATS_URL"),
    natsImage: text("DROVER_NATS_IMAGE"),
    natsCredentialsFile: optional("NATS_CREDS"),
    natsKeysFile: optional("DROVER_NATS_KEYS"),
    agentNatsUrl: optional("DROVER_AGENT_NATS_URL"),
    agentImage: optional("DROVER_AGENT_IMAGE"),
    agentBase: optional("DROVER_AGENT_BASE"),
    network: text("DROVER_NETWORK"),
    hostPorts: hostPorts(),
    dockerHost: environment["DOCKER_HOST"] ?? "/var/run/docker.sock",
    searchPath: environment["PATH"] ?? "",
    npmEnvironment: withoutOwn(environment),
    logLevel: word("DROVER_LOG_LEVEL", logLevels),
    eventsAgeMs: number("DROVER_EVENTS_DAYS", 1, 3_650) * dayMs,
    eventsBytesMax: number("DROVER_EVENTS_MB", 16, 1_048_576) * megabyte,
    runsBytesMax: number("DROVER_RUNS_MB", 16, 1_048_576) * megabyte,
    logsBytesMax: number("DROVER_LOGS_MB", 16, 1_048_576) * megabyte,
    stopGraceMs: number("DROVER_STOP_SECONDS", 0, 3_600) * 1_000,
    masterKeys: masterKeys(optional("DROVER_MASTER_KEY")),
    allowsPrivileged: word("DROVER_ALLOW_PRIVILEGED", ["false", "true"]) === "true",
  };
  if (wrong.length > 0) throw new OptionError(wrong);
  return Object.freeze(options);

  function tlsFiles(): TlsFiles | null {
    const [cert, key] = [text("DROVER_TLS_CERT"), text("DROVER_TLS_KEY")];
    if (cert !== "" && key !== "") return { certFile: expandHome(cert), keyFile: expandHome(key) };
    if (cert !== "")
      wrong.push("DROVER_TLS_KEY: expected the file of the private key beside DROVER_TLS_CERT, got nothing");
    if (key !== "")
      wrong.push("DROVER_TLS_CERT: expected the file of the certificate beside DROVER_TLS_KEY, got nothing");
    return null;
  }

  function hostPorts(): readonly number[] {
    const words = text("DROVER_HOST_PORTS").split(",").filter(Boolean);
    const ports = words.map(Number);
    if (ports.length > hostPortsMax || ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65_535))
      wrong.push(
        `DROVER_HOST_PORTS: expected at most ${hostPortsMax} ports such as "5432,6379", got "${words.join(",")}"`,
      );
    return ports;
  }

  function authMode(): AuthMode | null {
    if (text("DROVER_AUTH") === "") return null;
    const mode = word("DROVER_AUTH", ["open", "tokens"]);
    const host = text("DROVER_HOST");
    if (mode === "open" && !isLoopback(host))
      wrong.push(
        `DROVER_AUTH: "open" would let everybody in who reaches DROVER_HOST=${host}; write "tokens", or listen on 127.0.0.1`,
      );
    return mode;
  }

  /** What is wrong with it is told without showing it. */
  function adminToken(): string | null {
    const value = optional("DROVER_ADMIN_TOKEN");
    if (value !== null && !adminTokenPattern.test(value))
      wrong.push(
        `DROVER_ADMIN_TOKEN: expected ${adminTokenCharsMin} characters or more without spaces, got ${value.length}; write what openssl rand -hex 32 says`,
      );
    return value;
  }
}

export class OptionError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(path);
}

/** Drover's own settings are for nobody else: keys are among them. */
function withoutOwn(environment: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !/^(?:DROVER|NATS)_/.test(entry[0]),
    ),
  );
}
