// Reads server-sent events (WHATWG HTML, section 9.2) from the body of an answer.

/** `data` is null for a block that only says where the stream stands. */
export type SseMessage = { readonly id: string | null; readonly event: string; readonly data: string | null };

/** A server that sends no end of a message must not fill our memory. */
const messageCharactersMax = 8 * 1024 * 1024;

/** Ends when the body ends; what stands unfinished there is dropped. `onBytes` is called for every chunk, comments too. */
export async function* sseMessages(
  body: AsyncIterable<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<SseMessage, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    onBytes();
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > messageCharactersMax)
      throw new Error(`a message is longer than ${messageCharactersMax} characters`);
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const message = parseBlock(block);
      if (message) yield message;
    }
  }
}

/** Null for a block without data and id: a comment such as a heartbeat. */
function parseBlock(block: string): SseMessage | null {
  let id: string | null = null;
  let event = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") id = value;
    if (field === "event") event = value;
    if (field === "data") data.push(value);
  }
  if (data.length === 0 && id === null) return null;
  return { id, event, data: data.length === 0 ? null : data.join("\n") };
}
