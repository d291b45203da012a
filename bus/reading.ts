// How streams are read: a reader asks again often enough to notice within seconds that its server was restarted (the client's
// default notices after more than half a minute), and for many messages at a time: each request costs as much as several messages.

const readAhead = 1_000;

export const readingOptions = {
  expires: 10_000,
  idle_heartbeat: 2_000,
  max_messages: readAhead,
  threshold_messages: readAhead / 2,
} as const;
