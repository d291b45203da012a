// The image that agents' images are made from, without any registry: the pinned Node binary, `sleep` for network holders, `nft` for
// their fences where this host has it, and the shared libraries of all three. Made from this host's own files, so only on Linux;
// elsewhere a base image takes its place.
//
//   B1. The tag says what is inside (names, sizes and times of the files), so it is made once per host and Node version, and
//       finding that out reads no file as a whole.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type Docker from "dockerode";
import { type Pack, pack } from "tar-stream";
import { imageExists, progressDone } from "./image-build.ts";

/** Raised when the layout below changes. */
const layoutVersion = "1";
const nodeInImage = "/usr/local/bin/node";
const sleepPath = "/bin/sleep";
const nftInImage = "/usr/sbin/nft";
/** Where distributions put it. */
const nftPaths = [nftInImage, "/sbin/nft", "/usr/bin/nft"];
const certificatesPath = "/etc/ssl/certs/ca-certificates.crt";
/** Loaded by name at run time where the C library still keeps them apart. */
const nameServiceLibraries = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"];
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const texts: Readonly<Record<string, string>> = {
  "/etc/passwd": "root:x:0:0:root:/root:/sbin/nologin\ndrover:x:1000:1000:drover:/tmp:/sbin/nologin\n",
  "/etc/group": "root:x:0:\ndrover:x:1000:\n",
  "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

type HostFile = {
  readonly source: string;
  readonly target: string;
  readonly size: number;
  readonly modifiedMs: number;
};

/** Returns the tag of the image, which is there then. */
export async function ensureNodeImage(docker: Docker, options: { log: (line: string) => void }): Promise<string> {
  const files = await hostFiles();
  const tag = `drover-node:${contentHash(files)}`;
  if (await imageExists(docker, tag)) return tag;
  options.log(`building the image ${tag} from this host's Node`);
  await importImage(docker, { tag, files });
  return tag;
}

async function hostFiles(): Promise<readonly HostFile[]> {
  const node = pinnedNode();
  const nft = nftPaths.find((path) => existsSync(path));
  const programs = [
    { source: node, target: nodeInImage },
    { source: sleepPath, target: sleepPath },
    ...(nft === undefined ? [] : [{ source: nft, target: nftInImage }]),
  ];
  const loaded = (await Promise.all(programs.map(({ source }) => librariesOf(source)))).flat();
  const libraries = [...new Set(loaded)].toSorted();
  const wanted = [...programs, ...libraries.map((path) => ({ source: path, target: path }))];
  const optional = [...besideTheCLibrary(libraries), certificatesPath].map((path) => ({ source: path, target: path }));
  const found = await Promise.all([
    ...wanted.map(describe),
    ...optional.map((file) => describe(file).catch(() => null)),
  ]);
  return found.filter((file) => file !== null);
}

/** The Node that the project pins; the one that runs this when it is not installed. */
function pinnedNode(): string {
  try {
    return createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
  } catch {
    return process.execPath;
  }
}

/** Paths of what the dynamic loader would load, and of the loader itself. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)("ldd", [program]);
  return stdout.split("\n").flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

function besideTheCLibrary(libraries: readonly string[]): readonly string[] {
  const library = libraries.find((path) => path.includes("/libc.so"));
  if (!library) return [];
  const candidates = nameServiceLibraries.map((name) => join(dirname(library), name));
  return candidates.filter((path) => !libraries.includes(path));
}

async function describe(file: { source: string; target: string }): Promise<HostFile> {
  const source = await realpath(file.source);
  const { size, mtimeMs } = await stat(source);
  return { source, target: file.target, size, modifiedMs: Math.trunc(mtimeMs) };
}

function contentHash(files: readonly HostFile[]): string {
  const identity = files.map((file) => [file.target, file.size, file.modifiedMs]);
  const content = JSON.stringify([layoutVersion, process.arch, identity, texts]);
  return createHash("sha256").update(content).digest("hex").slice(0, 12);
}

async function importImage(docker: Docker, options: { tag: string; files: readonly HostFile[] }): Promise<void> {
  const archive = pack();
  const packing = packFiles(archive, options.files).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  const [repo, tag] = options.tag.split(":");
  const changes = [`ENV PATH=${searchPath}`, "WORKDIR /", "LABEL drover.role=image"];
  const progress = await docker.importImage(Readable.from(archive), { repo, tag, changes });
  await Promise.all([packing, progressDone(docker, progress)]);
}

async function packFiles(archive: Pack, files: readonly HostFile[]): Promise<void> {
  archive.entry({ name: "tmp", type: "directory", mode: 0o1777 });
  for (const [path, text] of Object.entries(texts)) archive.entry({ name: path.slice(1), mode: 0o644 }, text);
  for (const file of files) {
    const mode = file.target === certificatesPath ? 0o644 : 0o755;
    const entry = archive.entry({ name: file.target.slice(1), size: file.size, mode });
    await pipeline(createReadStream(file.source), entry);
  }
  archive.finalize();
}
