// What an identity may say and hear on NATS. Pure lists of subjects; the server enforces them.
import {
  apiSubject,
  controlSubject,
  eventsOf,
  inboxPrefix,
  logsOf,
  nextRuns,
  reportRequest,
  reportsOf,
  runAcks,
} from "../../bus/subjects.ts";

export type SubjectPermissions = { readonly publish: readonly string[]; readonly subscribe: readonly string[] };

/** One workflow: its own events, logs, reports and API calls, its own runs, and replies to itself. Nothing of anyone else. */
export function workflowPermissions(workflow: string): SubjectPermissions {
  return {
    publish: [
      eventsOf(workflow),
      logsOf(workflow),
      reportsOf(workflow),
      apiSubject(workflow),
      nextRuns(workflow),
      runAcks(workflow),
    ],
    subscribe: [`${inboxPrefix(workflow)}.>`, reportRequest(), controlSubject(workflow)],
  };
}

/** The controller owns the account. */
export function controllerPermissions(): SubjectPermissions {
  return { publish: [">"], subscribe: [">"] };
}
