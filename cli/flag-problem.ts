// What the controller says of a parameter of a request, in the words of the command line: there it is a flag.
import type { ProblemBody } from "./failure.ts";

/** Flags whose values are parameters of the same name. */
const flags =
  "tag type source run workflow since until state dead outcome field percentiles interval breeds workflows".split(" ");
const written = new RegExp(`\\b(${flags.join("|")})=`, "g");
const named = new RegExp(`^(${flags.join("|")})\\b`);

/** `isUsage`: all that is wrong is what flags of this command line say. `path` is that of the request, with its query. */
export function inFlags(body: ProblemBody, path: string): { readonly body: ProblemBody; readonly isUsage: boolean } {
  const given = new URLSearchParams(path.split("?", 2)[1]);
  const isFlag = (of: string): boolean => given.has(named.exec(of)?.[1] ?? "");
  const problems = body.problems?.map(({ path: of, fix, ...rest }) => ({
    ...rest,
    path: isFlag(of) ? `--${of}` : of,
    fix: asFlags(fix),
  }));
  return {
    body: { ...body, ...(body.detail && { detail: asFlags(body.detail) }), ...(problems && { problems }) },
    isUsage: body.status === 400 && !!body.problems?.length && body.problems.every((one) => isFlag(one.path)),
  };
}

/** `write since=1h` becomes `write --since 1h`. */
function asFlags(text: string): string {
  return text.replaceAll(written, "--$1 ");
}
