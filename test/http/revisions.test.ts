// The history of artifacts over the API: revisions, and the way back to one.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, type StoredEvent, call } from "../api.ts";
import { type Drover, startDrover } from "../drover.ts";
import { asCodeOf, startEdge } from "./edge.ts";

const script = (definition: string) => ({ deployable: { type: "application/javascript", definition } });
/** As the bucket keeps them. */
const kept = 64;

type Row = {
  revision: number;
  action: string | null;
  at: string;
  by: string;
  changed: string[] | null;
  restores: number | null;
  kept: boolean;
};
type Applied = { action: string; revision: number; redeployed: boolean; warnings: string[] };

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
const rollback = (path: string, revision: unknown, headers = {}): Promise<Answer<Applied>> =>
  call<Applied>(drover.url, "POST", `${path}/rollback`, { revision }, headers);
const detail = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { detail?: string }).detail ?? "",
];

describe("history", () => {
  test("of created, updated, deleted, created: who did what, newest first, page by page", async () => {
    await put("/breeds/past", script("1"));
    await put("/breeds/past", { ...script("2"), env: { A: "1" } });
    await put("/breeds/past", { ...script("2"), env: { A: "1" } });
    await remove("/breeds/past");
    await put("/breeds/past", script("3"));
    const { body } = await get<Row[]>("/breeds/past/revisions");
    expect(body).toEqual(
      [
        { revision: 4, action: "create", changed: [], kept: true },
        { revision: 3, action: "delete", changed: [], kept: false },
        {
          revision: 2,
          action: "update",
          changed: ["deployable.definition", "environment_variables.A"],
          kept: true,
        },
        { revision: 1, action: "create", changed: [], kept: true },
      ].map((row) => Object.assign(row, { by: "local", at: expect.any(String), restores: null })),
    );
    const page = await get<Row[]>("/breeds/past/revisions?page=2&per_page=3");
    expect(page.body.map(({ revision }) => revision)).toEqual([1]);
    expect(page.headers.get("x-total-count")).toBe("4");
    for (const number of ["2", "v2"])
      expect((await get(`/breeds/past/revisions/${number}`)).body).toMatchObject({
        name: "past",
        ...script("2"),
        environment_variables: { A: "1" },
      });
  });

  test("a revision that is none is said with what there is", async () => {
    expect(detail(await get("/breeds/past/revisions/5"))).toEqual([
      404,
      'there is no revision 5 of breed "past"; the newest is 4',
    ]);
    expect(detail(await get("/breeds/past/revisions/3"))).toEqual([
      410,
      expect.stringMatching(/revision 3 of breed "past" is its deletion by local at 20/),
    ]);
    for (const path of ["/workflows/past/revisions", "/workflows/past/revisions/1"])
      expect(detail(await get(path))).toEqual([404, 'there never was a workflow "past"']);
    for (const number of ["0", "-1", "1e9", "v0", "vv2", "%00", "9".repeat(30)])
      expect((await get(`/breeds/past/revisions/${number}`)).status, number).toBe(400);
  });

  test("reaches behind what is kept, by the archive events, and what is not kept cannot be read or brought back", async () => {
    const saves = kept + 6;
    for (let n = 1; n <= saves; n++) await put("/breeds/many", script(String(n)));
    const { body } = await get<Row[]>("/breeds/many/revisions?per_page=1000");
    expect(body.map(({ revision }) => revision)).toEqual(Array.from({ length: saves }, (_, n) => saves - n));
    expect(body.filter((row) => row.kept)).toHaveLength(kept);
    expect(body[kept]).toMatchObject({
      revision: 6,
      action: "update",
      changed: ["deployable.definition"],
      kept: false,
    });
    expect(body[kept - 1]).toMatchObject({ revision: 7, action: "update", changed: ["deployable.definition"] });
    const gone = [410, 'revision 6 of breed "many" is not kept any more; the oldest that is there is 7'];
    expect(detail(await get("/breeds/many/revisions/6"))).toEqual(gone);
    expect(detail(await rollback("/breeds/many", 6))).toEqual(gone);
    expect((await rollback("/breeds/many", 7)).body).toMatchObject({ action: "updated", revision: saves + 1 });
    expect((await get("/breeds/many")).body).toMatchObject(script("7"));
  });
});

describe("rollback", () => {
  test("of a workflow is a new revision with the old content, redeployed with its breed's newest, and says that this has changed", async () => {
    await put("/breeds/code", script("1"));
    await put("/workflows/back", { breed: "code", schedule: "manual", env: { A: "1" } });
    await put("/breeds/code", script("2"));
    await put("/workflows/back", { breed: "code", schedule: "manual", env: { A: "2" } });
    const before = (await get("/workflows/back")).body;
    const answer = await rollback("/workflows/back", 1);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("etag")).toBe('"3"');
    expect(answer.body).toEqual({
      kind: "workflow",
      name: "back",
      action: "updated",
      revision: 3,
      redeployed: true,
      warnings: [
        "revision 1 ran with revision 1 of breed code, now it runs with revision 2; to have that back as well: drover rollback breed code v1, then drover restart back",
      ],
    });
    const after = (await get("/workflows/back")).body;
    expect(after).toMatchObject({ revision: 3, environment_variables: { A: "1" } });
    expect(after["deployment"]).not.toBe(before["deployment"]);
    const { body: archived } = await get<StoredEvent[]>("/events?tag=workflows:back&tag=archive:update");
    expect(archived[0]?.value).toEqual({
      kind: "workflow",
      name: "back",
      revision: 3,
      by: "local",
      restores: 1,
      diff: [{ path: "environment_variables.A", before: "2", after: "1" }],
    });
    const { body: deployed } = await get<StoredEvent[]>("/events?tag=workflows:back&tag=deploy:requested");
    expect(deployed[0]?.value).toMatchObject({ deployment: after["deployment"], revision: 3, breedRevision: 2 });
    const { body: rows } = await get<Row[]>("/workflows/back/revisions");
    expect(rows[0]).toMatchObject({ revision: 3, action: "update", restores: 1, changed: ["environment_variables.A"] });
  });

  test("of a breed changes nothing that runs, and names who runs on with what it has", async () => {
    expect((await rollback("/breeds/code", 1)).body).toMatchObject({
      revision: 3,
      redeployed: false,
      warnings: ["workflow back runs on with the breed as it was; to take it up: drover restart back"],
    });
  });

  test("to what it is already changes nothing", async () => {
    expect((await rollback("/workflows/back", 1)).body).toMatchObject({ action: "unchanged", revision: 3 });
    expect((await get<Row[]>("/workflows/back/revisions")).body).toHaveLength(3);
  });

  test("brings a deleted one back, with the status it had, once what it refers to exists", async () => {
    await put("/workflows/back/status", "suspended");
    await remove("/workflows/back");
    await remove("/breeds/code");
    const refused = await rollback("/workflows/back", 3);
    expect(detail(refused)).toEqual([
      400,
      'breed: expected the breed "code", with which revision 3 ran, got no such breed any more; bring it back first: drover history breed code, then drover rollback breed code VERSION',
    ]);
    expect((await get("/workflows/back")).status).toBe(404);
    expect((await rollback("/breeds/code", 2)).body).toMatchObject({ action: "created", revision: 5 });
    expect((await rollback("/workflows/back", 3)).body).toMatchObject({ action: "created", revision: 5 });
    expect((await get("/workflows/back")).body).toMatchObject({
      status: "suspended",
      environment_variables: { A: "1" },
    });
  });

  test("with validate_only says what it would do", async () => {
    const { body } = await call(drover.url, "POST", "/workflows/back/rollback?validate_only=true", { revision: 2 });
    expect(body).toMatchObject({
      action: "updated",
      revision: 6,
      diff: [{ path: "environment_variables.A", before: "1", after: "2" }],
    });
    expect((await get("/workflows/back")).body).toMatchObject({ revision: 5 });
  });

  test("of bad input is refused with every problem", async () => {
    for (const body of [{}, { revision: 0 }, { revision: 1.5 }, { revision: "v1" }, [], "x", [{ revision: 1 }, {}]])
      expect((await call(drover.url, "POST", "/breeds/code/rollback", body)).status, JSON.stringify(body)).toBe(400);
    expect((await rollback("/breeds/nobody", 1)).status).toBe(404);
  });

  test("is for people: code of a workflow may neither roll back nor plan", async () => {
    await using edge = await startEdge();
    for (const url of ["/api/v1/breeds/b/rollback", "/api/v1/workflows/w/rollback", "/api/v1/plan"]) {
      const headers = { ...asCodeOf("w"), "content-type": "application/json" };
      const { statusCode } = await edge.app.inject({ method: "POST", url, headers, payload: { revision: 1 } });
      expect(statusCode, url).toBe(403);
    }
  });
});
