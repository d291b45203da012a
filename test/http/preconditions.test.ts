// Writes that believe in a revision, over the API: If-Match and If-None-Match against lost updates.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, call } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";

const script = (definition: string) => ({ deployable: { type: "application/javascript", definition } });

type Row = { revision: number; at: string };

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover({ DROVER_RUNTIME: "process" });
});
afterAll(async () => {
  await drover[Symbol.asyncDispose]();
});

const put = (path: string, body: unknown, headers = {}) => call(drover.url, "PUT", path, body, headers);
const get = <T = Record<string, unknown>>(path: string) => call<T>(drover.url, "GET", path);
const remove = (path: string, headers = {}) => call(drover.url, "DELETE", path, undefined, headers);
const rollback = (path: string, revision: number, headers = {}): Promise<Answer> =>
  call(drover.url, "POST", `${path}/rollback`, { revision }, headers);
const detail = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { detail?: string }).detail ?? "",
];

describe("conditions", () => {
  test("the ETag of an answer is the revision, and lets one of two writers through", async () => {
    expect((await put("/breeds/tagged", script("1"))).headers.get("etag")).toBe('"1"');
    const tag = (await get("/breeds/tagged")).headers.get("etag") ?? "";
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => put("/breeds/tagged", script(`${n}2`), { "If-Match": tag })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array(9).fill(412)]);
    expect(answers.find(({ status }) => status === 200)?.headers.get("etag")).toBe('"2"');
    const [row] = (await get<Row[]>("/breeds/tagged/revisions")).body;
    expect(row?.revision).toBe(2);
    const refused = answers.find(({ status }) => status === 412)?.body["detail"];
    expect(refused).toContain(`at revision 2, saved by local at ${row?.at};`);
  });

  test.each([
    ["an older revision", { "If-Match": '"1"' }, 412, /^breed "tagged" is at revision 2, saved by local at .*read it/],
    ["a weak tag", { "If-Match": 'W/"2"' }, 412, /at revision 2/],
    ["a tag of something else", { "If-Match": '"2-gzip"' }, 412, /at revision 2/],
    ["create only", { "If-None-Match": "*" }, 412, /at revision 2, .*ask without If-None-Match/],
    ["no quotes", { "If-Match": "2" }, 400, /^If-Match: .*with the quotes/],
    ["a list with a hole", { "If-Match": '"2",,"3"' }, 400, /^If-Match/],
    ["too many", { "If-Match": Array(65).fill('"2"').join() }, 400, /at most 64/],
    ["a tag to create from", { "If-None-Match": '"2"' }, 400, /^If-None-Match: expected \*/],
  ] as const)("%s is refused for every kind of write, and nothing is changed", async (_, headers, status, said) => {
    const writes = [
      put("/breeds/tagged", script("never"), headers),
      call(drover.url, "POST", "/breeds/tagged", script("never"), headers),
      put("/breeds/tagged?validate_only=true", script("never"), headers),
      rollback("/breeds/tagged", 1, headers),
      remove("/breeds/tagged", headers),
    ];
    for (const answer of await Promise.all(writes))
      expect(detail(answer)).toEqual([status, expect.stringMatching(said)]);
    expect((await get("/breeds/tagged")).headers.get("etag")).toBe('"2"');
  });

  test("what there is not is no revision, and what was deleted is said so", async () => {
    expect(detail(await put("/breeds/untold", script("1"), { "If-Match": "*" }))).toEqual([
      412,
      'breed "untold" does not exist; nothing was changed; to create it, ask without If-Match',
    ]);
    expect((await remove("/breeds/no%20name", { "If-Match": '"1"' })).status).toBe(412);
    expect((await put("/breeds/untold", script("1"), { "If-None-Match": "*" })).status).toBe(200);
    expect((await remove("/breeds/untold", { "If-Match": '"1"' })).status).toBe(204);
    expect(detail(await put("/breeds/untold", script("2"), { "If-Match": '"1"' }))).toEqual([
      412,
      expect.stringMatching(/^breed "untold" was deleted by local at .*, as revision 2;/),
    ]);
    expect((await put("/breeds/untold", script("2"), { "If-None-Match": "*" })).headers.get("etag")).toBe('"3"');
  });

  test("a status is asked for under a condition too, and changes no tag", async () => {
    await put("/workflows/tagged", { breed: "tagged", schedule: "manual" });
    const suspend = (tag: string) => put("/workflows/tagged/status", "suspended", { "If-Match": tag });
    expect((await suspend('"7"')).status).toBe(412);
    expect((await put("/workflows/tagged/status", "restarting", { "If-Match": '"7"' })).status).toBe(412);
    expect((await suspend('"1"')).status).toBe(200);
    expect((await get("/workflows/tagged")).headers.get("etag")).toBe('"1"');
  });

  test("are refused where several artifacts are meant", async () => {
    const documents = [{ kind: "breed", name: "several", ...script("1") }];
    for (const [method, path] of [
      ["PUT", ""],
      ["DELETE", ""],
      ["POST", "/breeds"],
      ["DELETE", "/breeds"],
    ] as const) {
      const answer = await call(drover.url, method, path, documents, { "If-Match": '"1"' });
      expect(detail(answer), `${method} ${path}`).toEqual([400, expect.stringMatching(/at its own address/)]);
    }
    expect((await get("/breeds/several")).status).toBe(404);
  });
});
