/** A value as people write it on a command line: JSON when it is JSON, else the text as it is. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
