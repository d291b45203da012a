// What a runner says, as the text of frames. It is put together by hand from texts that were made with functions taken when this
// file was loaded: user code in the same process may have replaced JSON, or given every object a toJSON.
import { flawOf } from "../model/json-value.ts";
import { errorCharsMax, resultBytesMax } from "./runner-frames.ts";

const { parse, stringify } = JSON;
const byteLength = Buffer.byteLength.bind(Buffer);

export const saidReady = `{"kind":"ready"}`;

export function saidLoaded(handler: boolean): string {
  return `{"kind":"loaded","handler":${handler}}`;
}

/** Throws when the value cannot be kept: it is not JSON, or too large. */
export function saidValue(kind: "result" | "answered", value: unknown): string {
  if (value === undefined) return `{"kind":"${kind}"}`;
  return `{"kind":"${kind}","value":${resultText(value)}}`;
}

export function saidError(kind: "threw" | "uncaught", thrown: unknown): string {
  const { message, stack } = describe(thrown);
  const stackPart = stack === null ? "" : `,"stack":${textOf(stack)}`;
  return `{"kind":"${kind}","error":{"message":${textOf(message)}${stackPart}}}`;
}

function resultText(value: unknown): string {
  const refuse = (why: string): never => {
    throw new TypeError(`this cannot be the result of a run: ${why}`);
  };
  let text: string | undefined;
  try {
    text = stringify(value);
  } catch (error) {
    return refuse(`it is not JSON: ${describe(error).message}`);
  }
  if (text === undefined) return refuse(`it is not JSON: a ${typeof value}`);
  const bytes = byteLength(text);
  if (bytes > resultBytesMax) {
    return refuse(`it takes ${bytes} bytes as JSON, and at most ${resultBytesMax} are kept; emit events for more`);
  }
  const flaw = flawOf(parse(text));
  return flaw === null ? text : refuse(`it has ${flaw}`);
}

type Description = { readonly message: string; readonly stack: string | null };

/** Anything can be thrown, and looking at it can throw again. */
function describe(thrown: unknown): Description {
  try {
    if (!(thrown instanceof Error)) return { message: plain(thrown), stack: null };
    // Its fields may hold anything, whatever their types say.
    const { name, message, stack }: { name?: unknown; message?: unknown; stack?: unknown } = thrown;
    return { message: plain(message) || plain(name), stack: typeof stack === "string" ? stack : null };
  } catch {
    return { message: "an error that cannot be looked at was thrown", stack: null };
  }
}

function plain(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  return stringify(thrown) ?? "an object without a text";
}

function textOf(text: string): string {
  return stringify(text.slice(0, errorCharsMax));
}
