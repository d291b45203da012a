// The agent of one instance: reads its assignment from standard input, then works until it is told to stop.
//
// Exit codes: 0 stopped as asked, drained, or done with the one run that it was for; 64 the assignment or the options are wrong; 70 NATS cannot be reached or refuses this
// identity, the secrets of the workflow cannot be had, or the agent itself failed. Whoever started the agent decides whether to start it again.
import process from "node:process";
import { problemText } from "../model/problem.ts";
import { type Agent, startAgent } from "./agent.ts";
import { readAssignment } from "./assignment.ts";
import { systemClock } from "./clock.ts";
import { openConnection } from "./connection.ts";
import { log, reasonOf } from "./log.ts";
import { type AgentOptions, resolveOptions } from "./options.ts";

const exitUsage = 64;
const exitSoftware = 70;

process.on("uncaughtException", (error) => end(exitSoftware, `the agent failed: ${error.stack ?? error.message}`));

const stopAsked = new Promise<NodeJS.Signals>((resolve) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
});

main().catch((error: unknown) => end(exitSoftware, reasonOf(error)));

async function main(): Promise<void> {
  const options = optionsOrEnd();
  const parsed = await readAssignment(process.stdin);
  if (!parsed.ok) return end(exitUsage, parsed.problems.map(problemText).join("; "));
  const assignment = parsed.value;

  const connection = await orStopped(openConnection(assignment));
  const agent = await orStopped(startAgent(assignment, options, { connection, clock: systemClock }));
  const closedByServer = connection.closed.then((error) => error ?? new Error("the connection to NATS was closed"));
  const asked = stopAsked.then((signal) => `the agent was asked to stop (${signal})`);
  const first = await Promise.race([asked, closedByServer, agent.finished]);
  if (first instanceof Error) await endWithoutNats(agent, first);
  else await agent.stop(first);
  process.exit(0);
}

function optionsOrEnd(): AgentOptions {
  try {
    return resolveOptions(process.env, { entryPath: process.argv[1] ?? "", isRoot: process.getuid?.() === 0 });
  } catch (error) {
    return end(exitUsage, reasonOf(error));
  }
}

/** Before there is user code, being asked to stop needs no ceremony. */
async function orStopped<T extends object>(work: Promise<T>): Promise<T> {
  const first = await Promise.race([work, stopAsked]);
  if (typeof first === "string") process.exit(0);
  return first;
}

/** Without an identity the agent is of no use, and user code must not outlive it. */
async function endWithoutNats(agent: Agent, error: Error): Promise<never> {
  const reason = `NATS ended the connection: ${error.message}`;
  await agent.stop(reason);
  return end(exitSoftware, reason);
}

function end(code: number, reason: string): never {
  log.error(reason, { exitCode: code });
  process.exit(code);
}
