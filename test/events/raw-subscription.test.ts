// What a plain `nats sub 'event.>'` shows: CloudEvents 1.0 in JSON that anybody can read.
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { startEdge } from "../http/edge.ts";

const attributeName = /^[a-z0-9]{1,20}$/;

test("every event is a CloudEvent 1.0 in structured JSON", async () => {
  await using edge = await startEdge();
  const nc = await connect({ servers: edge.natsUrl });
  const seen: { subject: string; payload: string }[] = [];
  nc.subscribe("event.>", {
    callback: (_, msg) => void seen.push({ subject: msg.subject, payload: msg.string() }),
  });
  await nc.flush();
  const timestamp = new Date().toISOString();
  const values = ["", "text", 1.5, true, null, ["a", 1], { nested: { deep: [null] } }, "\u0000 é 🦊"];
  for (const value of values)
    await edge.append({ source: "/api", type: "a.b", tags: ["x:y", "x", "comma, percent %"], value, timestamp });
  await edge.append({
    source: "/controller",
    type: "t",
    tags: ["a"],
    value: {},
    timestamp,
    run: "r-1",
    cause: "e",
    hops: 2,
  });
  await expect.poll(() => seen.length).toBe(values.length + 1);
  for (const { subject, payload } of seen) {
    const { data, ...attributes } = JSON.parse(payload) as Record<string, unknown>;
    expect(attributes).toMatchObject({ specversion: "1.0", datacontenttype: "application/json" });
    for (const required of ["id", "source", "type", "time"]) expect(attributes[required]).toMatch(/./);
    expect(new Date(String(attributes["time"])).toISOString()).toBe(attributes["time"]);
    expect(URL.canParse(String(attributes["source"]), "http://any")).toBe(true);
    expect(subject).toBe(`event.-.${String(attributes["type"])}`);
    for (const [name, value] of Object.entries(attributes)) {
      expect(name).toMatch(attributeName);
      expect(["string", "number", "boolean"]).toContain(typeof value);
    }
    expect(data).toBeDefined();
  }
  expect(seen.slice(0, -1).map(({ payload }) => (JSON.parse(payload) as { data: unknown }).data)).toEqual(values);
  await nc.close();
});
