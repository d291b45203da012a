// Every event that Drover itself emits. docs/events.md is made from this list, and a test compares it with what a real controller
// emits: whoever adds an event adds it here, and provokes it there.
import { artifactEvents } from "./catalogue/artifact-events.ts";
import { controllerEvents } from "./catalogue/controller-events.ts";
import type { CatalogueEntry } from "./catalogue/entry.ts";
import { lifecycleEvents } from "./catalogue/lifecycle-events.ts";
import { runEvents } from "./catalogue/run-events.ts";

export const catalogue: readonly CatalogueEntry[] = [
  ...artifactEvents,
  ...lifecycleEvents,
  ...runEvents,
  ...controllerEvents,
];
