// The event that sets off a run, for every path the same: 256 bytes of JSON.
const bytes = 256;

export type TriggerEvent = {
  readonly id?: string;
  readonly type: string;
  readonly tags: readonly string[];
  readonly value: { readonly celsius: number; readonly note: string };
};

export function triggerEvent(known: { readonly id?: string; readonly tag?: string }): string {
  const { id, tag = "bench" } = known;
  const value = { celsius: 21.5, note: "" };
  const event: TriggerEvent = { ...(id === undefined ? {} : { id }), type: "reading", tags: [tag, "site:s1"], value };
  const room = Math.max(0, bytes - JSON.stringify(event).length);
  return JSON.stringify({ ...event, value: { ...value, note: "x".repeat(room) } });
}
