// What the docker runtime says to whoever examines the installation: the engine, and every container and network of it, as the
// engine has them and not as they were asked for.
import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import { networks } from "../../model/network.ts";
import { type Finding, fine, warning, wrong } from "../../model/finding.ts";
import { type Allowed, containerProblems } from "./container-check.ts";
import { tolerating } from "./docker-errors.ts";
import type { DockerFence } from "./docker-fence.ts";
import { installationFilter, labelNames } from "./docker-names.ts";
import { engineFindings } from "./engine-check.ts";
import type { Examination } from "./runtime.ts";

const engineAnswerMs = 30_000;
/** Containers that are looked at at the same time. */
const looksAtOnce = 8;
/** More of a kind would hide the rest. */
const namedMax = 20;

type Parts = {
  readonly installation: string;
  readonly network: string;
  readonly agentImage: string;
  readonly fence: DockerFence;
};

/** Returns the runtime's `examine`. */
export function createDockerExamine(docker: Docker, parts: Parts): (known: Examination) => Promise<Finding[]> {
  const { installation, fence } = parts;
  const filters = { label: [installationFilter(installation)] };

  return async (known) => {
    const [info, version, image, containers, own] = await Promise.all([
      docker.info() as Promise<unknown>,
      docker.version(),
      tolerating([404], docker.getImage(parts.agentImage).inspect()),
      everyContainer(),
      docker.listNetworks({ filters }),
    ]);
    // Afterwards, so that its own container is not among those that are looked at.
    const missing = await fence.whyMissing();
    return [
      ...engineFindings(info, version.Version),
      image
        ? fine("agent image", `${parts.agentImage} is there`)
        : wrong("agent image", `${parts.agentImage} is gone`, "restart the controller, which builds it"),
      missing === null
        ? fine("fences", "packet rules can be put up around workflows")
        : warning(
            "fences",
            `no packet rules can be put up (${missing}): internal and none are refused, and bridge reaches this host`,
            "install nftables on the controller's host and restart the controller, or set DROVER_AGENT_BASE",
          ),
      ...(await networkFindings(own)),
      ...(missing === null ? await fenceFindings(containers) : []),
      ...containerFindings(containers, known),
    ];
  };

  async function everyContainer(): Promise<ContainerInspectInfo[]> {
    const abortSignal = AbortSignal.timeout(engineAnswerMs);
    const listed = await docker.listContainers({ all: true, filters, abortSignal });
    const found: ContainerInspectInfo[] = [];
    const left = listed.map(({ Id }) => Id);
    const look = async (): Promise<void> => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        const one = await tolerating([404], docker.getContainer(id).inspect({ abortSignal }));
        if (one) found.push(one);
      }
    };
    await Promise.all(Array.from({ length: looksAtOnce }, look));
    return found.toSorted((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  async function networkFindings(own: readonly { Name: string }[]): Promise<Finding[]> {
    const found = await tolerating([404], docker.getNetwork(parts.network).inspect());
    const subject = `network ${parts.network}`;
    const orphans = own
      .filter(({ Name }) => Name !== parts.network)
      .map(({ Name }) =>
        warning(`network ${Name}`, "is of this installation and not used", `docker network rm ${Name}`),
      );
    if (!found) return [warning(subject, "is not there", "it is made with the next container"), ...orphans];
    const isOpen = found.Options?.["com.docker.network.bridge.enable_icc"] !== "false";
    const fix = `suspend all workflows, docker network rm ${parts.network}, and resume them: it is made anew`;
    const strangers = Object.values(found.Containers ?? {}).map(({ Name }) => Name);
    const unknown = strangers.filter((name) => !name.startsWith("drover-"));
    return [
      isOpen ? wrong(subject, "lets containers reach each other", fix) : fine(subject, "keeps containers apart"),
      ...unknown.map((name) =>
        warning(`container ${name}`, `is on ${parts.network} and not Drover's`, "give it a network of its own"),
      ),
      ...orphans,
    ];
  }

  /** Around holders, and around the agents of images. */
  async function fenceFindings(containers: readonly ContainerInspectInfo[]): Promise<Finding[]> {
    const owners = containers.filter(({ Config: { Labels: labels }, State: state }) => {
      const role = labels[labelNames.role];
      const owns = role === "holder" || (role === "agent" && labels[labelNames.work] === "image");
      return owns && state.Running;
    });
    const looked = owners.slice(0, namedMax);
    const found = await Promise.all(looked.map(fenceFinding));
    const more = owners.length - looked.length;
    const said = `${looked.length - found.flat().length} of ${looked.length} that were looked at are up`;
    return [...found.flat(), fine("fences that stand", more > 0 ? `${said}; ${more} more were not looked at` : said)];
  }

  async function fenceFinding({ Id, Name, Config }: ContainerInspectInfo): Promise<Finding[]> {
    const network = networks.find((one) => one === Config.Labels[labelNames.network]) ?? "bridge";
    // One that ends meanwhile has nothing to keep apart.
    if (await fence.isUp(Id, network).catch(() => true)) return [];
    const name = Name.replace(/^\//, "");
    const says = `has no packet rules for network: ${network}, or none yet`;
    return [
      wrong(`container ${name}`, says, `if it says so again: docker rm -f ${name}; what is needed is made again`),
    ];
  }

  function containerFindings(containers: readonly ContainerInspectInfo[], known: Examination): Finding[] {
    const bad = containers.flatMap((one) => containerFinding(one, containers, known));
    const more = bad.length - namedMax;
    if (more > 0) return [...bad.slice(0, namedMax), wrong("containers", `${more} more are not as they should be`, "")];
    return [
      ...bad,
      fine("containers", `${containers.length} of this installation, ${bad.length} not as they should be`),
    ];
  }

  function containerFinding(
    found: ContainerInspectInfo,
    all: readonly ContainerInspectInfo[],
    known: Examination,
  ): Finding[] {
    const labels = found.Config.Labels;
    const name = found.Name.replace(/^\//, "");
    const subject = `container ${name}`;
    const role = labels[labelNames.role] ?? "";
    if (role === "nats") return [];
    const workflow = labels[labelNames.workflow] ?? "";
    const kin = all.filter((one) => one.Config.Labels[labelNames.workflow] === workflow && one.Id !== found.Id);
    const allowed: Allowed = {
      privileged: known.allowsPrivileged,
      networks: [parts.network, ...networkIdsOf(found)],
      joinable: new Set(kin.flatMap(({ Id, Name }) => [Id, Name.replace(/^\//, "")])),
    };
    const problems = containerProblems(found, role, allowed);
    if (problems.length > 0) {
      const fix = `nobody but Drover should make containers with its labels: docker rm -f ${name}; what is needed is made again`;
      return [wrong(subject, problems.join("; "), fix)];
    }
    if (known.isKnown(workflow)) return [];
    return [
      warning(
        subject,
        `is of "${workflow}", which is no workflow`,
        `the controller removes it; else docker rm -f ${name}`,
      ),
    ];
  }

  /** The specs name the network by its id. */
  function networkIdsOf({ NetworkSettings }: ContainerInspectInfo): readonly string[] {
    const attached = NetworkSettings.Networks[parts.network];
    return attached ? [attached.NetworkID] : [];
  }
}
