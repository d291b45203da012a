import type { ControllerApi } from "./controller-api.ts";

/** What a command works with. */
export type Session = {
  readonly api: ControllerApi;
  /** The command's result: standard output. */
  readonly print: (text: string) => void;
  /** One line for the person beside it: standard error. */
  readonly say: (line: string) => void;
  /** Fires on the next Ctrl-C, which then does not kill the process. */
  readonly interruption: () => AbortSignal;
};
