// How far an instance may reach, from the workflow and the breed to what the engine is asked for.
import { expect, test } from "vitest";
import { instanceSpec } from "../../controller/lifecycle/instance-spec.ts";
import { imageApp } from "../../controller/runtime/docker-specs.ts";
import { entryOf } from "./entries.ts";

const access = { servers: ["nats://172.17.0.1:4222"], credentials: null };
const may = { stopGraceMs: 0, allowsPrivileged: true };
const mayNot = { stopGraceMs: 0, allowsPrivileged: false };
const wanting = entryOf("shop", { schedule: "daemon", arguments: ["privileged=true"] }, { image: "redis:8" });

test("a workflow reaches what its network says", () => {
  const { reach } = instanceSpec(entryOf("shop", { network: "internal" }), "shop-aaaaaa-0", access, mayNot);
  expect(reach).toEqual({ network: "internal", servers: access.servers });
});

test("privileges that were saved while they were allowed are refused when they are not any more", () => {
  expect(() => instanceSpec(wanting, "shop-aaaaaa-0", access, mayNot)).toThrow(/DROVER_ALLOW_PRIVILEGED=true/);
});

test("an image that is allowed to be privileged is, and one that does not ask for it is confined", () => {
  const asked = (entry: typeof wanting) => {
    const spec = instanceSpec(entry, "shop-aaaaaa-0", access, may);
    if (spec.work.kind !== "image") throw new Error("it is an image");
    return imageApp(spec, { ...spec.work, installation: "test", sidecarId: "beside" }).HostConfig;
  };
  expect(asked(wanting)).toMatchObject({ Privileged: true, SecurityOpt: [], NetworkMode: "container:beside" });
  const plain = asked(entryOf("shop", { schedule: "daemon" }, { image: "redis:8" }));
  expect(plain?.Privileged).toBeUndefined();
  expect(plain).toMatchObject({ SecurityOpt: ["no-new-privileges"], CapDrop: expect.arrayContaining(["NET_RAW"]) });
});
