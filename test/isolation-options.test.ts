// The settings that open what isolation closes.
import { expect, test } from "vitest";
import { resolveOptions } from "../controller/options.ts";

test("nothing is open unless it is said", () => {
  expect(resolveOptions({})).toMatchObject({ hostPorts: [], allowsPrivileged: false });
});

test("ports of the host and privileges are opened by name", () => {
  const options = resolveOptions({ DROVER_HOST_PORTS: "5432, 6379", DROVER_ALLOW_PRIVILEGED: "true" });
  expect(options).toMatchObject({ hostPorts: [5_432, 6_379], allowsPrivileged: true });
});

test.each(["0", "65536", "5432;6379", "postgres", "1.5", Array.from({ length: 101 }, (_, n) => n + 1).join(",")])(
  "DROVER_HOST_PORTS=%s is refused",
  (ports) => {
    expect(() => resolveOptions({ DROVER_HOST_PORTS: ports })).toThrow(/DROVER_HOST_PORTS: expected at most 100 ports/);
  },
);

test.each(["yes", "1", "TRUE"])("DROVER_ALLOW_PRIVILEGED=%s is refused: it is no clear yes", (word) => {
  expect(() => resolveOptions({ DROVER_ALLOW_PRIVILEGED: word })).toThrow(/DROVER_ALLOW_PRIVILEGED: expected one of/);
});
