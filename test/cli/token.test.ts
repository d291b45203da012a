// Tokens, as processes against a stub of the controller.
import { expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";

const token = {
  name: "ci",
  role: "operator",
  workflows: ["shop-*"],
  createdAt: "2026-01-01T00:00:00.000Z",
  lastUsedAt: null,
  expiresAt: null,
  by: "local",
};

test("create writes the value alone to standard output, and asks for what the flags say", async () => {
  await using controller = await startController({
    "POST /tokens": { status: 201, body: { ...token, value: "drover_token_x" } },
  });
  const flags = ["--role", "operator", "--workflow", "shop-*", "--workflow", "till", "--expires", "P30D"];
  const created = await drover(["token", "create", "ci", ...flags], { url: controller.url });
  expect(created).toMatchObject({ code: 0, stdout: "drover_token_x\n", stderr: expect.stringContaining("only time") });
  await drover(["token", "create", "root", "--role", "admin"], { url: controller.url });
  expect(controller.asked.map(({ body }) => JSON.parse(body))).toEqual([
    { name: "ci", role: "operator", workflows: ["shop-*", "till"], expires: "P30D" },
    { name: "root", role: "admin" },
  ]);
});

test("a role is needed, and one that there is", async () => {
  expect(await drover(["token", "create", "ci"])).toMatchObject({ code: 2, stderr: expect.stringContaining("--role") });
  expect(await drover(["token", "create", "ci", "--role", "king"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("emitter"),
  });
});

test("list shows what each may, for how long, and when it was last used; revoke says whether there was one", async () => {
  const expired = {
    ...token,
    name: "old",
    workflows: null,
    expiresAt: "2026-01-02T00:00:00.000Z",
    lastUsedAt: token.createdAt,
  };
  await using controller = await startController({
    "GET /tokens": { body: [token, expired] },
    "DELETE /tokens/ci": { body: { name: "ci", revoked: true } },
    "DELETE /tokens/cj": { body: { name: "cj", revoked: false } },
  });
  expect((await drover(["token", "list"], { url: controller.url })).stdout).toMatch(
    /NAME +ROLE +WORKFLOWS +AGE +BY +LAST USED +EXPIRES\nci +operator +shop-\* +\d+d +local +- +never\nold +operator +all +\d+d +local +\d+d +expired\n/,
  );
  expect((await drover(["token", "revoke", "ci"], { url: controller.url })).stdout).toBe("token ci revoked\n");
  expect((await drover(["token", "revoke", "cj"], { url: controller.url })).stdout).toBe("token cj was not there\n");
});

test("a token that no header can carry, and a file that holds no certificate, are wrong usage, and are not shown", async () => {
  const broken = await drover(["ps"], { environment: { DROVER_TOKEN: "secret\nline" } });
  expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining("--token: expected") });
  expect(broken.stderr).not.toContain("secret");
  const noCertificate = await drover(["--ca", import.meta.filename, "ps"]);
  expect(noCertificate).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--ca: .*token\.test\.ts: expected the certificate/),
  });
});
