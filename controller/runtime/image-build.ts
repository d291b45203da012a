// Two questions to the engine that every image of ours asks: is it there, and has the engine finished making it.
import type Docker from "dockerode";
import { tolerating } from "./docker-errors.ts";

export async function imageExists(docker: Docker, tag: string): Promise<boolean> {
  return (await tolerating([404], docker.getImage(tag).inspect())) !== null;
}

/** Reads the engine's progress to its end; rejects with the error that it reports on the way, which is a line like the others. */
export function progressDone(docker: Docker, progress: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    let reported: string | null = null;
    docker.modem.followProgress(
      progress,
      (error) => {
        if (error) reject(error);
        else if (reported !== null) reject(new Error(reported));
        else resolve();
      },
      ({ error }: { readonly error?: string }) => (reported ??= error ?? null),
    );
  });
}
