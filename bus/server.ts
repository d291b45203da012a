// The nats-server that Drover starts itself when NATS_URL is not set.
//
//   N1. It outlives a controller that is killed: the next controller adopts it by its recorded process, address and trust.
//   N2. It keeps its port over restarts, so that agents reconnect to where they were.
//   N3. It listens on one address: the one that containers of this host and the host itself reach, and nothing else does.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accepting, usablePort } from "./server-address.ts";
import { serverConfig, type ServerSettings } from "./server-config.ts";
import { type ProcessIdentity, endProcess, identify, isAlive, spawnServer } from "./server-process.ts";

const stopGraceMs = 10_000;

export type NatsServer = {
  readonly url: string;
  /** It was running already. */
  readonly adopted: boolean;
  alive(): Promise<boolean>;
  stop(): Promise<void>;
};

type Recorded = { readonly host: string; readonly port: number; readonly process: ProcessIdentity };

export type ServerOptions = {
  /** Where configuration, record, log and store live. */
  readonly dir: string;
  readonly host: string;
  readonly binary: string;
  readonly storeBytesMax: number;
  readonly trust: () => Promise<ServerSettings["trust"]>;
};

/** Adopts the server of this directory when it still runs on the wanted address, else starts one. */
export async function startNatsServer(options: ServerOptions): Promise<NatsServer> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const recorded = readRecord(options.dir);
  if (recorded && isAlive(recorded.process)) {
    if (recorded.host === options.host) return handle(recorded, true);
    await endProcess(recorded.process, stopGraceMs);
  }
  const port = await usablePort(options.host, recorded?.host === options.host ? recorded.port : 0);
  return handle(await launch(options, port), false);
}

async function launch(options: ServerOptions, port: number): Promise<Recorded> {
  const configPath = join(options.dir, "server.conf");
  const logPath = join(options.dir, "server.log");
  const settings = {
    host: options.host,
    port,
    storeDir: join(options.dir, "store"),
    storeBytesMax: options.storeBytesMax,
    trust: await options.trust(),
  };
  writeFileSync(configPath, serverConfig(settings), { mode: 0o600 });
  const child = spawnServer(options.binary, configPath, logPath);
  const ended = new Promise<never>((_, reject) => {
    child.once("error", (error) => reject(new Error(`cannot start ${options.binary}: ${error.message}`)));
    child.once("exit", (code) =>
      reject(new Error(`${options.binary} ended with code ${code} at its start; see ${logPath}`)),
    );
  });
  const listening = new AbortController();
  await Promise.race([ended, accepting(options.host, port, listening.signal)]).finally(() => listening.abort());
  const running = identify(child.pid ?? 0);
  if (!running) throw new Error(`${options.binary} ended at its start; see ${logPath}`);
  const record = { host: options.host, port, process: running };
  writeFileSync(recordPath(options.dir), JSON.stringify(record), { mode: 0o600 });
  return record;
}

function handle(record: Recorded, adopted: boolean): NatsServer {
  return {
    url: `nats://${record.host}:${record.port}`,
    adopted,
    alive: () => Promise.resolve(isAlive(record.process)),
    stop: () => endProcess(record.process, stopGraceMs),
  };
}

function recordPath(dir: string): string {
  return join(dir, "server.json");
}

function readRecord(dir: string): Recorded | null {
  try {
    return JSON.parse(readFileSync(recordPath(dir), "utf8")) as Recorded;
  } catch {
    return null;
  }
}
