// What is generated and committed is what the code says now.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { settings } from "../controller/options.ts";
import { openApiText } from "../scripts/openapi-text.ts";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

test("docs/openapi.json describes the routes as they are (npm run openapi writes it)", async () => {
  expect(read("docs/openapi.json")).toBe(await openApiText());
});

test("the README lists every setting with its default and meaning", () => {
  const readme = read("README.md");
  for (const { name, fallback, meaning } of settings) {
    expect(readme).toContain(`| \`${name}\` | ${fallback === "" ? "" : `\`${fallback}\``} | ${meaning} |`);
  }
});
