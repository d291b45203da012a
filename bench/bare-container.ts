// The floor of a first event: what the engine itself needs to bring one line out of a fresh container of the same image, as
// `docker run` does it, without limits, confinement or anybody who watches.
import { once } from "node:events";
import { PassThrough } from "node:stream";
import type Docker from "dockerode";

const program = 'console.log("up")';

/** Milliseconds from the request to the first line. `network` is a mode such as `bridge` or `container:<id>`. */
export async function bareFirstLineMs(docker: Docker, image: string, network: string): Promise<number> {
  const startedMs = performance.now();
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ["/usr/local/bin/node"],
    Cmd: ["-e", program],
    AttachStdout: true,
    HostConfig: { NetworkMode: network },
  });
  try {
    const attached = await container.attach({ stream: true, stdout: true });
    const stdout = new PassThrough();
    container.modem.demuxStream(attached, stdout, stdout);
    const firstLine = once(stdout, "data");
    await container.start();
    await firstLine;
    return performance.now() - startedMs;
  } finally {
    await container.remove({ force: true, v: true });
  }
}
