// npm packages of breeds, as the rest of the controller has them: locked, kept, and cleared away when nothing needs them any more.
import { platform } from "node:os";
import type { Runtime } from "../runtime/runtime.ts";
import { createInstaller } from "./install.ts";
import type { LockedPackages } from "./lock.ts";
import { createNpm } from "./npm-command.ts";
import { type PackageStore, openPackageStore } from "./store.ts";

const tidyEveryMs = 3_600_000;

export type Packages = PackageStore & {
  /** What they are for: `linux-x64`. */
  readonly machine: string;
  /** From now on, what nothing needs is removed. `needed` says what does. */
  keepTidy(runtime: Pick<Runtime, "tidy">, needed: () => readonly LockedPackages[]): void;
  stop(): void;
};

export type PackagesOptions = {
  readonly home: string;
  readonly runtime: "docker" | "process";
  readonly npmEnvironment: Readonly<Record<string, string>>;
};

export async function openPackages(
  { home, runtime, npmEnvironment }: PackagesOptions,
  say: (line: string) => void,
): Promise<Packages> {
  const stopping = new AbortController();
  // Containers are Linux with this machine's processor, whatever this machine is; see agent-image.ts.
  const elsewhere = runtime === "docker" && platform() !== "linux";
  const target = elsewhere ? ["--os=linux", `--cpu=${process.arch}`, "--libc=glibc"] : [];
  const machine = `${elsewhere ? "linux" : platform()}-${process.arch}`;
  const installer = createInstaller(createNpm(npmEnvironment), target, stopping.signal);
  const store = await openPackageStore({ home, machine, log: say }, installer);

  return {
    ...store,
    machine,
    keepTidy(runtimeInUse, needed) {
      const tidy = async (): Promise<void> => {
        const packages = needed();
        await runtimeInUse.tidy(packages, Date.now());
        await store.sweep(new Set(packages.map(({ id }) => id)), Date.now());
      };
      const turn = (): void =>
        void tidy().catch((error: unknown) => say(`npm packages cannot be tidied now: ${String(error)}`));
      const timer = setInterval(turn, tidyEveryMs).unref();
      stopping.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
      turn();
    },
    stop: () => stopping.abort(),
  };
}

/** What every breed that is stored and every deployment needs. */
export function neededPackages(
  breeds: readonly { readonly packages?: LockedPackages }[],
  workflows: readonly { readonly deployment: { readonly packages?: LockedPackages } }[],
): LockedPackages[] {
  return [...breeds, ...workflows.map(({ deployment }) => deployment)].flatMap(({ packages }) => packages ?? []);
}
