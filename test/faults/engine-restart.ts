// The Docker engine ends, in order or by a kill, and is started again. Its containers end with it.
import type { Fault } from "./fault.ts";

export const engineRestart: Fault = {
  name: "engine-restart",
  holdSecondsMax: 0,
  async inject({ engine, random }) {
    if (engine === null) return null;
    const signal = random() < 0.5 ? "SIGTERM" : "SIGKILL";
    await engine.restart(signal);
    return { what: `restarted the Docker engine (${signal})` };
  },
};
