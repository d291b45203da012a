// An API call of user code, without the secrets of its workflow. What has none goes on as it came, to the byte.
import type { Mask } from "../model/mask.ts";
import type { Call } from "./forward.ts";

export function maskedCall(call: Call, mask: Mask): Call {
  if (mask.bytesMax === 0) return call;
  const headers = Object.entries(call.headers).map(([name, value]) => [
    name,
    typeof value === "string" ? mask.text(value) : value,
  ]);
  return { ...call, url: mask.text(call.url), headers: Object.fromEntries(headers), body: maskedBody(call.body, mask) };
}

/** Of JSON, and of lines of it, the values are masked, so that it is JSON afterwards, too. */
function maskedBody(body: string, mask: Mask): string {
  if (mask.text(body) === body) return body;
  const whole = maskedJson(body, mask);
  if (whole !== null) return whole;
  const lines = body.split("\n").map((line) => (line.trim() === "" ? line : maskedJson(line, mask)));
  return lines.every((line) => line !== null) ? lines.join("\n") : mask.text(body);
}

/** Null when it is no JSON. */
function maskedJson(text: string, mask: Mask): string | null {
  try {
    return JSON.stringify(mask.value(JSON.parse(text) as unknown));
  } catch {
    return null;
  }
}
