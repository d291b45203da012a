// Events about the controller itself, about calls that it refused and about tests. What a controller does as a whole (announcements.ts) is
// listed here.
import type { CatalogueEntry } from "./entry.ts";
import { fields, orNull, words } from "./shape.ts";

const sources = ["/controller"];
const installation = "6f2c01ab9d3e";

export const controllerEvents: readonly CatalogueEntry[] = [
  {
    type: "controller",
    sources,
    tags: ["installations:<installation>"],
    kinds: { "controller:started": "a controller answers" },
    value: fields({ state: words("started"), installation: "text", version: "text", runtime: "text", url: "text" }),
    example: {
      tags: ["controller", "controller:started", `installations:${installation}`, "installations"],
      value: { state: "started", installation, version: "0.1.0", runtime: "docker", url: "http://127.0.0.1:8080" },
    },
  },
  {
    type: "controller",
    sources,
    tags: ["installations:<installation>"],
    kinds: { "controller:stopping": "a controller was asked to stop; one that is killed says nothing" },
    value: fields({ state: words("stopping"), installation: "text" }),
    example: {
      tags: ["controller", "controller:stopping", `installations:${installation}`, "installations"],
      value: { state: "stopping", installation },
    },
  },
  {
    type: "lead",
    sources,
    tags: ["installations:<installation>"],
    kinds: {
      "lead:gained": "a controller leads: it sets runs off and has the containers",
      "lead:lost": "it leads no more, or is not sure that it does; one that is killed says nothing",
    },
    value: fields({ state: words("gained", "lost"), installation: "text" }),
    example: {
      tags: ["lead", "lead:gained", `installations:${installation}`, "installations"],
      value: { state: "gained", installation },
    },
  },
  {
    type: "index",
    sources,
    tags: ["installations:<installation>"],
    kinds: { "index:rebuilt": "the event index was empty, and was built from the stream up to the sequence `through`" },
    value: fields({
      state: words("rebuilt"),
      installation: "text",
      events: "integer",
      through: "integer",
      tookMs: "integer",
    }),
    example: {
      tags: ["index", "index:rebuilt", `installations:${installation}`, "installations"],
      value: { state: "rebuilt", installation, events: 120, through: 120, tookMs: 15 },
    },
  },
  {
    type: "refused",
    sources,
    tags: [],
    sometimes: ["workflows:<name>", "keys:<name>", "tokens:<name>"],
    kinds: {
      "refused:cross-site":
        "a web page of another site, or under a foreign name, made a browser call (403); `site` is its claim",
      "refused:workflow-code": "code of a workflow tried what needs a person (403)",
      "refused:no-key": "a webhook was called without a key (401)",
      "refused:unknown-key": "a webhook was called with a key that does not exist (401)",
      "refused:wrong-key": "a webhook was called with the key of another one (403)",
      "refused:no-token": "a call that takes a token had none (401)",
      "refused:unknown-token": "a call had a token that does not exist, or not any more (401)",
      "refused:expired-token": "a call had a token that has expired (401)",
      "refused:role": "a token was used for what its role may not (403)",
      "refused:scope": "a token was used for a workflow that is not in its scope (403)",
      "refused:permissions": "somebody who is no admin tried to give code more rights (403)",
      "refused:rate": "a token, a key or code of a workflow made too many requests a second (429)",
    },
    value: fields({
      reason: words(
        "cross-site",
        "workflow-code",
        "no-key",
        "unknown-key",
        "wrong-key",
        "no-token",
        "unknown-token",
        "expired-token",
        "role",
        "scope",
        "permissions",
        "rate",
      ),
      by: "text",
      status: "integer",
      method: "text",
      route: orNull("text"),
      workflow: orNull("text"),
      site: orNull("text"),
      count: "integer",
      since: "instant",
    }),
    example: {
      tags: ["refused", "refused:workflow-code", "workflows:hello", "workflows"],
      value: {
        reason: "workflow-code",
        by: "workflow:hello",
        status: 403,
        method: "PUT",
        route: "/api/v1/breeds/:name",
        workflow: null,
        site: null,
        count: 1,
        since: "2026-03-01T09:00:00.000Z",
      },
    },
  },
  {
    type: "test",
    sources,
    tags: ["breeds:<name>"],
    kinds: {
      "test:completed": "a breed was tested, and completed on every event that it was given",
      "test:failed": "a breed was tested, and did not",
    },
    value: fields({
      breed: "text",
      by: "text",
      state: words("completed", "failed"),
      events: "integer",
      completed: "integer",
      tookMs: "integer",
    }),
    example: {
      tags: ["test", "test:completed", "breeds:orders", "breeds"],
      value: { breed: "orders", by: "local", state: "completed", events: 3, completed: 3, tookMs: 640 },
    },
  },
];
