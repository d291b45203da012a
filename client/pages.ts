// The answer of a GET as a chain of pages, each asked for when somebody wants it.
//
//   P1. A page is requested at most once per chain, however many readers walk it.
//   P2. A page links forward only: readers that have gone on let the pages behind them go.
//   P3. An answer that is no list is one page and the end.
//   P4. Where the server says by a cursor how a list goes on, it is followed: pages by number would show again what new items
//       have pushed from one page to the next.

export type Page<Item> =
  | { readonly kind: "single"; readonly value: Item }
  | { readonly kind: "list"; readonly items: readonly Item[]; readonly next: () => Promise<Page<Item>> }
  | { readonly kind: "end" };

/** A server that never answers `[]` would be read for ever. */
const pagesMax = 100_000;

/** Pages count from 1. With a cursor it alone says which page is meant. */
export type Place = { readonly number: number; readonly cursor: string | null };
/** The parsed answer, and the cursor behind it. */
export type Loaded<Item> = { readonly answer: Item | Item[]; readonly nextCursor: string | null };

export type Loading<Item> = {
  load(place: Place): Promise<Loaded<Item>>;
  /** Told after each page how many items the chain has had so far. */
  onItems?(count: number): void;
  onFailure?(): void;
};

/** The first page of a new chain; its request begins now. */
export function openPages<Item>(loading: Loading<Item>): Promise<Page<Item>> {
  return loadPage(loading, { number: 1, cursor: null, itemsBefore: 0 });
}

async function loadPage<Item>(
  loading: Loading<Item>,
  { number, cursor, itemsBefore }: Place & { readonly itemsBefore: number },
): Promise<Page<Item>> {
  try {
    if (number > pagesMax) throw new Error(`gave up after ${pagesMax} pages: the server never answered an empty page`);
    const { answer, nextCursor } = await loading.load({ number, cursor });
    if (!Array.isArray(answer)) return { kind: "single", value: answer };
    if (answer.length === 0) return { kind: "end" };
    const count = itemsBefore + answer.length;
    loading.onItems?.(count);
    let next: Promise<Page<Item>> | undefined;
    return {
      kind: "list",
      items: answer,
      next() {
        next ??= loadPage(loading, { number: number + 1, cursor: nextCursor, itemsBefore: count });
        return next;
      },
    };
  } catch (error) {
    loading.onFailure?.();
    throw error;
  }
}

/** Every item from `first` on. */
export async function* itemsOf<Item>(first: Promise<Page<Item>>): AsyncGenerator<Item, void, void> {
  let page = await first;
  while (page.kind === "list") {
    yield* page.items;
    page = await page.next();
  }
  if (page.kind === "single") yield page.value;
}

/** The whole answer: the value when it is no list, else the array of all items. */
export async function wholeOf<Item>(first: Promise<Page<Item>>): Promise<Item | Item[]> {
  const page = await first;
  if (page.kind === "single") return page.value;
  const items: Item[] = [];
  for await (const item of itemsOf(Promise.resolve(page))) items.push(item);
  return items;
}
