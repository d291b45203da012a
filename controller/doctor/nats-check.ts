// The NATS server as this controller meets it: its version, its clock, who can reach it, and whether workflows have identities.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type Finding, fine, warning, wrong } from "../../model/finding.ts";
import { eventsStream } from "../../bus/subjects.ts";
import { isLoopback } from "../identity/auth.ts";

const answerMs = 5_000;
const versionMin = [2, 9, 10];
/** Slots, ages and leases are reckoned by both clocks. */
const skewMsMax = 2_000;
const skewMsWrong = 30_000;
const usedShareMax = 0.9;

export type NatsFacts = {
  readonly nc: NatsConnection;
  readonly url: string;
  /** This controller started it. */
  readonly own: boolean;
  /** Workflows have identities of their own there. */
  readonly scoped: boolean;
  readonly nowMs: () => number;
};

export async function natsFindings({ nc, url, own, scoped, nowMs }: NatsFacts): Promise<Finding[]> {
  const version = nc.info?.version ?? "";
  const [skew, room] = await Promise.all([clockSkew(nc, nowMs), storeRoom(nc)]);
  return [
    isOlder(version)
      ? wrong("nats-server", `version ${version || "unknown"}`, `install ${versionMin.join(".")} or newer`)
      : fine("nats-server", `version ${version} at ${url}`),
    listening(url, own),
    scoped
      ? fine("identities", "every workflow has a NATS identity of its own")
      : wrong("identities", "all workflows use the controller's own NATS identity", "set DROVER_NATS_KEYS"),
    skew,
    room,
  ];
}

function listening(url: string, own: boolean): Finding {
  const { hostname, protocol } = new URL(url);
  if (!own) {
    const isPlain = protocol === "nats:" && !isLoopback(hostname.replace(/^\[|\]$/g, ""));
    const fix = "use a tls:// address in NATS_URL, or a network that nobody else is on";
    return isPlain ? warning("NATS address", `${url} is not encrypted`, fix) : fine("NATS address", url);
  }
  return ["0.0.0.0", "[::]"].includes(hostname)
    ? wrong("NATS address", `it listens on every address of this host`, "restart the controller")
    : fine("NATS address", `it listens on ${hostname} alone, where containers reach it`);
}

/** The server dates a consumer that is made; this one goes by itself. */
async function clockSkew(nc: NatsConnection, nowMs: () => number): Promise<Finding> {
  const jsm = await jetstreamManager(nc, { timeout: answerMs, checkAPI: false });
  const beforeMs = nowMs();
  const { created, name } = await jsm.consumers.add(eventsStream, {
    ack_policy: "none",
    deliver_policy: "new",
    mem_storage: true,
    inactive_threshold: answerMs * 1_000_000,
  });
  const afterMs = nowMs();
  await jsm.consumers.delete(eventsStream, name);
  const atMs = Date.parse(created);
  const skewMs = atMs < beforeMs ? beforeMs - atMs : Math.max(0, atMs - afterMs);
  const says = `the clocks of this host and of NATS differ by ${(skewMs / 1_000).toFixed(1)} s`;
  const fix = "run a time service (chrony, systemd-timesyncd) on both hosts";
  if (skewMs > skewMsWrong) return wrong("clock", says, fix);
  return skewMs > skewMsMax ? warning("clock", says, fix) : fine("clock", says);
}

async function storeRoom(nc: NatsConnection): Promise<Finding> {
  const jsm = await jetstreamManager(nc, { timeout: answerMs, checkAPI: false });
  const { storage, limits } = await jsm.getAccountInfo();
  if (limits.max_storage <= 0) return fine("store", `${mib(storage)} MiB are stored`);
  const says = `${mib(storage)} of ${mib(limits.max_storage)} MiB are stored`;
  if (storage < usedShareMax * limits.max_storage) return fine("store", says);
  return warning("store", says, "raise the account's limit, or keep less");
}

function mib(bytes: number): number {
  return Math.floor(bytes / 1_048_576);
}

function isOlder(version: string): boolean {
  const given = version.split(".").map((part) => Number.parseInt(part, 10));
  const place = versionMin.findIndex((least, index) => given[index] !== least);
  if (place === -1) return false;
  return !((given[place] ?? NaN) > (versionMin[place] ?? 0));
}
