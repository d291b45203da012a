import { expect, test } from "vitest";
import { cloudEventForReaders } from "../../model/cloud-event-output.ts";

const event = { id: "d-1", source: "/s", type: "t", tags: ["t"], value: 1, timestamp: "2026-01-31T08:15:30.123Z" };
const wire = { specversion: "1.0", type: "t", time: event.timestamp, tags: "t" };
const shown = (over: object): unknown => JSON.parse(JSON.stringify(cloudEventForReaders({ ...event, ...over })));

test("a sender's id and source come out again", () => {
  expect(shown({ attributes: { id: "s-1", ext: 1 } })).toStrictEqual({
    ...wire,
    id: "s-1",
    source: "/s",
    datacontenttype: "application/json",
    ext: 1,
    data: 1,
  });
});

test("what code of a workflow claims is no source, and its id goes with that claim", () => {
  const attributes = { id: "s-1", source: "/controller" };
  expect(shown({ source: "/workflows/hello", run: "r", attributes })).toMatchObject({
    id: "d-1",
    source: "/workflows/hello",
    workflow: "hello",
    runid: "r",
    senderid: "s-1",
    sendersource: "/controller",
  });
});

test("without a value there are no data", () => {
  expect(shown({ value: "" })).toStrictEqual({ ...wire, id: "d-1", source: "/s" });
  expect(shown({ value: "", attributes: { datacontenttype: "text/plain" } })).toMatchObject({ data: "" });
  expect(shown({ value: null })).toMatchObject({ data: null });
});
