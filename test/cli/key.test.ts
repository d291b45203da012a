// The keys of webhooks, as processes against a stub of the controller.
import { describe, expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";

describe("drover key", () => {
  test("create writes the value alone to standard output; list and delete do not know it", async () => {
    const key = { name: "github", createdAt: "2026-01-01T00:00:00.000Z" };
    await using controller = await startController({
      "POST /keys": { status: 201, body: { ...key, value: "drover_abc" } },
      "GET /keys": { body: [{ ...key, by: "local" }] },
      "DELETE /keys/github": { body: { name: "github", deleted: true, workflows: ["shop", "other"] } },
      "DELETE /keys/githup": { body: { name: "githup", deleted: false, workflows: [] } },
    });
    const created = await drover(["key", "create", "github"], { url: controller.url });
    expect(created).toMatchObject({ code: 0, stdout: "drover_abc\n", stderr: expect.stringContaining("only time") });
    await drover(["key", "create", "github", "--replace"], { url: controller.url });
    expect((await drover(["key", "list"], { url: controller.url })).stdout).toMatch(
      /NAME +AGE +BY\ngithub +\d+d +local\n/,
    );
    const deleted = await drover(["key", "delete", "github"], { url: controller.url });
    expect(deleted.stdout).toBe("key github deleted\n");
    expect(deleted.stderr).toBe("drover: nobody can call the webhooks of shop, other until there is a key github\n");
    const unknown = await drover(["key", "delete", "githup"], { url: controller.url });
    expect(unknown).toEqual({ code: 0, stdout: "key githup was not there\n", stderr: "" });
    expect(controller.asked.map(({ request }) => request)).toEqual([
      "POST /api/v1/keys",
      "POST /api/v1/keys?replace=true",
      "GET /api/v1/keys?page=1&per_page=100",
      "DELETE /api/v1/keys/github",
      "DELETE /api/v1/keys/githup",
    ]);
  });
});
