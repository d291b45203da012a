// Everything that can be set, resolved once before anything opens. Nothing else in the controller reads the environment.
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export type ControllerOptions = {
  readonly host: string;
  readonly port: number;
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
  /** Where Docker's own tools would look for the engine; only named in messages. */
  readonly dockerHost: string;
  /** Folders in which programs are looked for, as in `PATH`. */
  readonly searchPath: string;
  readonly logLevel: string;
  readonly eventsAgeMs: number;
  readonly eventsBytesMax: number;
  readonly runsBytesMax: number;
  readonly logsBytesMax: number;
  readonly stopGraceMs: number;
};

type Setting = { readonly name: string; readonly fallback: string; readonly meaning: string };

/** Every setting, its default and what it means; the README's table is made from this. */
export const settings: readonly Setting[] = [
  { name: "DROVER_HOST", fallback: "127.0.0.1", meaning: "address the controller listens on" },
  { name: "DROVER_PORT", fallback: "8080", meaning: "port the controller listens on; 0 takes a free one" },
  { name: "DROVER_HOME", fallback: "~/.drover", meaning: "folder for keys, the event store and the index" },
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
];

const dayMs = 86_400_000;
const megabyte = 1_048_576;
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

  const options: ControllerOptions = {
    host: text("DROVER_HOST"),
    port: number("DROVER_PORT", 0, 65_535),
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
    dockerHost: environment["DOCKER_HOST"] ?? "/var/run/docker.sock",
    searchPath: environment["PATH"] ?? "",
    logLevel: word("DROVER_LOG_LEVEL", logLevels),
    eventsAgeMs: number("DROVER_EVENTS_DAYS", 1, 3_650) * dayMs,
    eventsBytesMax: number("DROVER_EVENTS_MB", 16, 1_048_576) * megabyte,
    runsBytesMax: number("DROVER_RUNS_MB", 16, 1_048_576) * megabyte,
    logsBytesMax: number("DROVER_LOGS_MB", 16, 1_048_576) * megabyte,
    stopGraceMs: number("DROVER_STOP_SECONDS", 0, 3_600) * 1_000,
  };
  if (wrong.length > 0) throw new OptionError(wrong);
  return Object.freeze(options);
}

export class OptionError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(path);
}
