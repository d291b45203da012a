// The oracle: compares what was accepted with what is stored. Pure.
//
//   C1. Every event of an accepted request is stored exactly once.
//   C2. A request without an answer is stored whole or not at all.
//   C3. Of one sender, the events of accepted requests are in the order in which they were sent, within batches as well.
//   C4. Nothing is stored that nobody sent.
import type { Request } from "./requests.ts";
import type { StoredMark } from "./stored.ts";

const wrongShownMax = 10;

export function checkStored(
  stored: readonly StoredMark[],
  { accepted, open }: { readonly accepted: readonly Request[]; readonly open: readonly Request[] },
): string[] {
  const places = Map.groupBy(stored, nameOf);
  const wrong: string[] = [];
  for (const one of accepted) {
    const found = placesOf(places.get(nameOf(one)));
    if (found !== wholeOf(one)) wrong.push(`accepted, and not stored once and in order: ${described(one)}: ${found}`);
    places.delete(nameOf(one));
  }
  for (const one of open) {
    const found = placesOf(places.get(nameOf(one))?.toSorted((a, b) => a.place - b.place));
    if (found !== "" && found !== wholeOf(one)) wrong.push(`stored in part, or twice: ${described(one)}: ${found}`);
    places.delete(nameOf(one));
  }
  for (const name of places.keys()) wrong.push(`nobody sent ${name}`);
  return [...wrong, ...outOfOrder(stored, new Set(accepted.map(nameOf)))].slice(0, wrongShownMax);
}

/** C3 over requests; `placesOf` has seen to their insides. */
function outOfOrder(stored: readonly StoredMark[], accepted: ReadonlySet<string>): string[] {
  const wrong: string[] = [];
  const last = new Map<number, number>();
  for (const mark of stored) {
    if (!accepted.has(nameOf(mark))) continue;
    if (mark.request < (last.get(mark.sender) ?? 0)) wrong.push(`${nameOf(mark)} comes after a later request`);
    last.set(mark.sender, mark.request);
  }
  return wrong;
}

/** Two lists that ought to be one. */
export function checkSame(what: string, given: readonly StoredMark[], expected: readonly StoredMark[]): string[] {
  const at = expected.findIndex(({ id }, place) => given[place]?.id !== id);
  if (at === -1 && given.length === expected.length) return [];
  return [`${what}: ${given.length} events where the stream has ${expected.length}; the first difference is at ${at}`];
}

function nameOf({ sender, request }: { readonly sender: number; readonly request: number }): string {
  return `${sender}/${request}`;
}

function wholeOf({ count }: Request): string {
  return Array.from({ length: count }, (_, place) => place).join();
}

function placesOf(marks: readonly StoredMark[] = []): string {
  return marks.map(({ place }) => place).join();
}

function described(one: Request): string {
  return `${nameOf(one)} (${one.form} of ${one.count})`;
}
