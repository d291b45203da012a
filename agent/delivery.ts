// Getting one message stored, however long that takes within bounds.
//
//   D1. A message is repeated under the same message id until it is known to be stored, so it is stored once.
//   D2. A refusal by the server is believed only when it lasts: a stream that has just come back refuses for a moment.
//   D3. Every delivery ends: stored, refused, or given up after holdMs or when the connection has closed for good.
import { PublishError } from "../bus/publisher.ts";
import type { Connection } from "./connection.ts";
import { reasonOf } from "./log.ts";

const refusalPatienceMs = 2_000;
const retryWaitMs = 250;
/** The longest that one wait for the connection lasts before the bounds are looked at again. */
const changeWaitMaxMs = 60_000;

export type Message = { readonly subject: string; readonly payload: string; readonly id: string };

export type Delivery =
  | { readonly kind: "stored" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "given-up"; readonly reason: string };

/** Never rejects. `holdMs` may be Infinity. */
export async function deliver(connection: Connection, message: Message, holdMs: number): Promise<Delivery> {
  const untilMs = Date.now() + holdMs;
  let refusedSinceMs: number | null = null;
  for (;;) {
    const failure = await attempt(connection, message);
    if (failure === null) return { kind: "stored" };
    const nowMs = Date.now();
    if (nowMs >= untilMs || connection.nc.isClosed()) return { kind: "given-up", reason: failure.reason };
    if (failure.kind === "refused") {
      refusedSinceMs ??= nowMs;
      if (nowMs - refusedSinceMs >= refusalPatienceMs) return failure;
    } else {
      refusedSinceMs = null;
    }
    const waitMs = connection.online ? retryWaitMs : changeWaitMaxMs;
    await connection.change(Math.min(waitMs, untilMs - nowMs));
  }
}

type Failure =
  | { readonly kind: "refused"; readonly reason: string }
  /** May be stored, or may be another time. */
  | { readonly kind: "unanswered"; readonly reason: string };

async function attempt(connection: Connection, { subject, payload, id }: Message): Promise<Failure | null> {
  try {
    await connection.publish(subject, payload, id);
    return null;
  } catch (error) {
    const mayPass = error instanceof PublishError && (error.code === "unanswered" || error.code === "overloaded");
    return { kind: mayPass ? "unanswered" : "refused", reason: reasonOf(error) };
  }
}
