// `drover doctor`: what the controller finds wrong with its installation, and what can only be seen from here. Ends with 1 when
// anything is wrong.
import { stat } from "node:fs/promises";
import { type Finding, fine, warning, wrong } from "../../model/finding.ts";
import { Failure, Unreachable } from "../failure.ts";
import type { Session } from "../session.ts";
import { ownVersion } from "./version.ts";

const othersMay = 0o077;
const skewMsMax = 5_000;

export async function doctor(
  session: Session,
  { json, configPath, nowMs }: { json: boolean; configPath: string; nowMs: () => number },
): Promise<void> {
  const findings = [...(await remote(session, nowMs)), ...(await configFile(configPath))];
  session.print(json ? `${JSON.stringify(findings, null, 2)}\n` : textOf(findings));
  const count = findings.filter(({ state }) => state === "wrong").length;
  if (count > 0) throw new Failure(`${count} ${count === 1 ? "thing is" : "things are"} wrong`);
}

async function remote({ api }: Session, nowMs: () => number): Promise<readonly Finding[]> {
  try {
    const sentMs = nowMs();
    const info = await api.info();
    const { text, headers } = await api.answer({ path: "/doctor" });
    const found = JSON.parse(text) as readonly Finding[];
    return [versions(info.version), clock(headers.get("date"), sentMs, nowMs()), ...found];
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return [wrong("controller", `none answers at ${api.url} (${error.reason})`, 'start one with "drover up"')];
  }
}

function versions(controller: string): Finding {
  return controller === ownVersion
    ? fine("controller", `${controller} answers`)
    : warning("controller", `it is ${controller} and this command ${ownVersion}`, "install the same version of both");
}

/** The header tells whole seconds. */
function clock(date: string | null, sentMs: number, receivedMs: number): Finding {
  const atMs = Date.parse(date ?? "");
  const skewMs = Math.max(0, atMs > receivedMs ? atMs - receivedMs : sentMs - (atMs + 1_000));
  return skewMs > skewMsMax
    ? warning("clock here", `differs from the controller's by ${Math.round(skewMs / 1_000)} s`, "run a time service")
    : fine("clock here", "agrees with the controller's");
}

/** It may hold a token. */
async function configFile(path: string): Promise<readonly Finding[]> {
  const found = await stat(path).catch(() => null);
  if (!found) return [];
  return [
    (found.mode & othersMay) === 0
      ? fine("settings", `${path} is its owner's alone`)
      : warning("settings", `${path} is open to others`, `chmod 600 ${path}`),
  ];
}

const marks: Readonly<Record<Finding["state"], string>> = { ok: "ok      ", warning: "warning ", wrong: "WRONG   " };

function textOf(findings: readonly Finding[]): string {
  return findings
    .map(
      ({ subject, state, says, fix }) =>
        `${marks[state]} ${subject}: ${says}\n${fix ? `${" ".repeat(9)}→ ${fix}\n` : ""}`,
    )
    .join("");
}
