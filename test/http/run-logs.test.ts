// What one run wrote, over HTTP.
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { runReport, startEdge, workflow } from "./edge.ts";

test("the lines of a run are followed until it is over", async () => {
  await using edge = await startEdge(workflow({ name: "hello", schedule: "manual" }));
  await edge.report(runReport());
  await edge.write("hello", "r-1", "before");
  await edge.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = edge.app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/api/v1/runs/r-1/logs`;
  expect(await (await fetch(url)).json()).toMatchObject([{ text: "before" }]);
  const response = await fetch(`${url}?follow=true`);
  await edge.write("hello", "r-2", "another run");
  await edge.write("hello", "r-1", "after");
  const finishedAt = new Date().toISOString();
  await edge.report(
    runReport({ state: "completed", attempt: 1, finishedAt, outcome: { kind: "completed", exitCode: 0 } }),
  );
  const stream = await response.text();
  expect([...stream.matchAll(/"text":"(\w+)"/g)].map(([, said]) => said)).toEqual(["before", "after"]);
  expect(stream).toMatch(/event: over\ndata: "completed"\n\n$/);
  const late = await (await fetch(`${url}?follow=true`)).text();
  expect(late).toContain("event: over");
});
