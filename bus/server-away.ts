// Whether a failure says that the NATS server is away, or does not have its streams back yet. Such a call may succeed when it is
// made again.
import { JetStreamApiError, JetStreamError } from "@nats-io/jetstream";
import { errors } from "@nats-io/nats-core";

/** JetStream API errors that are no answer to the question but say that the server cannot answer now. */
const unavailableStatus = 503;

export function isServerAway(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === unavailableStatus;
  return (
    error instanceof JetStreamError ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoRespondersError ||
    error instanceof errors.RequestError ||
    error instanceof errors.ConnectionError ||
    error instanceof errors.ClosedConnectionError ||
    error instanceof errors.DrainingConnectionError
  );
}
