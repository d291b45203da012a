// What JetStream answers to a publish, and why a message is not known to be stored.

/** Error codes of JetStream: the expected last sequence of the subject is another, and a limit of the stream leaves no room. */
const wrongLastSequence = 10_071;
const noRoom = 10_077;

export type Ack = {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly err_code?: number; readonly description?: string };
};

/**
 * With `unanswered` the message may be stored: repeat it under the same message id. `exists`: the subject holds another one.
 * `full`: the stream takes no more now. `overloaded`: too much waits here already; nothing was sent. `refused`: any other answer
 * of the server.
 */
export class PublishError extends Error {
  readonly code: "unanswered" | "refused" | "exists" | "full" | "overloaded" | "closed";
  constructor(code: PublishError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Null: it is stored. `ack` is null when nobody takes the subject. */
export function refusalOf(ack: Ack | null): PublishError | null {
  if (ack === null) return new PublishError("refused", "no stream takes this subject");
  if (!ack.error && ack.seq !== undefined) return null;
  const reason = ack.error?.description ?? "the server sent no sequence number";
  switch (ack.error?.err_code) {
    case wrongLastSequence:
      return new PublishError("exists", `the subject holds a message: ${reason}`);
    case noRoom:
      return new PublishError("full", reason);
    default:
      return new PublishError("refused", reason);
  }
}
