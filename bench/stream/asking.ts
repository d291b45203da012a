// Requests one after the other on one connection, each timed from its first byte to the last of the answer.
import { Agent, type IncomingHttpHeaders, type IncomingMessage, get } from "node:http";

export type Asked = { readonly ms: number; readonly headers: IncomingHttpHeaders; readonly text: string };

export type Asker = Disposable & {
  /** Throws when the answer is not 200. */
  ask(path: string): Promise<Asked>;
};

export function createAsker(url: string): Asker {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    async ask(path) {
      const startedMs = performance.now();
      const { status, headers, text } = await answerTo(url + path, agent);
      if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 500)}`);
      return { ms: performance.now() - startedMs, headers, text };
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

type Answer = { readonly status: number | undefined; readonly headers: IncomingHttpHeaders; readonly text: string };

function answerTo(address: string, agent: Agent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = get(address, { agent }, (answer: IncomingMessage) => {
    let text = "";
    answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    answer.once("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    answer.once("error", reject);
  });
  request.once("error", reject);
  return promise;
}
