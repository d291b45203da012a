// A registry of npm packages for a test, on loopback: what `npm publish` would have put there, and nothing else.
import { createHash } from "node:crypto";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";

export type Published = {
  readonly name: string;
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
  /** Further fields of its package.json. */
  readonly manifest?: Readonly<Record<string, unknown>>;
};

export type Registry = AsyncDisposable & {
  readonly url: string;
  publish(published: Published): Promise<void>;
  /** Nothing answers from now on. */
  end(): Promise<void>;
};

export async function startRegistry(): Promise<Registry> {
  const tarballs = new Map<string, Buffer>();
  const versions = new Map<string, Record<string, unknown>>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    const tarball = tarballs.get(path);
    const all = versions.get(path.slice(1));
    if (tarball) return response.end(tarball);
    if (!all) return response.writeHead(404, { "Content-Type": "application/json" }).end("{}");
    const body = { name: path.slice(1), "dist-tags": { latest: Object.keys(all).at(-1) }, versions: all };
    return response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    async publish({ name, version, files, manifest }) {
      const written = { name, version, ...manifest };
      const tarball = await tarballOf({ "package.json": JSON.stringify(written), ...files });
      const path = `/${name}/-/${version}.tgz`;
      const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
      tarballs.set(path, tarball);
      const dist = { tarball: url + path, integrity };
      versions.set(name, { ...versions.get(name), [version]: { ...written, dist } });
    },
    end: () => endServer(server),
    [Symbol.asyncDispose]: () => endServer(server),
  };
}

async function tarballOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [path, text] of Object.entries(files)) archive.entry({ name: `package/${path}` }, text);
  archive.finalize();
  return buffer(archive.pipe(createGzip()));
}

async function endServer(server: Server): Promise<void> {
  if (!server.listening) return;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
