// How far a workflow's code reaches. What each word closes is written down in docs/isolation.md.
import type { Reader } from "./reader.ts";
import { oneOf } from "./text.ts";

/** `bridge`: the world, not this host. `internal`: the API and nothing else. `none`: loopback, which the API is on, alone. */
export type Network = "bridge" | "internal" | "none";

export const networks: readonly Network[] = ["bridge", "internal", "none"];

export const network: Reader<Network> = oneOf(...networks);
