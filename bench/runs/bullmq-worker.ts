// BullMQ's side of the handler, as a process of its own: the same code as everywhere, isolated from nothing.
//   node bullmq-worker.ts <port> <queue>
// Writes a line to standard output when it takes jobs.
import { Worker } from "bullmq";
import type { TriggerEvent } from "./trigger-event.ts";

const concurrency = 50;

const [port = "", queue = ""] = process.argv.slice(2);
const connection = { host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null };
const worker = new Worker<TriggerEvent>(queue, async ({ data }) => ({ id: data.id, out: data.value.celsius * 2 }), {
  connection,
  concurrency,
});
await worker.waitUntilReady();
console.log(`redis://127.0.0.1:${port}`);
process.once("SIGTERM", () => process.exit());
