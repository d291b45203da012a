// What an identity may say and hear on NATS. Pure lists of subjects; the server enforces them.
import {
  apiSubject,
  eventsOf,
  inboxPrefix,
  logsOf,
  reportRequest,
  reportsOf,
  runsStream,
  token,
} from "../../bus/subjects.ts";

export type SubjectPermissions = { readonly publish: readonly string[]; readonly subscribe: readonly string[] };

/** One workflow: its own events, logs, reports and API calls, its own runs, and replies to itself. Nothing of anyone else. */
export function workflowPermissions(workflow: string): SubjectPermissions {
  const consumer = token(workflow);
  return {
    publish: [
      eventsOf(workflow),
      logsOf(workflow),
      reportsOf(workflow),
      apiSubject(workflow),
      `$JS.API.CONSUMER.MSG.NEXT.${runsStream}.${consumer}`,
      `$JS.ACK.${runsStream}.${consumer}.>`,
    ],
    subscribe: [`${inboxPrefix(workflow)}.>`, reportRequest()],
  };
}

/** The controller owns the account. */
export function controllerPermissions(): SubjectPermissions {
  return { publish: [">"], subscribe: [">"] };
}
