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
  secretsSubject,
  testReportSubject,
} from "../../bus/subjects.ts";

export type SubjectPermissions = { readonly publish: readonly string[]; readonly subscribe: readonly string[] };

/** One workflow: its own events, logs, reports, API calls and secrets, its own runs, and replies to itself. Nothing of anyone else. */
export function workflowPermissions(workflow: string): SubjectPermissions {
  return {
    publish: [
      eventsOf(workflow),
      logsOf(workflow),
      reportsOf(workflow),
      apiSubject(workflow),
      secretsSubject(workflow),
      nextRuns(workflow),
      runAcks(workflow),
    ],
    subscribe: [`${inboxPrefix(workflow)}.>`, reportRequest(), controlSubject(workflow)],
  };
}

/** A test of a breed: its API calls, its secrets and how its runs go, all with the controller that has begun it. It can store nothing. */
export function testPermissions(owner: string): SubjectPermissions {
  return {
    publish: [apiSubject(owner), secretsSubject(owner), testReportSubject(owner)],
    subscribe: [`${inboxPrefix(owner)}.>`],
  };
}

/** The controller owns the account. */
export function controllerPermissions(): SubjectPermissions {
  return { publish: [">"], subscribe: [">"] };
}
