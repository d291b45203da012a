// The name of this installation: it marks every container, so that two controllers with different homes share an engine in peace.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writePrivateFile } from "./identity/private-file.ts";

const nameBytes = 4;

export function installationOf(home: string): string {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = join(home, "installation");
  try {
    const name = readFileSync(path, "utf8").trim();
    if (name !== "") return name;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const name = randomBytes(nameBytes).toString("hex");
  writePrivateFile(path, `${name}\n`);
  return name;
}
