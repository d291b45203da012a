// A controller that cannot listen where it is told to.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startController } from "./controller-stub.ts";
import { drover } from "./drover.ts";

test("a port that is in use ends it with what to do, before it has started or taken anything", async () => {
  await using other = await startController({});
  const home = await mkdtemp(join(tmpdir(), "drover-port-"));
  try {
    const environment = { DROVER_HOME: home, DROVER_PORT: String(other.port), DROVER_RUNTIME: "process" };
    const { code, stdout, stderr } = await drover(["up"], { environment });
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(
      `port ${other.port} of 127.0.0.1 is in use: end what listens there, or set DROVER_PORT to another one`,
    );
    expect(existsSync(join(home, "nats"))).toBe(false);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
