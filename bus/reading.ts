// How streams are read: a reader asks again often enough to notice within seconds that its server was restarted. (The client's
// default notices after more than half a minute.)

export const readingOptions = { expires: 10_000, idle_heartbeat: 2_000 } as const;
