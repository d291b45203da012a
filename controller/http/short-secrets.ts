// What a person should know of the values of a secret, without a word of them.
import { maskedCharsMin } from "../../model/secret.ts";

export function shortOnes(values: Readonly<Record<string, string>>): readonly string[] {
  const short = Object.keys(values).filter((key) => (values[key] ?? "").trim().length < maskedCharsMin);
  if (short.length === 0) return [];
  const which = short.length === 1 ? `${short[0]} has` : `${short.join(", ")} have`;
  return [`${which} less than ${maskedCharsMin} characters: what is so short is not masked in logs, events and errors`];
}
