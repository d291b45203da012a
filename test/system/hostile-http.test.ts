// Hostile requests to a real controller: they are refused and logged, and lead nowhere.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StoredEvent, call, eventually } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { exchangeRaw, lines, statusesIn } from "../http/raw.ts";

let drover: Drover;
let host: string;

beforeAll(async () => {
  drover = await startDrover({ DROVER_RUNTIME: "process" });
  host = new URL(drover.url).host;
}, 60_000);
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

const inner = "GET /api/v1/info?smuggled HTTP/1.1";

async function eventsWith(tag: string): Promise<StoredEvent[]> {
  return (await call<StoredEvent[]>(drover.url, "GET", `/events?tag=${encodeURIComponent(tag)}`)).body;
}

describe("requests that two servers could read in two ways are refused, and nothing behind them is a request", () => {
  const event = JSON.stringify({ tags: ["smuggled"] });
  const post = (headers: string[], body: string) =>
    lines("POST /api/v1/events HTTP/1.1", `Host: ${host}`, "Content-Type: application/json", ...headers, "", body);
  const cases: Record<string, () => string> = {
    "Content-Length and Transfer-Encoding": () =>
      post(
        [`Content-Length: ${event.length + 5}`, "Transfer-Encoding: chunked"],
        `0\r\n\r\n${inner}\r\nHost: ${host}\r\n\r\n`,
      ),
    "Transfer-Encoding and Content-Length": () =>
      post(["Transfer-Encoding: chunked", "Content-Length: 4"], `5c\r\n${inner}\r\n\r\n0\r\n\r\n`),
    "two lengths": () => post([`Content-Length: 0`, `Content-Length: ${event.length}`], event),
    "two lengths that agree": () => post([`Content-Length: ${event.length}`, `Content-Length: ${event.length}`], event),
    "a list of lengths": () => post([`Content-Length: ${event.length}, ${event.length}`], event),
    "a signed length": () => post([`Content-Length: +${event.length}`], event),
    "a hexadecimal length": () => post([`Content-Length: 0x10`], event),
    "two transfer encodings": () => post(["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], `0\r\n\r\n`),
    "an unknown transfer encoding": () => post(["Transfer-Encoding: xchunked"], `0\r\n\r\n`),
    "a space before the colon": () => post([`Content-Length : ${event.length}`], event),
    "a folded header": () =>
      post(["X-A: b", ` Content-Length: ${event.length}`, "Transfer-Encoding: chunked"], `0\r\n\r\n`),
    "a bare line feed between headers": () =>
      `POST /api/v1/events HTTP/1.1\nHost: ${host}\nContent-Type: application/json\nContent-Length: ${event.length}\n\n${event}`,
    "a bare carriage return in a header": () => post([`X-A: b\rContent-Length: ${event.length}`], event),
    "a zero byte in a header": () => post([`X-A: \0`, `Content-Length: ${event.length}`], event),
    "a chunk of negative size": () => post(["Transfer-Encoding: chunked"], `-1\r\n${event}\r\n0\r\n\r\n`),
    "a chunk larger than any number": () => post(["Transfer-Encoding: chunked"], `${"f".repeat(17)}\r\n${event}`),
    "a bare line feed behind a chunk's size": () =>
      post(["Transfer-Encoding: chunked"], `${event.length.toString(16)}\n${event}\r\n0\r\n\r\n`),
    "no host": () => lines("GET /api/v1/info HTTP/1.1", "", ""),
    "another protocol": () => "SSH-2.0-OpenSSH_9.6\r\n",
    "the greeting of HTTP/2": () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "the greeting of TLS": () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a method that nobody knows": () => lines("SMUGGLE / HTTP/1.1", `Host: ${host}`, "", ""),
  };

  test.each(Object.entries(cases))("%s", async (__, bytes) => {
    const statuses = statusesIn(await exchangeRaw(drover.url, bytes() + lines("", inner, `Host: ${host}`, "", "")));
    expect(statuses).toEqual([expect.toSatisfy((status: number) => status >= 400 && status < 500)]);
  });

  test("none of them has stored anything, and they are logged, a few of them, without what was sent", async () => {
    expect(await eventsWith("smuggled")).toEqual([]);
    const logged = drover.log.filter((line) => line.includes("no HTTP"));
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.length).toBeLessThan(Object.keys(cases).length);
    expect(logged.join("")).not.toMatch(/smuggled|SMUGGLE|OpenSSH/);
  });

  test("two hosts are refused, whichever comes first", async () => {
    for (const hosts of [
      [host, "evil.example"],
      ["evil.example", host],
      [host, host],
    ]) {
      const head = ["GET /api/v1/info HTTP/1.1", ...hosts.map((one) => `Host: ${one}`), "Connection: close"];
      expect(statusesIn(await exchangeRaw(drover.url, lines(...head, "", "")))).toEqual([400]);
    }
  });

  test("extensions of chunks are read over, up to a limit", async () => {
    const chunk = `${event.length.toString(16)};a=b\r\n${event.replace("smuggled", "chunkedd")}\r\n0\r\n\r\n`;
    const closing = post(["Transfer-Encoding: chunked", "Connection: close"], chunk);
    expect(statusesIn(await exchangeRaw(drover.url, closing))).toEqual([201]);
    const huge = post(["Transfer-Encoding: chunked"], `2;${"x".repeat(20_000)}\r\n{}\r\n0\r\n\r\n`);
    expect(statusesIn(await exchangeRaw(drover.url, huge))).toEqual([413]);
  });
});

test("paths that climb, encoded or not, lead nowhere but to the API's own 404 and 400", async () => {
  for (const path of [
    "/../../etc/passwd",
    "/api/v1/../../etc/passwd",
    "/api/v1/workflows/..%2f..%2f..%2fetc%2fpasswd",
    "/api/v1/workflows/%2e%2e/%2e%2e/etc/passwd",
    "/api/v1/workflows/..%5c..%5cwindows",
    "/api/v1/workflows/%00",
    "/api/v1/workflows/%c0%ae%c0%ae/secret",
    "/api/v1/backup/..%2fKV_secrets",
    "/api/v1/breeds/$KV.secrets.x",
    "/api/v1/breeds/%3e",
    "/api/v1/breeds/*",
    "/hooks/..%2fapi%2fv1%2finfo",
  ]) {
    const answer = await exchangeRaw(
      drover.url,
      lines(`GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: close", "", ""),
    );
    expect([path, statusesIn(answer)[0]]).toEqual([path, expect.toSatisfy((status) => [400, 404].includes(status))]);
    expect(answer).not.toMatch(/root:|hash|"KV_/);
  }
});

test("line ends in names, ids and queries come back in no header, and add no line to the log", async () => {
  const before = drover.log.length;
  const split = "%0d%0aSet-Cookie:%20a=b%0d%0a%0d%0a";
  for (const path of [
    `/workflows/${split}`,
    `/events/${split}`,
    `/events?tag=${split}&cursor=*`,
    `/events?page=1${split}`,
    `/runs?workflow=${split}`,
    `/events/stream?until=${split}`,
    `/breeds?per_page=1&x=${split}`,
  ]) {
    const response = await fetch(`${drover.url}/api/v1${path}`);
    expect(response.headers.get("set-cookie")).toBeNull();
    await response.text();
  }
  const forged = 'x"},{"level":60,"msg":"forged"}';
  await call(drover.url, "GET", `/workflows/${encodeURIComponent(`\n${forged}`)}`, undefined, {
    Origin: `http://e/\u00e9${forged}`,
  });
  await fetch(`${drover.url}/hooks/${encodeURIComponent(`\u001b[2J\n${forged}`)}`, { method: "POST" });
  for (const line of drover.log.slice(before))
    expect(JSON.parse(line)).toMatchObject({ level: expect.not.toSatisfy((n) => n === 60) });
});

test("other sites' pages may not call, whatever they send; and a form's body is none", async () => {
  const post = (headers: Record<string, string>) =>
    call(drover.url, "POST", "/events", '{"tags":["cross-site"]}', headers);
  for (const headers of [
    { Origin: "http://evil.example" },
    { Origin: "null" },
    { Origin: `http://${host}.evil.example` },
    { "Sec-Fetch-Site": "cross-site" },
  ])
    expect((await post(headers as unknown as Record<string, string>)).status).toBe(403);
  for (const type of [
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
  ])
    expect((await post({ "Content-Type": type })).status).toBe(415);
  const rebound = lines(
    "POST /api/v1/events HTTP/1.1",
    "Host: evil.example",
    "Content-Type: application/json",
    "Content-Length: 23",
    "Connection: close",
    "",
    '{"tags":["cross-site"]}',
  );
  expect(statusesIn(await exchangeRaw(drover.url, rebound))).toEqual([403]);
  expect(
    (
      await fetch(`${drover.url}/api/v1/events`, { method: "OPTIONS", headers: { Origin: "http://evil.example" } })
    ).headers.has("access-control-allow-origin"),
  ).toBe(false);
  expect(await eventsWith("cross-site")).toEqual([]);
  await eventually(
    () => eventsWith("refused:cross-site"),
    (events) => events.length >= 6,
  );
});
