// Docker, seen from the tests: what an installation left on the engine, and its removal.
import type Docker from "dockerode";

export async function containersOf(docker: Docker, installation: string): Promise<Docker.ContainerInfo[]> {
  return docker.listContainers({ all: true, filters: { label: [`drover.installation=${installation}`] } });
}

export async function removeEverythingOf(docker: Docker, installation: string, network: string): Promise<void> {
  for (const { Id } of await containersOf(docker, installation)) {
    await docker.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone);
  }
  const label = [`drover.installation=${installation}`];
  for (const { Id } of await docker.listImages({ filters: { label } })) {
    await docker.getImage(Id).remove({ force: true }).catch(unlessGone);
  }
  await docker.getNetwork(network).remove().catch(unlessGone);
  const { Volumes } = await docker.listVolumes({ filters: { label: [`drover.installation=${installation}`] } });
  for (const { Name } of Volumes) await docker.getVolume(Name).remove().catch(unlessGone);
}

function unlessGone(error: unknown): void {
  const status = (error as { statusCode?: number }).statusCode;
  if (status !== 404 && status !== 409) throw error;
}
