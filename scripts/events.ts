// Writes docs/events.md from the list of events. A test fails when the file and the list differ.
import { writeFileSync } from "node:fs";
import { eventsText } from "./events-text.ts";

const path = new URL("../docs/events.md", import.meta.url);
writeFileSync(path, eventsText());
console.log(`wrote ${path.pathname}`);
