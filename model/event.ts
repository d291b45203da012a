// An event: something that happened, as Vamp's REST API shows it. On the wire it is CloudEvents 1.0 JSON; cloud-event.ts converts.

export type Event = {
  /** Unique; also the message id by which JetStream refuses a second publish. */
  readonly id: string;
  /** Who emitted it: `/workflows/<name>` for a workflow, `/api` for the REST API, `/controller` for Drover itself. */
  readonly source: string;
  /** Letters, digits, `_ - . /`; `event` when the sender gave none. */
  readonly type: string;
  /** At least one; `a:b` is accompanied by `a`. */
  readonly tags: readonly string[];
  /** Any JSON; `""` when the sender gave none. */
  readonly value: unknown;
  /** ISO 8601 instant in UTC with milliseconds. */
  readonly timestamp: string;
  /** The run that emitted it, when a run did. */
  readonly run?: string;
  /** The event or slot that set off that run. */
  readonly cause?: string;
  /** How many runs lie between this event and the one that began the chain. */
  readonly hops?: number;
};
