// When a workflow runs. The unions below are what is stored; the short forms that people write are expanded by the parser.

/** `period` is an ISO 8601 duration; `start` an ISO 8601 instant (absent: now); `repeat` a count (absent: for ever). */
export type TimeSchedule =
  | { readonly period: string; readonly start?: string; readonly repeat?: number }
  | { readonly cron: string; readonly timezone?: string };

export type Schedule =
  | "daemon"
  | "manual"
  | { readonly time: TimeSchedule }
  | { readonly event: { readonly tags: readonly string[]; readonly type?: string; readonly source?: string } }
  | { readonly webhook: { readonly key: string } };

/** The word for a schedule's kind, as it appears in tables and messages. */
export type ScheduleKind = "daemon" | "manual" | "time" | "event" | "webhook";
