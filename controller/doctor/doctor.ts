// Examines an installation: everything that keeps it safe, as it is now and not as it was set up.
//
//   X1. One part that cannot be examined is a finding of its own and keeps no other from being told.
//   X2. It changes nothing.
import { isTestOwner } from "../../bus/subjects.ts";
import { type Finding, fine, warning, wrong } from "../../model/finding.ts";
import { isLoopback } from "../identity/auth.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { homeFindings } from "./home-check.ts";
import { type NatsFacts, natsFindings } from "./nats-check.ts";

const partMsMax = 25_000;

export type Doctor = { examine(): Promise<readonly Finding[]> };

export type DoctorParts = {
  readonly runtime: Runtime;
  readonly nats: NatsFacts;
  readonly home: string;
  /** Where the API listens. */
  readonly host: string;
  readonly asksForTokens: boolean;
  readonly encrypted: boolean;
  readonly allowsPrivileged: boolean;
  readonly workflow: (name: string) => unknown;
};

export function createDoctor(parts: DoctorParts): Doctor {
  const { runtime, allowsPrivileged } = parts;
  const isKnown = (name: string): boolean => isTestOwner(name) || parts.workflow(name) !== null;
  return {
    async examine() {
      const found = await Promise.all([
        part("API", () => Promise.resolve([address(parts), privileged(allowsPrivileged)])),
        part("home", () => homeFindings(parts.home)),
        part("nats-server", () => natsFindings(parts.nats)),
        part("engine", () => runtime.examine({ allowsPrivileged, isKnown })),
      ]);
      return found.flat();
    },
  };
}

async function part(subject: string, examine: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  const tooLong = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLong.reject(new Error(`no answer after ${partMsMax / 1_000} s`)), partMsMax);
  try {
    return await Promise.race([examine(), tooLong.promise]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [wrong(subject, `cannot be examined: ${reason}`, "see the controller's log, mend that, and ask again")];
  } finally {
    clearTimeout(timer);
  }
}

function address({ host, asksForTokens, encrypted }: DoctorParts): Finding {
  if (isLoopback(host)) return fine("API", `listens on ${host} alone`);
  if (!asksForTokens) return wrong("API", `listens on ${host} and asks nobody who they are`, "set DROVER_AUTH=tokens");
  if (encrypted) return fine("API", `listens on ${host}, encrypted, for those with a token`);
  return warning("API", `listens on ${host}, and tokens travel in the clear`, "set DROVER_TLS_CERT and DROVER_TLS_KEY");
}

function privileged(allowed: boolean): Finding {
  return allowed
    ? warning("privileges", "images may be privileged", "unset DROVER_ALLOW_PRIVILEGED")
    : fine("privileges", "no image may be privileged");
}
