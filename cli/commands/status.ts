import type { Session } from "../session.ts";

const requests = {
  suspend: { status: "suspended", said: "suspending" },
  resume: { status: "running", said: "resuming" },
  restart: { status: "restarting", said: "restarting" },
} as const;

export type StatusRequest = keyof typeof requests;

/** Asks for a status; the controller works towards it, `drover ps` shows how far it is. */
export async function setStatus(session: Session, request: StatusRequest, names: readonly string[]): Promise<void> {
  const { status, said } = requests[request];
  for (const name of names) {
    await session.api.setStatus(name, status);
    session.print(`workflow ${name} ${said}\n`);
  }
}
