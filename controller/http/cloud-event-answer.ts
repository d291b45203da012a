// Events as CloudEvents 1.0, to whoever accepts these. What a CloudEvent's sender gave comes out again: its id, its source, its
// data and its attributes.
//
//   O1. A list is a batch, whichever of the two media types is accepted; a single event is a batch of one to whoever takes only
//       batches. The Content-Type says which it is.
import type { FastifyReply, FastifyRequest } from "fastify";
import { cloudEventForReaders } from "../../model/cloud-event-output.ts";
import type { Event } from "../../model/event.ts";
import { cloudEventBatchType, cloudEventType } from "../../model/media-types.ts";
import { wantsYaml } from "./yaml-answer.ts";

export function wantsCloudEvents(request: FastifyRequest): boolean {
  const { accept } = request.headers;
  if (accept === undefined) return false;
  return (accept.includes(cloudEventType) || accept.includes(cloudEventBatchType)) && !wantsYaml(request);
}

export function sendCloudEvents(request: FastifyRequest, reply: FastifyReply, events: Event | readonly Event[]) {
  const onlyBatches = !(request.headers.accept ?? "").includes(cloudEventType);
  if (!isList(events) && !onlyBatches) return send(reply, cloudEventType, cloudEventForReaders(events));
  const list = isList(events) ? events : [events];
  return send(reply, cloudEventBatchType, list.map(cloudEventForReaders));
}

function isList(events: Event | readonly Event[]): events is readonly Event[] {
  return Array.isArray(events);
}

function send(reply: FastifyReply, type: string, value: unknown): FastifyReply {
  return reply.type(`${type}; charset=utf-8`).send(JSON.stringify(value));
}
