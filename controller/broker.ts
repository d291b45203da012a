// The NATS side of the controller: the server it uses or starts, the identities that work there, and how agents get in.
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import Docker from "dockerode";
import type { Logger } from "pino";
import { type NatsServer, type ServerOptions, startNatsServer } from "../bus/server.ts";
import { createAuthority } from "./identity/authority.ts";
import { loadOrCreateKeys, readKeys } from "./identity/keys.ts";
import { installationOf } from "./installation.ts";
import type { AgentAccess } from "./lifecycle/instance-spec.ts";
import { startNatsContainer } from "./nats-container.ts";
import type { ControllerOptions } from "./options.ts";

const serverBinary = "nats-server";
const mib = 1_048_576;
const watchEveryMs = 1_000;
/** Buckets and consumer state beside the streams. */
const reserveBytes = 1_024 * mib;

export type Broker = {
  readonly url: string;
  readonly own: boolean;
  /** Workflows have identities of their own there. */
  readonly scoped: boolean;
  readonly credentials: string | null;
  agentAccess(workflow: string): Promise<AgentAccess>;
  /** Of the agent of a test, by the test's owner token. */
  testAccess(owner: string): Promise<AgentAccess>;
  /** Ends an own server, which is started again then; null where it is not our own. */
  readonly restart: (() => Promise<void>) | null;
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
  const wanted = {
    dir,
    host: listenHost,
    storeBytesMax: options.eventsBytesMax + options.runsBytesMax + options.logsBytesMax + reserveBytes,
    trust: () => authority.serverTrust(),
  };
  const start = (): Promise<NatsServer> =>
    isOnPath(serverBinary, options.searchPath)
      ? startNatsServer({ ...wanted, binary: serverBinary })
      : startInContainer(options, wanted, log);
  const server = await keepRunning(start, log);
  const agentUrl = server.url.replace(listenHost, host);
  return {
    url: server.url,
    own: true,
    scoped: true,
    credentials: await authority.controllerCredentials(),
    agentAccess: (workflow) => scoped(authority.workflowCredentials(workflow), agentUrl),
    testAccess: (owner) => scoped(authority.testCredentials(owner), agentUrl),
    restart: () => server.restart(),
    stop: () => server.stop(),
  };
}

/** A server that ends while it is needed is started again, on its port and store. */
async function keepRunning(
  start: () => Promise<NatsServer>,
  log: Logger,
): Promise<NatsServer & { restart(): Promise<void> }> {
  let server = await start();
  log.info({ url: server.url }, server.adopted ? "adopted the running nats-server" : "started nats-server");
  const watch = setInterval(() => void check(), watchEveryMs);
  let checking: Promise<void> | null = null;

  function check(): Promise<void> {
    checking ??= startAgain()
      .catch((error: unknown) =>
        log.error({ error: String(error) }, "nats-server ended and cannot be started; trying again"),
      )
      .finally(() => (checking = null));
    return checking;
  }

  async function startAgain(): Promise<void> {
    if (await server.alive()) return;
    log.warn("nats-server ended; starting it again");
    server = await start();
  }

  return {
    url: server.url,
    adopted: server.adopted,
    alive: () => server.alive(),
    async restart() {
      await checking;
      await server.stop();
      await check();
    },
    async stop() {
      clearInterval(watch);
      await checking;
      await server.stop();
    },
  };
}

async function startInContainer(
  options: ControllerOptions,
  wanted: Omit<ServerOptions, "binary">,
  log: Logger,
): Promise<NatsServer> {
  if (options.runtime !== "docker") {
    throw new Error(`there is no ${serverBinary} on PATH; install it, or set NATS_URL to a server that runs`);
  }
  log.info({ image: options.natsImage }, `there is no ${serverBinary} on PATH; running one in a container`);
  const installation = installationOf(options.home);
  return startNatsContainer({
    ...wanted,
    docker: new Docker(),
    image: options.natsImage,
    installation,
    log: (line) => log.info(line),
  });
}

function isOnPath(program: string, searchPath: string): boolean {
  return searchPath.split(delimiter).some((folder) => existsSync(join(folder, program)));
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
  const own = Promise.resolve(credentials);
  return {
    url,
    own: false,
    scoped: authority !== null,
    credentials: credentials ?? (authority ? await authority.controllerCredentials() : null),
    agentAccess: (workflow) => scoped(authority ? authority.workflowCredentials(workflow) : own, agentUrl),
    testAccess: (owner) => scoped(authority ? authority.testCredentials(owner) : own, agentUrl),
    restart: null,
    stop: async () => {},
  };
}

async function scoped(credentials: Promise<string | null>, url: string): Promise<AgentAccess> {
  return { servers: [url], credentials: await credentials };
}
