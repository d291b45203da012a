import { eventLine } from "../event-text.ts";
import type { Session } from "../session.ts";
import { valueOf } from "../value.ts";

export type EmitOptions = { readonly type: string | null; readonly value: string | null };

/** Stores one event and shows it as it was stored. A value that is JSON is sent as that, anything else as text. */
export async function emit(session: Session, tags: readonly string[], { type, value }: EmitOptions): Promise<void> {
  const event = await session.api.emit({
    tags,
    ...(type !== null && { type }),
    ...(value !== null && { value: valueOf(value) }),
  });
  session.print(`${eventLine(event)}\n`);
}
