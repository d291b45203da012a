// HTTPS: the controller serves it, the command line trusts the authority that it is told, and what is set up wrongly is told at start.
// The certificate and its key are for these tests only.
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTls } from "../../controller/tls.ts";
import { drover } from "../cli/drover.ts";
import { type Drover, startDrover } from "../drover.ts";
import { exchangeRaw } from "../http/raw.ts";

const file = (name: string): string => join(import.meta.dirname, name);
const adminToken = "0123456789abcdef0123456789abcdef";

describe("a controller with a certificate, open to other machines", () => {
  let controller: Drover;
  let environment: Record<string, string>;

  beforeAll(async () => {
    controller = await startDrover({
      DROVER_RUNTIME: "process",
      DROVER_HOST: "0.0.0.0",
      DROVER_ADMIN_TOKEN: adminToken,
      DROVER_TLS_CERT: file("cert.pem"),
      DROVER_TLS_KEY: file("key.pem"),
    });
    const url = controller.url.replace("0.0.0.0", "127.0.0.1");
    environment = { DROVER_URL: url, DROVER_TOKEN: adminToken, DROVER_CA: file("cert.pem") };
  }, 60_000);
  afterAll(async () => {
    await controller[Symbol.asyncDispose]();
  });

  test("answers the command line that trusts it and has a token", async () => {
    expect(controller.url).toMatch(/^https:/);
    expect(await drover(["get", "workflows"], { environment })).toMatchObject({ code: 0 });
    expect(await drover(["token", "list"], { environment })).toMatchObject({ code: 0, stderr: "drover: none found\n" });
    const { DROVER_CA: ca = "", ...untrusting } = environment;
    expect(await drover(["--ca", ca, "get", "workflows"], { environment: untrusting })).toMatchObject({ code: 0 });
    const refused = await drover(["get", "workflows"], { environment: untrusting });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("--ca or DROVER_CA") });
    const nobody = await drover(["get", "workflows"], { environment: { ...environment, DROVER_TOKEN: "" } });
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining("DROVER_TOKEN") });
  });

  test("its streams come over TLS, too", async () => {
    const end = new Date(Date.now() - 1_000).toISOString();
    const tail = ["tail", "--since", "1h", "--until", end, "--json"];
    expect(await drover(tail, { environment })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("lead:gained"),
    });
  });

  test("speaks TLS 1.2 and 1.3, no earlier one, and no plain HTTP", async () => {
    const { port } = new URL(controller.url);
    const version = (versions: object): Promise<string | null> =>
      new Promise((resolve) => {
        const socket = connect({ port: Number(port), host: "127.0.0.1", rejectUnauthorized: false, ...versions });
        socket
          .on("error", () => resolve(null))
          .on("secureConnect", () => {
            resolve(socket.getProtocol());
            socket.destroy();
          });
      });
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
    expect(await version({ minVersion: "TLSv1.3" })).toBe("TLSv1.3");
    expect(await version({ maxVersion: "TLSv1.2" })).toBe("TLSv1.2");
    expect(await version(old)).toBeNull();
    expect(await exchangeRaw(`http://127.0.0.1:${port}`, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).not.toContain("200");
  });
});

test.each([
  ["key.pem", "key.pem", /^DROVER_TLS_CERT: .*key\.pem holds no certificate/],
  ["cert.pem", "cert.pem", /^DROVER_TLS_KEY: .*is not the private key/],
  [
    "cert.pem",
    "other-key.pem",
    /^DROVER_TLS_KEY: .*other-key\.pem is not the private key, .* of the certificate in .*cert\.pem/,
  ],
  ["cert.pem", "nothing.pem", /^DROVER_TLS_KEY: .*nothing\.pem cannot be read \(ENOENT\)/],
  ["nothing.pem", "key.pem", /^DROVER_TLS_CERT: .*nothing\.pem cannot be read \(ENOENT\)/],
])("the certificate %s with the key %s is told as what it is", (cert, key, says) => {
  expect(() => readTls({ certFile: file(cert), keyFile: file(key) })).toThrow(says);
});

test.each<[string, Record<string, string>, number, RegExp]>([
  [
    "a wrong certificate",
    { DROVER_TLS_CERT: file("key.pem"), DROVER_TLS_KEY: file("key.pem") },
    2,
    /holds no certificate/,
  ],
  ["a certificate without a key", { DROVER_TLS_CERT: file("cert.pem") }, 2, /DROVER_TLS_KEY: expected/],
  ["another address without a token", { DROVER_HOST: "0.0.0.0" }, 1, /DROVER_ADMIN_TOKEN.*drover token create/],
  ["another address that is open", { DROVER_HOST: "0.0.0.0", DROVER_AUTH: "open" }, 2, /DROVER_AUTH: "open" would let/],
  [
    "an admin's token that is short",
    { DROVER_ADMIN_TOKEN: "hunter2" },
    2,
    /DROVER_ADMIN_TOKEN: expected 32 characters/,
  ],
  ["a rate that is no number", { DROVER_TOKEN_RATE: "fast" }, 2, /DROVER_TOKEN_RATE: expected a number/],
])("a controller with %s does not start", async (_, settings, code, says) => {
  const started = startDrover({ DROVER_RUNTIME: "process", ...settings });
  await expect(started).rejects.toThrow(says);
  await expect(started).rejects.toThrow(`ended with code ${code}`);
  await expect(started).rejects.not.toThrow("hunter2");
});
