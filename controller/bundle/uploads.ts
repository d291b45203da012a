// Bundles on their way in: sent piece by piece, as no request may take longer than half a minute, into one file each.
//
//   U1. A piece is taken when it begins where the last one ended; one that is sent again after its answer was lost is known by that.
//   U2. An upload that nobody goes on with is removed, and those of a controller that ended are when the next one starts.
import { randomUUID } from "node:crypto";
import { appendFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BundleRefused, BundlesBusy, NoSuchUpload } from "./bundle-problem.ts";

const uploadsMax = 2;
const idleMsMax = 600_000;
/** Of one bundle, which lies on the controller's disk twice while it is loaded. */
const bundleBytesMax = 17_179_869_184;

export type Uploads = {
  begin(): Promise<string>;
  /** Resolves with all bytes that there are. */
  add(upload: string, offset: number, piece: Uint8Array): Promise<number>;
  /** Ends the upload; its file and folder are there while `work` is at it. */
  take<T>(upload: string, work: (path: string, folder: string) => Promise<T>): Promise<T>;
  drop(upload: string): Promise<void>;
};

type Upload = { bytes: number; isBusy: boolean; idle: NodeJS.Timeout };

/** `parent`: a folder that nothing else is in. */
export function createUploads(parent: string): Uploads {
  const uploads = new Map<string, Upload>();
  const folderOf = (id: string): string => join(parent, id);
  const fileOf = (id: string): string => join(folderOf(id), "bundle.tar");

  return {
    async begin() {
      if (uploads.size >= uploadsMax) throw new BundlesBusy(`${uploadsMax} bundles are being loaded; try again later`);
      const id = randomUUID();
      uploads.set(id, { bytes: 0, isBusy: false, idle: idleTimer(id) });
      await mkdir(folderOf(id), { recursive: true, mode: 0o700 });
      await writeFile(fileOf(id), "", { mode: 0o600 });
      return id;
    },
    add: (id, offset, piece) =>
      busy(id, async (upload) => {
        if (offset + piece.length === upload.bytes) return upload.bytes;
        if (offset !== upload.bytes)
          throw new BundlesBusy(`a piece that begins at ${offset} does not follow; ${upload.bytes} bytes are here`);
        if (offset + piece.length > bundleBytesMax) throw tooLarge();
        await appendFile(fileOf(id), piece);
        upload.bytes += piece.length;
        return upload.bytes;
      }),
    take: (id, work) =>
      busy(id, async () => {
        try {
          return await work(fileOf(id), folderOf(id));
        } finally {
          await remove(id);
        }
      }),
    drop: remove,
  };

  /** One thing at a time with one upload; then its time begins anew. */
  async function busy<T>(id: string, work: (upload: Upload) => Promise<T>): Promise<T> {
    const upload = uploads.get(id);
    if (!upload) throw new NoSuchUpload(`there is no upload "${id}"; it may have waited too long`);
    if (upload.isBusy) throw new BundlesBusy("another request is at this upload");
    upload.isBusy = true;
    clearTimeout(upload.idle);
    try {
      return await work(upload);
    } finally {
      upload.isBusy = false;
      if (uploads.has(id)) upload.idle = idleTimer(id);
    }
  }

  function idleTimer(id: string): NodeJS.Timeout {
    return setTimeout(() => void remove(id).catch(() => {}), idleMsMax).unref();
  }

  async function remove(id: string): Promise<void> {
    const upload = uploads.get(id);
    if (!upload) return;
    clearTimeout(upload.idle);
    uploads.delete(id);
    await rm(folderOf(id), { recursive: true, force: true });
  }
}

function tooLarge(): BundleRefused {
  const expected = `at most ${bundleBytesMax} bytes`;
  return new BundleRefused([{ path: "bundle", expected, got: "more", fix: "save fewer breeds in one bundle" }]);
}
