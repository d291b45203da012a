import { expect, test } from "vitest";
import { Api, result, run } from "../../client/index.ts";
import { startApiServer } from "./api-server.ts";

test("outside of Drover there is no run, no result, and no header that speaks of one", async () => {
  expect(run).toBeNull();
  expect(new Api().run).toBeNull();
  const told = "there is no run here that could have a result: Drover did not start this process";
  expect(() => result(1)).toThrow(told);
  expect(() => new Api().result(1)).toThrow(told);
  await using server = await startApiServer(() => ({ status: 201, body: {} }));
  await new Api({ host: server.url }).event("a");
  expect(server.asked[0]?.headers).not.toHaveProperty("x-drover-run");
});
