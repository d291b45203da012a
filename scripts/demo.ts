// The main job, shown from the outside with the same command that a person would type: a breed in YAML becomes a container, its
// events are tailed, the workflow is edited and redeployed, and everything is cleaned up. Exits 0 only when all of it happened.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import Docker from "dockerode";

const stepTimeoutMs = 60_000;
const drover = new URL("../cli/main.js", import.meta.url).pathname;
const example = new URL("../breeds/hello.yml", import.meta.url).pathname;
const orders = new URL("../breeds/orders.yml", import.meta.url).pathname;

type Event = { type: string; value: unknown; tags: string[]; timestamp: string };

const home = await mkdtemp(join(tmpdir(), "drover-demo-"));
/** Of the demo's own, so that nothing is left of it. */
const network = `drover-demo-${process.pid}`;
const running: ChildProcess[] = [];
let failed = false;
try {
  await demo();
} catch (error) {
  failed = true;
  console.error(`\ndemo: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  for (const child of running.toReversed()) await end(child);
  await new Docker()
    .getNetwork(network)
    .remove()
    .catch(() => {});
  await rm(home, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);

async function demo(): Promise<void> {
  title("a controller, with its own nats-server and Docker as runtime", "drover up");
  const url = await startController();
  const environment = { ...process.env, DROVER_URL: url };

  title("follow the event stream", "drover tail --json");
  const events = tail(environment);
  await events.connected();

  title("a breed and a workflow in YAML", "drover apply -f breeds/hello.yml");
  console.log(indent(await readFile(example, "utf8")));
  await run(["apply", "-f", example], environment);
  await events.until(
    "the first event from the container",
    (event) => event.type === "my_type" && event.value === "from hello",
  );
  await events.until("the second one, five seconds later", (event) => event.type === "my_type");
  await run(["ps"], environment);

  title('edit the workflow: WHO becomes "an edited workflow"', "drover apply -f -");
  const edited = (await readFile(example, "utf8")).replace(
    "schedule: daemon",
    "schedule: daemon\nenvironment_variables:\n  WHO: an edited workflow",
  );
  await run(["apply", "-f", "-"], environment, edited);
  await events.until(
    "the new deployment is ready",
    (event) => event.type === "deploy" && event.tags.includes("deploy:ready"),
  );
  await events.until("its events say what was edited", (event) => event.value === "from an edited workflow");
  await run(["ps"], environment);

  title("a handler that every event of a kind sets off", "drover apply -f breeds/orders.yml");
  console.log(indent(await readFile(orders, "utf8")));
  await run(["apply", "-f", orders], environment);
  await run(["emit", "order", "--type", "order.placed", "--value", '{"id": 7, "total": 100}'], environment);
  await events.until("the event that the handler emits", (event) => event.type === "invoice.made");
  await events.until("its run is completed", (event) => event.tags.includes("run:completed"));
  await run(["runs", "--workflow", "orders"], environment);

  title("clean up", "drover delete -f breeds/orders.yml; drover delete -f breeds/hello.yml");
  await run(["delete", "-f", orders], environment);
  await events.until("the container of the handler is gone", (event) => event.tags.includes("unscheduled"));
  await run(["delete", "-f", example], environment);
  await events.until("the container of the daemon is gone", (event) => event.tags.includes("unscheduled"));
  console.log("\ndemo: all of it happened.");
}

async function startController(): Promise<string> {
  const environment = {
    ...process.env,
    DROVER_HOME: home,
    DROVER_NETWORK: network,
    DROVER_PORT: "0",
    DROVER_LOG_LEVEL: "info",
  };
  const child = start(["up"], environment);
  const lines: string[] = [];
  const url = Promise.withResolvers<string>();
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
    lines.push(line);
    const found = /"msg":"listening on (http[^"]+)"/.exec(line)?.[1];
    if (found) url.resolve(found);
  });
  child.once("exit", (code) => url.reject(new Error(`the controller ended with code ${code}:\n${lines.join("\n")}`)));
  const found = await within("the controller listens", url.promise);
  console.log(`  listening on ${found}`);
  return found;
}

/** Prints every event as it comes; `until` waits for one that has not been waited for yet. */
function tail(environment: NodeJS.ProcessEnv) {
  const unseen: Event[] = [];
  let wake: () => void = () => {};
  createInterface({ input: start(["tail", "--json"], environment).stdout as NodeJS.ReadableStream }).on(
    "line",
    (line) => {
      const event = JSON.parse(line) as Event;
      console.log(`  ${event.timestamp} ${event.type.padEnd(8)} ${JSON.stringify(event.value).slice(0, 90)}`);
      unseen.push(event);
      wake();
    },
  );
  return {
    /** A tail shows what happens from when it is connected, so something is made to happen until it shows. */
    async connected(): Promise<void> {
      while (unseen.length === 0) await run(["emit", "demo", "--value", "the tail is connected"], environment);
      unseen.length = 0;
    },
    async until(what: string, is: (event: Event) => boolean): Promise<void> {
      const found = async (): Promise<void> => {
        for (;;) {
          const event = unseen.shift();
          if (event && is(event)) return;
          if (!event) await new Promise<void>((resolve) => (wake = resolve));
        }
      };
      await within(what, found());
      console.log(`  -> ${what}`);
    },
  };
}

async function run(args: string[], environment: NodeJS.ProcessEnv, input?: string): Promise<void> {
  const child = spawn(process.execPath, [drover, ...args], {
    env: environment,
    stdio: [input === undefined ? "ignore" : "pipe", "inherit", "inherit"],
  });
  child.stdin?.end(input);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`drover ${args.join(" ")} ended with code ${code}`);
}

function start(args: string[], environment: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, [drover, ...args], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  running.push(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

async function within<T>(what: string, happening: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`this did not happen within ${stepTimeoutMs / 1000} s: ${what}`)),
      stepTimeoutMs,
    );
  });
  return Promise.race([happening, tooLate]).finally(() => clearTimeout(timer));
}

function title(what: string, command: string): void {
  console.log(`\n# ${what}\n$ ${command}`);
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  | ");
}
