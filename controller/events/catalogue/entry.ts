// One entry of the list of events that Drover itself emits, and whether an event fits it. Pure.
//
//   C1. In a source or tag, `<word>` stands for any text. What stands before the colon of a tag is a tag as well (model/event.ts).
//   C2. Every event of an entry has its source, all its tags and one of its kinds, some of its `sometimes`, and no other tag.
import type { Event } from "../../../model/event.ts";
import { type Shape, misfit } from "./shape.ts";

export type CatalogueEntry = {
  readonly type: string;
  readonly sources: readonly string[];
  readonly tags: readonly string[];
  /** Tags that only some of the events have. */
  readonly sometimes?: readonly string[];
  /** Tag → when such an event is emitted. Exactly one of them is on each event. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly value: Shape;
  readonly example: Example;
};

export type Example = { readonly tags: readonly string[]; readonly value: unknown };

/** The entry that an event is of: that of its type and kind, and among several the first whose tags it has. */
export function entryOf(
  event: Pick<Event, "type" | "tags">,
  entries: readonly CatalogueEntry[],
): CatalogueEntry | null {
  const ofKind = entries.filter((entry) => entry.type === event.type && kindsOf(event, entry).length > 0);
  const hasAll = ({ tags }: CatalogueEntry): boolean =>
    tags.every((tag) => event.tags.some((given) => isLike(given, tag)));
  return ofKind.find(hasAll) ?? ofKind[0] ?? null;
}

/** Those of its kinds that the event has. */
export function kindsOf({ tags }: Pick<Event, "tags">, { kinds }: CatalogueEntry): string[] {
  return Object.keys(kinds).filter((kind) => tags.some((tag) => isLike(tag, kind)));
}

/** Everything in which an event differs from its entry, as sentences. */
export function misfitsOf(event: Pick<Event, "source" | "tags" | "value">, entry: CatalogueEntry): string[] {
  const { sources, tags, sometimes = [], kinds } = entry;
  const found: string[] = [];
  const allowed = [...tags, ...sometimes, ...Object.keys(kinds)];
  const heads = allowed.filter((tag) => tag.includes(":")).map((tag) => tag.slice(0, tag.indexOf(":")));
  if (!sources.some((source) => isLike(event.source, source))) found.push(`source: ${event.source} is not listed`);
  for (const tag of tags)
    if (!event.tags.some((given) => isLike(given, tag))) found.push(`tags: ${tag} is listed and not there`);
  for (const tag of event.tags)
    if (![...allowed, ...heads].some((one) => isLike(tag, one))) found.push(`tags: ${tag} is not listed`);
  const has = kindsOf(event, entry);
  if (has.length !== 1) found.push(`tags: expected one kind, got ${has.join(", ") || "none"}`);
  const wrong = misfit(event.value, entry.value);
  if (wrong !== null) found.push(wrong);
  return found;
}

/** `workflows:hello` is like `workflows:<name>`. */
function isLike(text: string, pattern: string): boolean {
  const form = pattern.split(/<[^>]+>/).map((part) => RegExp.escape(part));
  return new RegExp(`^${form.join(".+")}$`, "s").test(text);
}
