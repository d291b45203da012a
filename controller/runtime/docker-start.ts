// Starting an instance: its containers are created, the assignment goes to the agent's standard input, and they run.
//
//   S1. A start that fails leaves no container of the instance; one that the controller dies in leaves containers with all their
//       labels, which the inventory shows as `created` or as exited.
//   S2. Starting an instance that runs already changes nothing (R2); what is left of an earlier try is replaced.
//   S3. An agent boots while the fence around it is put up, and gets its assignment when that is done: until then it has no code to
//       run. A user's image starts when the gateway beside it is ready, so that its first call of VAMP_URL is answered.
//   S4. The assignment is on the standard input and nowhere else; an agent whose controller died before it was written reads an
//       end of input and ends.
import type Docker from "dockerode";
import type { Container, ContainerCreateOptions } from "dockerode";
import { toStartError, tolerating } from "./docker-errors.ts";
import type { DockerFence } from "./docker-fence.ts";
import type { DockerHolders } from "./docker-holders.ts";
import type { DockerImages } from "./docker-images.ts";
import { agentContainer, appContainer } from "./docker-names.ts";
import type { DockerNetwork } from "./docker-network.ts";
import { imageApp, scriptAgent, sidecarAgent } from "./docker-specs.ts";
import type { NpmImages } from "./npm-images.ts";
import { createOncePerKey } from "./once-per-key.ts";
import { type InstanceSpec, type InstanceWork, StartError } from "./runtime.ts";
import type { StartSlots } from "./start-slots.ts";

const engineAnswerMs = 60_000;
/** An agent that takes longer has a trouble of its own, which its reports or its exit will tell. */
const agentReadyMs = 10_000;
const hearsCharactersMax = 4_096;
/** What an agent writes to its standard error once its gateway listens. */
const readyMark = '"message":"ready"';
/** `USER` of an image that is not root, beyond doubt: a name could be root's, too. */
const numberOfSomebodyElse = /^[1-9]\d*(?::|$)/;
/** The holder can end between its check and the start; once is bad luck, twice is a reason to give up. */
const startTries = 2;

export type DockerStartOptions = {
  readonly installation: string;
  readonly agentImage: string;
  readonly network: DockerNetwork;
  readonly fence: DockerFence;
  readonly holders: DockerHolders;
  readonly images: DockerImages;
  readonly npmImages: NpmImages;
  readonly slots: StartSlots;
};

/** Returns the runtime's `start`. */
export function createDockerStart(docker: Docker, options: DockerStartOptions): (spec: InstanceSpec) => Promise<void> {
  const once = createOncePerKey<void>();
  const { installation } = options;

  return (spec) =>
    once(spec.instance, async () => {
      try {
        await start(spec);
      } catch (error) {
        throw toStartError(error);
      }
    });

  async function start(spec: InstanceSpec): Promise<void> {
    const { work } = spec;
    switch (work.kind) {
      case "script": {
        // Packages may have to be installed again first, which starts nothing, either.
        const image = work.packages === undefined ? null : await options.npmImages.ensure(work.packages);
        return options.slots.run(async () => {
          if (!(await runsAlready(spec))) await startScript(spec, image ?? options.agentImage);
        });
      }
      case "image":
        // A pull takes minutes and starts nothing, so it takes no slot.
        await options.images.ensure(work.image);
        refuseWhatCannotHold(spec, await options.images.user(work.image));
        return options.slots.run(async () => {
          if (!(await runsAlready(spec))) await startImage(spec, work);
        });
    }
  }

  /** True when there is nothing left to do; a rest of an earlier try is gone afterwards. */
  async function runsAlready(spec: InstanceSpec): Promise<boolean> {
    const names = [agentContainer(installation, spec.instance)];
    if (spec.work.kind === "image") names.push(appContainer(installation, spec.instance));
    const found = await Promise.all(names.map((name) => tolerating([404], docker.getContainer(name).inspect())));
    if (found.every((container) => container?.State.Running === true)) return true;
    await Promise.all(found.map((container) => (container ? remove(container.Id) : Promise.resolve())));
    return false;
  }

  async function startScript(spec: InstanceSpec, agentImage: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const holderId = await options.holders.ensure(spec.workflow, spec.reach.network);
      try {
        return await allOrNothing(async (create) => {
          const agent = await create(scriptAgent(spec, { ...options, agentImage, holderId }));
          const [stdin] = await Promise.all([boot(agent), options.fence.raise(holderId, spec)]);
          stdin.end(spec.assignment);
        });
      } catch (error) {
        if (attempt === startTries || (await options.holders.isRunning(holderId))) throw error;
      }
    }
  }

  /** Both containers exist before one of them runs, so that a running agent without an app means that the app was taken away. */
  async function startImage(spec: InstanceSpec, work: Extract<InstanceWork, { kind: "image" }>): Promise<void> {
    const attachment = await options.network.attachment();
    await allOrNothing(async (create) => {
      const agent = await create(sidecarAgent(spec, { ...options, ...attachment }));
      const app = await create(imageApp(spec, { ...work, installation, sidecarId: agent.id }));
      const stdin = await boot(agent);
      await options.fence.raise(agent.id, spec);
      stdin.end(spec.assignment);
      await readyOrEnded(agent);
      await app.start({ abortSignal: AbortSignal.timeout(engineAnswerMs) });
    });
  }

  /** Removes what `work` created when it fails, and only that. */
  async function allOrNothing(
    work: (create: (container: ContainerCreateOptions) => Promise<Container>) => Promise<void>,
  ): Promise<void> {
    const created: Container[] = [];
    try {
      await work(async (wanted) => {
        const abortSignal = AbortSignal.timeout(engineAnswerMs);
        const container = await docker.createContainer({ ...wanted, abortSignal });
        created.push(container);
        return container;
      });
    } catch (error) {
      await Promise.all(created.map((container) => remove(container.id)));
      throw error;
    }
  }

  async function remove(id: string): Promise<void> {
    await tolerating([404, 409], docker.getContainer(id).remove({ force: true, v: true }));
  }
}

/** A fence tells an agent from what runs beside it by root alone, and holds nobody who has all rights. */
function refuseWhatCannotHold({ work, reach: { network } }: InstanceSpec, user: string): void {
  if (network === "bridge" || work.kind !== "image") return;
  if (work.privileged) throw new StartError("refused", `network: ${network} cannot hold an image that is privileged`);
  if (network === "none" && !numberOfSomebodyElse.test(user)) {
    const runsAs = user === "" ? "root" : `"${user}"`;
    throw new StartError(
      "refused",
      `network: none needs an image that is known not to run as root (USER with a number, such as 1000), and ${work.image} ` +
        `runs as ${runsAs}; write "network: internal", which leaves it a connection to NATS where it has no identity`,
    );
  }
}

/** Resolves with the standard input of an agent that runs. Attached before the start, so that nothing of the input can be missed. */
async function boot(agent: Container): Promise<NodeJS.ReadWriteStream> {
  const stdin = await agent.attach({ stream: true, stdin: true, hijack: true });
  // An agent that ends before it has read everything breaks the pipe: its exit says why, not this.
  stdin.on("error", () => stdin.end());
  stdin.resume();
  await agent.start({ abortSignal: AbortSignal.timeout(engineAnswerMs) });
  return stdin;
}

/** Resolves when the agent says that it is ready, when it has ended, or when it takes too long. */
async function readyOrEnded(agent: Container): Promise<void> {
  const enough = AbortSignal.timeout(agentReadyMs);
  let heard = "";
  try {
    const output = await agent.logs({ follow: true, stdout: false, stderr: true, abortSignal: enough });
    for await (const chunk of output) {
      heard = (heard + String(chunk)).slice(-hearsCharactersMax);
      if (heard.includes(readyMark)) return;
    }
  } catch (error) {
    if (!enough.aborted) throw error;
  }
}
