// So many POSTs as fast as a server takes them, from this process. Every answer must be 2xx.
import { Agent, request } from "node:http";
import autocannon from "autocannon";

const connections = 50;
const headers = { "content-type": "application/json" };

export type Poster = Disposable & {
  /** Sends one body on a connection that stays open; resolves with the answer's body. */
  post(body: string): Promise<string>;
  flood(body: string, count: number): Promise<void>;
};

export function createPoster(url: string): Poster {
  const agent = new Agent({ keepAlive: true });
  return {
    post: async (body) => post(url, { agent, body }),
    async flood(body, amount) {
      // It wants to send at least one request on each connection.
      const lanes = Math.min(connections, amount);
      const result = await autocannon({ url, method: "POST", body, headers, connections: lanes, amount });
      if (result.errors + result.non2xx > 0) {
        throw new Error(`${result.errors} errors and ${result.non2xx} refusals from ${url}`);
      }
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

async function post(url: string, { agent, body }: { agent: Agent; body: string }): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const sent = request(url, { method: "POST", headers, agent }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.once("end", () => {
      const text = Buffer.concat(chunks).toString();
      if ((answer.statusCode ?? 0) < 300) resolve(text);
      else reject(new Error(`${url} answered ${answer.statusCode}: ${text}`));
    });
  });
  sent.once("error", reject);
  sent.end(body);
  return promise;
}
