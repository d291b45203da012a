// Reads the whole stream through the cursor, page after page, as whoever copies it would.
import { createAsker } from "./asking.ts";

const pageSize = 1_000;
const firstPath = `/api/v1/events?per_page=${pageSize}&order=oldest&cursor=*`;

export type DeepReading = { readonly events: number; readonly perSecond: number };

/** Reads `events` of them at most. Throws when one comes twice. */
export async function readDeep(url: string, events: number): Promise<DeepReading> {
  using asker = createAsker(url);
  const seen = new Set<string>();
  let spentMs = 0;
  let read = 0;
  for (let path: string | null = firstPath; path !== null && read < events;) {
    const { ms, headers, text }: Awaited<ReturnType<typeof asker.ask>> = await asker.ask(path);
    spentMs += ms;
    const page = JSON.parse(text) as { id: string }[];
    for (const { id } of page) seen.add(id);
    read += page.length;
    const cursor = headers["x-next-cursor"];
    path = typeof cursor === "string" && page.length > 0 ? firstPath.replace("*", cursor) : null;
  }
  if (seen.size !== read) throw new Error(`${read} events were read, of which only ${seen.size} are different`);
  return { events: read, perSecond: read / (spentMs / 1_000) };
}
