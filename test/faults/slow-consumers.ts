// Somebody who tails all events and reads nothing of what comes. Events and other tailers must not wait for that.
import { connect } from "node:net";
import type { Fault } from "./fault.ts";

const tailers = 5;

export const slowConsumers: Fault = {
  name: "slow-consumers",
  holdSecondsMax: 20,
  async inject({ drover }) {
    const { hostname, port } = new URL(drover.url);
    const sockets = Array.from({ length: tailers }, () => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      socket.pause();
      socket.write(`GET /api/v1/events/stream HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
      return socket;
    });
    return {
      what: `${tailers} tailers that read nothing`,
      undo() {
        for (const socket of sockets) socket.destroy();
      },
    };
  },
};
