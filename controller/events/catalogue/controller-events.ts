// Events about the controller itself and about calls that it refused. What a controller does as a whole (announcements.ts) is
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
    sometimes: ["workflows:<name>", "keys:<name>"],
    kinds: {
      "refused:cross-site":
        "a web page of another site, or under a foreign name, made a browser call (403); `site` is its claim",
      "refused:workflow-code": "code of a workflow tried what needs a person (403)",
      "refused:no-key": "a webhook was called without a key (401)",
      "refused:unknown-key": "a webhook was called with a key that does not exist (401)",
      "refused:wrong-key": "a webhook was called with the key of another one (403)",
    },
    value: fields({
      reason: words("cross-site", "workflow-code", "no-key", "unknown-key", "wrong-key"),
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
];
