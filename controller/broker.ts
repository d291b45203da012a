// The NATS side of the controller: the server it uses or starts, the identities that work there, and how agents get in.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { type NatsServer, startNatsServer } from "../bus/server.ts";
import { type Authority, createAuthority } from "./identity/authority.ts";
import { loadOrCreateKeys, readKeys } from "./identity/keys.ts";
import type { AgentAccess } from "./lifecycle/instance-spec.ts";
import type { ControllerOptions } from "./options.ts";

const mib = 1_048_576;
/** Buckets and consumer state beside the streams. */
const reserveBytes = 1_024 * mib;

export type Broker = {
  readonly url: string;
  readonly own: boolean;
  readonly credentials: string | null;
  agentAccess(workflow: string): Promise<AgentAccess>;
  stop(): Promise<void>;
};

/** `host` is the address on which containers reach this host. */
export async function openBroker(options: ControllerOptions, host: string, log: Logger): Promise<Broker> {
  return options.natsUrl === null ? startOwn(options, host, log) : useGiven(options, options.natsUrl, log);
}

async function startOwn(options: ControllerOptions, host: string, log: Logger): Promise<Broker> {
  const dir = join(options.home, "nats");
  const authority = createAuthority(loadOrCreateKeys(join(dir, "keys.json")));
  // Docker Desktop's containers reach this host's loopback by a name that this host itself does not know.
  const listenHost = host === "host.docker.internal" ? "127.0.0.1" : host;
  const server: NatsServer = await startNatsServer({
    dir,
    host: listenHost,
    binary: "nats-server",
    storeBytesMax: options.eventsBytesMax + options.runsBytesMax + options.logsBytesMax + reserveBytes,
    trust: () => authority.serverTrust(),
  });
  log.info(
    { url: server.url, adopted: server.adopted },
    server.adopted ? "adopted the running nats-server" : "started nats-server",
  );
  const agentUrl = server.url.replace(listenHost, host);
  return {
    url: server.url,
    own: true,
    credentials: await authority.controllerCredentials(),
    agentAccess: (workflow) => scoped(authority, agentUrl, workflow),
    stop: () => server.stop(),
  };
}

async function useGiven(options: ControllerOptions, url: string, log: Logger): Promise<Broker> {
  const credentials = options.natsCredentialsFile === null ? null : readFileSync(options.natsCredentialsFile, "utf8");
  const agentUrl = options.agentNatsUrl ?? url;
  const keys = options.natsKeysFile === null ? null : readKeys(options.natsKeysFile);
  if (options.natsKeysFile !== null && keys === null)
    throw new Error(`DROVER_NATS_KEYS: there is no file ${options.natsKeysFile}`);
  const authority = keys && createAuthority(keys);
  if (!authority) {
    log.warn(
      "NATS_URL is set without DROVER_NATS_KEYS: every workflow uses the controller's own NATS identity and is not kept from the others",
    );
  }
  return {
    url,
    own: false,
    credentials: credentials ?? (authority ? await authority.controllerCredentials() : null),
    agentAccess: async (workflow) =>
      authority ? scoped(authority, agentUrl, workflow) : { servers: [agentUrl], credentials },
    stop: async () => {},
  };
}

async function scoped(authority: Authority, url: string, workflow: string): Promise<AgentAccess> {
  return { servers: [url], credentials: await authority.workflowCredentials(workflow) };
}
