// The floor's agent, in a container: takes lines `<key> <event>` from a socket, answers with lines `<key> <result>`.
//   node floor-agent.ts <socket> handler   the code is loaded once and called for each event
//   node floor-agent.ts <socket> spare     each event gets a process of its own, booted before; it is answered when that has ended
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";

/** Processes that run at a time; with more of them than this the cores only change between them. */
const runningMax = 4;
const spareCount = 2;
const spareProgram = `process.once("message", (event) => {
  process.send({ id: event.id, out: event.value.celsius * 2 }, () => process.exit());
});`;

type FloorEvent = { readonly id: string; readonly value: { readonly celsius: number } };

const [socketPath = "", mode = "handler"] = process.argv.slice(2);
const spares: ChildProcess[] = [];
const queued: (() => void)[] = [];
let running = 0;
const socket = connect(socketPath);
let turn = "";

createInterface({ input: socket }).on("line", (line) => {
  const space = line.indexOf(" ");
  const event = JSON.parse(line.slice(space + 1)) as FloorEvent;
  const answer = (result: unknown): void => write(`${line.slice(0, space)} ${JSON.stringify(result)}\n`);
  if (mode === "handler") answer({ id: event.id, out: event.value.celsius * 2 });
  else void runInSpare(event, answer);
});
socket.once("close", () => process.exit());
if (mode === "spare") refill();

async function runInSpare(event: FloorEvent, answer: (result: unknown) => void): Promise<void> {
  if (running >= runningMax) {
    queued.push(() => void runInSpare(event, answer));
    return;
  }
  running += 1;
  const child = spares.shift() ?? boot();
  // The exit may be heard of before the result.
  const ended = Promise.all([once(child, "message"), once(child, "exit")]);
  child.send(event);
  setImmediate(refill);
  const [[result]] = await ended;
  running -= 1;
  answer(result);
  queued.shift()?.();
}

function refill(): void {
  while (spares.length < spareCount) spares.push(boot());
}

function boot(): ChildProcess {
  return spawn(process.execPath, ["-e", spareProgram], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

/** What is answered in one turn leaves in one write. */
function write(line: string): void {
  if (turn === "") {
    setImmediate(() => {
      socket.write(turn);
      turn = "";
    });
  }
  turn += line;
}
