// Writes docs/openapi.json from the routes themselves. A test fails when the file and the routes differ.
import { writeFileSync } from "node:fs";
import { openApiText } from "./openapi-text.ts";

const path = new URL("../docs/openapi.json", import.meta.url);
writeFileSync(path, await openApiText());
console.log(`wrote ${path.pathname}`);
