// By how much a slot is put off, so that many workflows with one schedule do not all start at once.

/** From 0 to `maxMs`; the same for the same slot of the same workflow, whoever asks and whenever. */
export function jitterMs(workflow: string, dueMs: number, maxMs: number): number {
  return Math.floor((hash(`${workflow} ${dueMs}`) / 2 ** 32) * (maxMs + 1));
}

/** FNV-1a of 32 bits, its bits mixed once more (MurmurHash3's last step): neighbouring slots differ in their last character only. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (const byte of Buffer.from(text)) bits = Math.imul(bits ^ byte, 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
