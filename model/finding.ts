// What an examination of an installation found of one thing: it is as it should be, or not, and then how to mend it.

export type Finding = {
  /** Such as `container drover-home-hello-3fa9c1-0`, `home`, `engine`. */
  readonly subject: string;
  /** `warning`: it works, and is weaker or fuller than it should be. `wrong`: what Drover promises does not hold. */
  readonly state: "ok" | "warning" | "wrong";
  /** One sentence. */
  readonly says: string;
  /** What to do about it; empty when there is nothing to do. */
  readonly fix: string;
};

export function fine(subject: string, says: string): Finding {
  return { subject, state: "ok", says, fix: "" };
}

export function warning(subject: string, says: string, fix: string): Finding {
  return { subject, state: "warning", says, fix };
}

export function wrong(subject: string, says: string, fix: string): Finding {
  return { subject, state: "wrong", says, fix };
}
