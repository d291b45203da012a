// Bundles: one file with breeds, workflows and all that they need. The controller makes and loads it; this carries it there and back.
import { open, rename, rm } from "node:fs/promises";
import { writeCopy } from "../backup-folder.ts";
import { bytesText } from "../bytes-text.ts";
import { Failure } from "../failure.ts";
import type { Session } from "../session.ts";
import type { Applied } from "../views.ts";

/** The engine unpacks all images meanwhile. */
const loadMsMax = 1_800_000;

type Saved = {
  readonly images: readonly string[];
  readonly missing: readonly string[];
  readonly breeds: readonly string[];
  readonly workflows: readonly string[];
};
type Loaded = Pick<Saved, "images" | "missing"> & {
  readonly packages: number;
  readonly applied: readonly Applied[] | null;
};

export async function saveBundle(
  session: Session,
  file: string,
  { breeds, workflows }: { readonly breeds: string | null; readonly workflows: string | null },
): Promise<void> {
  const query = new URLSearchParams({ ...(breeds && { breeds }), ...(workflows && { workflows }) });
  const interrupted = session.interruption();
  // Under another name first: a file of that name is a whole bundle.
  const unfinished = `${file}.unfinished`;
  try {
    await rm(unfinished, { force: true });
    const response = await session.api.open({ path: `/bundle?${query.toString()}` }, interrupted);
    const saved = savedIn(response.headers.get("x-drover-bundle"));
    if (!response.body) throw new Failure("the controller sent nothing");
    const { bytes } = await writeCopy(unfinished, response.body);
    await rename(unfinished, file);
    for (const image of saved.missing) session.say(`the image ${image} is not in the engine, and not in the bundle`);
    session.print(`${file}: ${bytesText(bytes)}, ${countsText(saved)}\n`);
  } catch (error) {
    await rm(unfinished, { force: true });
    if (interrupted.aborted) throw new Failure("interrupted; no bundle was saved");
    if (error instanceof Failure) throw error;
    throw new Failure(`${file} could not be saved: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export async function loadBundle(
  session: Session,
  file: string,
  { apply }: { readonly apply: boolean },
): Promise<void> {
  const upload = await send(session, file);
  const loaded: Loaded = JSON.parse(
    await session.api.text({ method: "POST", path: `/bundles/${upload}/load?apply=${apply}`, answerMsMax: loadMsMax }),
  );
  for (const image of loaded.images) session.print(`image ${image} loaded\n`);
  if (loaded.packages > 0)
    session.print(`npm packages loaded, ${loaded.packages} ${loaded.packages === 1 ? "archive" : "archives"}\n`);
  for (const { kind, name, action } of loaded.applied ?? []) session.print(`${kind} ${name} ${action}\n`);
  for (const image of loaded.missing) session.say(`the image ${image} is not in the bundle`);
  if (loaded.applied === null) session.print("nothing was applied\n");
}

/** Resolves with the id under which the controller has all of it. */
async function send(session: Session, file: string): Promise<string> {
  const handle = await open(file, "r").catch((error: Error) => {
    throw new Failure(`${file} cannot be read: ${error.message}`, 2);
  });
  try {
    const answer = await session.api.text({ method: "POST", path: "/bundles" });
    const { id, pieceBytesMax } = JSON.parse(answer) as { id: string; pieceBytesMax: number };
    for (let offset = 0; ;) {
      const piece = new Uint8Array(pieceBytesMax);
      const { bytesRead } = await handle.read(piece, 0, pieceBytesMax, offset);
      if (bytesRead === 0) return id;
      const body = { type: "application/octet-stream", text: piece.subarray(0, bytesRead) };
      await session.api.text({ method: "PUT", path: `/bundles/${id}?offset=${offset}`, body });
      offset += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

function savedIn(header: string | null): Saved {
  if (header === null) throw new Failure("the controller did not say what it sent");
  return JSON.parse(Buffer.from(header, "base64url").toString());
}

function countsText({ breeds, workflows, images }: Saved): string {
  const counts = { breed: breeds.length, workflow: workflows.length, image: images.length };
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}${count === 1 ? "" : "s"}`)
    .join(", ");
}
