import { defineConfig } from "vitest/config";

// Every test talks to a real nats-server and most to a real Docker engine, so files share two cores: two workers at most.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/nothing-left.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
