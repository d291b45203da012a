// Which controller of an installation leads: one lease in the bucket `leader`, renewed by compare-and-set.
//
//   L1. A leader that could not renew for leadAtMostMs since it sent its last good renewal stops to lead; nobody else takes its
//       lease before it was seen unchanged for heldMs, look by look: time in which NATS could not be asked does not count. Each
//       side measures by its own steady clock: no two clocks need to agree.
//   L2. The same holder takes its own lease at once: a controller that was killed, frozen or cut off leads again as soon as it
//       is back.
//   L3. Gain and loss alternate, one after the other: onLoss is called when what onGain began has ended, and a new gain waits
//       for it.
//   L4. Work that must not be done twice does not rest on the lease: a process that was frozen may believe in it for a moment.
//   L5. That another controller leads is said only while it is seen to renew. Where nobody is seen to lead it is not known who
//       does, and that is no reason to stop anything.
import type { KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Logger } from "pino";

const leaseKey = "controller";
const renewEveryMs = 1_000;
/** A lease that nobody renewed for this long is free. */
const heldMs = 5_000;
/** What is left of heldMs is the time that a leader has to stop its work. */
const leadAtMostMs = 4_000;
const checkEveryMs = 250;
/** A server that is there answers in a fraction of this; a request that went down with a connection is never answered. */
const answerMaxMs = 1_000;
/** Two looks that lie further apart say nothing of the time between: this process, or NATS, was not there. */
const looksApartMaxMs = 2_500;
/** JetStream API error code: the last revision is not the expected one. */
const wrongLastSequence = 10_071;

type Lease = {
  /** Null: given up. */
  readonly holder: string | null;
  /** Tells a holder's processes apart. */
  readonly process: string;
  /** For people; nobody decides by it. */
  readonly until: string;
};

type State =
  | { readonly kind: "unknown" }
  | { readonly kind: "following"; readonly lease: ForeignLease }
  | { readonly kind: "leading"; readonly revision: number; readonly renewedMs: number; readonly end: AbortController };

type ForeignLease = {
  readonly revision: number;
  /** When it was last looked at, and since when every look found it unchanged. */
  readonly readMs: number;
  readonly sinceMs: number;
  /** Whether it was seen to be renewed. */
  readonly renewed: boolean;
};

export type Leadership = {
  /** False while another controller is seen to lead; null while it is not known who does. */
  readonly leading: boolean | null;
  /** Stops leading, and gives the lease up, so that another controller need not wait for its end. */
  stop(): Promise<void>;
};

export type LeadershipParts = {
  /** The installation's id. */
  readonly holder: string;
  /** A steady clock. */
  readonly nowMs: () => number;
  /** `signal` ends with the leadership. */
  readonly onGain: (signal: AbortSignal) => Promise<void> | void;
  readonly onLoss: () => Promise<void> | void;
  /** Hears at once when `leading` became another. */
  readonly onChange: () => void;
  readonly log: Logger;
};

/** `kv` works over `nc`. */
export function startLeadership(nc: NatsConnection, kv: KV, parts: LeadershipParts): Leadership {
  const { holder, nowMs, log } = parts;
  const self = crypto.randomUUID();
  let state: State = { kind: "unknown" };
  let turn: Promise<void> | null = null;
  let duties = Promise.resolve();
  let stopped = false;
  let abandon: (reason: Error) => void = () => {};
  let saidLast: boolean | null = null;
  const renewing = setInterval(takeTurn, renewEveryMs);
  const checking = setInterval(check, checkEveryMs);
  takeTurn();
  void watchConnection();

  return {
    get leading() {
      return leadingNow();
    },
    async stop() {
      stopped = true;
      clearInterval(renewing);
      clearInterval(checking);
      await turn;
      const { revision } = state.kind === "leading" ? state : { revision: null };
      lose();
      await duties;
      if (revision !== null) await write(null, revision).catch(() => {});
    },
  };

  function leadingNow(): boolean | null {
    switch (state.kind) {
      case "unknown":
        return null;
      case "following":
        return state.lease.renewed && nowMs() - state.lease.sinceMs < heldMs ? false : null;
      case "leading":
        return nowMs() - state.renewedMs < leadAtMostMs ? true : null;
    }
  }

  /** One at a time: a turn that waits for an answer is not overtaken by the next. */
  function takeTurn(): void {
    turn ??= (state.kind === "leading" ? renew(state) : follow())
      .catch((error: unknown) => log.debug({ error: String(error) }, "the leader's lease cannot be reached"))
      .finally(() => {
        turn = null;
        sayChange();
      });
  }

  async function renew(leading: Extract<State, { kind: "leading" }>): Promise<void> {
    const sentMs = nowMs();
    const revision = (await write(holder, leading.revision)) ?? (await ownRevision());
    if (state.kind === "leading") {
      if (revision !== null) state = { ...state, revision, renewedMs: sentMs };
      else {
        log.warn("this controller's lease is gone from the store");
        lose();
        await follow();
      }
    } else if (revision !== null) gain(revision, sentMs);
  }

  async function follow(): Promise<void> {
    const entry = await answered(kv.get(leaseKey));
    const lease = entry?.operation === "PUT" ? entry.json<Lease>() : null;
    const revision = entry?.revision ?? 0;
    const free = lease === null || lease.holder === null || lease.holder === holder;
    if (!free) {
      const seen = looked(revision);
      state = { kind: "following", lease: seen };
      if (nowMs() - seen.sinceMs < heldMs) return;
    }
    if (stopped) return;
    const sentMs = nowMs();
    const taken = await write(holder, revision);
    if (taken !== null) gain(taken, sentMs);
  }

  function looked(revision: number): ForeignLease {
    const readMs = nowMs();
    const before = state.kind === "following" ? state.lease : null;
    if (before === null || readMs - before.readMs > looksApartMaxMs)
      return { revision, readMs, sinceMs: readMs, renewed: false };
    return before.revision === revision ? { ...before, readMs } : { revision, readMs, sinceMs: readMs, renewed: true };
  }

  /** An answer that took too long says nothing of now. */
  function gain(revision: number, renewedMs: number): void {
    if (nowMs() - renewedMs >= leadAtMostMs) return;
    const end = new AbortController();
    state = { kind: "leading", revision, renewedMs, end };
    log.info("this controller leads");
    duties = duties
      .then(() => (end.signal.aborted ? undefined : parts.onGain(end.signal)))
      .catch((error: unknown) => log.error({ error: String(error) }, "could not take up the lead"));
  }

  function lose(): void {
    if (state.kind !== "leading") return;
    state.end.abort();
    state = { kind: "unknown" };
    log.info("this controller no longer leads");
    duties = duties
      .then(() => parts.onLoss())
      .catch((error: unknown) => log.error({ error: String(error) }, "could not give up the lead in order"));
  }

  function check(): void {
    if (state.kind === "leading" && nowMs() - state.renewedMs >= leadAtMostMs) lose();
    sayChange();
  }

  function sayChange(): void {
    const leading = leadingNow();
    if (leading === saidLast || stopped) return;
    saidLast = leading;
    parts.onChange();
  }

  /** What was asked before the connection was lost is not answered any more, and a lease may be about to run out. */
  async function watchConnection(): Promise<void> {
    for await (const { type } of nc.status()) {
      if (type !== "reconnect" || stopped) continue;
      abandon(new Error("the connection was lost before the answer"));
      await turn;
      takeTurn();
    }
  }

  /** A renewal whose answer was lost is stored all the same. */
  async function ownRevision(): Promise<number | null> {
    const entry = await answered(kv.get(leaseKey));
    return entry?.operation === "PUT" && entry.json<Lease>().process === self ? entry.revision : null;
  }

  /** The new revision, or null when `expected` is not the last one any more. */
  async function write(by: string | null, expected: number): Promise<number | null> {
    const lease: Lease = { holder: by, process: self, until: new Date(Date.now() + heldMs).toISOString() };
    try {
      return await answered(kv.put(leaseKey, JSON.stringify(lease), { previousSeq: expected }));
    } catch (error) {
      if ((error as { code?: number }).code === wrongLastSequence) return null;
      throw error;
    }
  }

  async function answered<T>(request: Promise<T>): Promise<T> {
    const limit = Promise.withResolvers<never>();
    const timer = setTimeout(() => limit.reject(new Error(`no answer in ${answerMaxMs} ms`)), answerMaxMs);
    abandon = limit.reject;
    return Promise.race([request, limit.promise]).finally(() => clearTimeout(timer));
  }
}
