// Which controller of an installation leads: one lease in the bucket `leader`, renewed by compare-and-set.
//
//   L1. A leader that could not renew for leadAtMostMs since it sent its last good renewal stops to lead; nobody else takes its
//       lease before it was seen unchanged for heldMs. Each side measures by its own steady clock: no two clocks need to agree.
//   L2. The same holder takes its own lease at once: a controller that was killed leads again as soon as it is back.
//   L3. Gain and loss alternate, one after the other: onLoss is called when what onGain began has ended, and a new gain waits
//       for it.
//   L4. Work that must not be done twice does not rest on the lease: a process that was frozen may believe in it for a moment.
import type { KV } from "@nats-io/kv";
import type { Logger } from "pino";

const leaseKey = "controller";
const renewEveryMs = 1_000;
/** A lease that nobody renewed for this long is free. */
const heldMs = 5_000;
/** What is left of heldMs is the time that a leader has to stop its work. */
const leadAtMostMs = 4_000;
const checkEveryMs = 250;
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
  /** Somebody else's lease, and since when it was seen unchanged. */
  | { readonly kind: "following"; readonly revision: number; readonly sinceMs: number }
  | { readonly kind: "leading"; readonly revision: number; readonly renewedMs: number; readonly end: AbortController };

export type Leadership = {
  /** Null until the lease was read for the first time. */
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
  readonly log: Logger;
};

export function startLeadership(kv: KV, parts: LeadershipParts): Leadership {
  const { holder, nowMs, log } = parts;
  const self = crypto.randomUUID();
  let state: State = { kind: "unknown" };
  let turn: Promise<void> | null = null;
  let duties = Promise.resolve();
  let stopped = false;
  const renewing = setInterval(takeTurn, renewEveryMs);
  const checking = setInterval(endWhenOverdue, checkEveryMs);
  takeTurn();

  return {
    get leading() {
      if (state.kind === "unknown") return null;
      return state.kind === "leading" && nowMs() - state.renewedMs < leadAtMostMs;
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

  /** One at a time: a turn that waits for an answer is not overtaken by the next. */
  function takeTurn(): void {
    turn ??= (state.kind === "leading" ? renew(state) : follow())
      .catch((error: unknown) => log.debug({ error: String(error) }, "the leader's lease cannot be reached"))
      .finally(() => (turn = null));
  }

  async function renew(leading: Extract<State, { kind: "leading" }>): Promise<void> {
    const sentMs = nowMs();
    const revision = (await write(holder, leading.revision)) ?? (await ownRevision());
    if (state.kind !== "leading") return;
    if (revision === null) {
      log.warn("another controller took the lease");
      lose();
    } else state = { ...state, revision, renewedMs: sentMs };
  }

  async function follow(): Promise<void> {
    const entry = await kv.get(leaseKey);
    const lease = entry?.operation === "PUT" ? entry.json<Lease>() : null;
    const revision = entry?.revision ?? 0;
    if (state.kind !== "following" || state.revision !== revision)
      state = { kind: "following", revision, sinceMs: nowMs() };
    const free = lease === null || lease.holder === null || lease.holder === holder;
    if (stopped || (!free && nowMs() - state.sinceMs < heldMs)) return;
    const sentMs = nowMs();
    const taken = await write(holder, revision);
    if (taken !== null) gain(taken, sentMs);
  }

  function gain(revision: number, renewedMs: number): void {
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
    state = { kind: "following", revision: state.revision, sinceMs: nowMs() };
    log.info("this controller no longer leads");
    duties = duties
      .then(() => parts.onLoss())
      .catch((error: unknown) => log.error({ error: String(error) }, "could not give up the lead in order"));
  }

  function endWhenOverdue(): void {
    if (state.kind === "leading" && nowMs() - state.renewedMs >= leadAtMostMs) lose();
  }

  /** A renewal whose answer was lost is stored all the same. */
  async function ownRevision(): Promise<number | null> {
    const entry = await kv.get(leaseKey);
    return entry?.operation === "PUT" && entry.json<Lease>().process === self ? entry.revision : null;
  }

  /** The new revision, or null when `expected` is not the last one any more. */
  async function write(by: string | null, expected: number): Promise<number | null> {
    const lease: Lease = { holder: by, process: self, until: new Date(Date.now() + heldMs).toISOString() };
    try {
      return await kv.put(leaseKey, JSON.stringify(lease), { previousSeq: expected });
    } catch (error) {
      if ((error as { code?: number }).code === wrongLastSequence) return null;
      throw error;
    }
  }
}
