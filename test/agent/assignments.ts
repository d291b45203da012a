// Assignments for tests: everything that a test does not care about, filled in.
import type { Assignment } from "../../bus/assignment.ts";

export function scriptAssignment(
  source: string,
  {
    servers = ["nats://127.0.0.1:4222"],
    environment = {},
    ...rest
  }: Partial<Omit<Assignment, "nats" | "work">> & {
    servers?: readonly string[];
    environment?: Readonly<Record<string, string>>;
  } = {},
): Assignment {
  return {
    workflow: "hello",
    instance: "hello-abc-0",
    deployment: "abc",
    revision: 3,
    nats: { servers, credentials: null },
    work: { kind: "script", source, environment },
    gatewayPort: 0,
    stopGraceMs: 300,
    ...rest,
  };
}
