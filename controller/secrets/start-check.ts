// Before an instance is started: whether its secrets can be given to it. What cannot is said at once, instead of by an agent that
// waits in vain.
import { needsAny, needsOf } from "../../model/secret-needs.ts";
import type { LiveWorkflow } from "../artifacts/entry.ts";
import { StartError } from "../runtime/runtime.ts";
import { missingIn } from "./missing.ts";
import type { OpenedSecrets } from "./open-secrets.ts";

/** Throws StartError. */
export function checkSecrets(
  { artifact, deployment }: LiveWorkflow,
  secrets: Pick<OpenedSecrets, "get" | "vault">,
): void {
  const needs = needsOf(artifact, deployment.breed);
  if (!needsAny(needs)) return;
  if (secrets.vault.kind === "locked") throw new StartError("refused", `secrets are locked: ${secrets.vault.reason}`);
  const [missing] = missingIn(needs, secrets);
  if (missing) throw new StartError("refused", missing.reason);
}
