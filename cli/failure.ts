// How a command ends badly: lines for stderr and an exit code. Anything else that is thrown is a bug and shows its stack.
import { problemText, type Problem } from "../model/problem.ts";

/** 1: refused or failed. 2: the command line is wrong, the value of a flag or a file that cannot be read, too; or the configuration. */
export type ExitCode = 1 | 2;

export class Failure extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 1) {
    super(message);
    this.name = "Failure";
    this.exitCode = exitCode;
  }
}

/** What the controller answers when it refuses (RFC 9457). */
export type ProblemBody = {
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  readonly problems?: readonly Problem[];
};

/** The controller answered, and said no. `lines` has one entry for each thing that is wrong. */
export class Refused extends Failure {
  readonly status: number;
  readonly lines: readonly string[];

  constructor(body: ProblemBody, exitCode: ExitCode = 1) {
    const lines = body.problems?.length
      ? body.problems.map(problemText)
      : [body.detail || body.title || `the controller answered ${body.status}`];
    super(lines.join("\n"), exitCode);
    this.name = "Refused";
    this.status = body.status;
    this.lines = lines;
  }
}

/** Nobody answered at the address. */
export class Unreachable extends Failure {
  readonly reason: string;

  constructor(url: string, reason: string) {
    super(`no controller answers at ${url} (${reason}); start one with "drover up" or set --url / DROVER_URL`);
    this.name = "Unreachable";
    this.reason = reason;
  }
}
