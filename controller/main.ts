// The controller as a process: options, log, signals and exit codes.
import { setFlagsFromString } from "node:v8";
import pino, { type Logger } from "pino";
import { startController } from "./app.ts";
import { type ControllerOptions, OptionError, resolveOptions } from "./options.ts";

/** Exit codes as the CLI promises them: 1 it failed, 2 it was set up wrongly. */
const exitFailed = 1;
const exitUsage = 2;
/**
 * How much the heap may grow until all of it is collected, in per cent of what lives. Left to itself V8 lets it, and the buffers
 * that hang on it, grow to several times that while batches come in: 60 MiB more, without being quicker.
 */
const heapGrowingPercent = 30;

/** Runs until SIGINT or SIGTERM; a second signal ends it at once. Resolves with the exit code. */
export async function runController(environment: NodeJS.ProcessEnv): Promise<number> {
  let options: ControllerOptions;
  try {
    options = resolveOptions(environment);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    process.stderr.write(`drover: ${error.message}\n`);
    return exitUsage;
  }
  setFlagsFromString(`--heap-growing-percent=${heapGrowingPercent}`);
  const log = pino({ level: options.logLevel });
  const ended = Promise.withResolvers<number>();
  const onSignal = (signal: NodeJS.Signals): void => {
    log.info(
      { signal },
      "stopping, and an own nats-server too; workflows keep running, their events wait for some minutes",
    );
    process.once("SIGINT", () => process.exit(exitFailed)).once("SIGTERM", () => process.exit(exitFailed));
    ended.resolve(0);
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const onFatal = (error: Error): void => {
    log.fatal({ err: error }, "the controller cannot go on");
    ended.resolve(exitFailed);
  };
  return run(options, log, ended.promise, onFatal);
}

async function run(
  options: ControllerOptions,
  log: Logger,
  ended: Promise<number>,
  onFatal: (error: Error) => void,
): Promise<number> {
  try {
    // Being asked to stop ends a start that waits for something, too.
    const controller = await Promise.race([startController(options, log, onFatal), ended]);
    if (typeof controller === "number") return controller;
    log.info({ url: controller.url, home: options.home, runtime: options.runtime }, `listening on ${controller.url}`);
    const code = await ended;
    await controller.stop();
    return code;
  } catch (error) {
    log.fatal({ reason: error instanceof Error ? error.message : String(error) }, "the controller could not start");
    log.debug({ err: error });
    return error instanceof OptionError ? exitUsage : exitFailed;
  }
}
