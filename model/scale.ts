// How much a workflow gets: cores, memory and the number of its containers.
import { memorySize } from "./memory.ts";
import { wholeNumber } from "./number.ts";
import { accepted, refused } from "./problem.ts";
import { type Reader, mismatch } from "./reader.ts";
import { optional, record } from "./record.ts";
import type { Scale } from "./workflow.ts";

const cpuMin = 0.01;
const cpuMax = 256;
const instancesMax = 100;

export const defaultScale: Scale = { cpu: 0.1, memory: "128MB", instances: 1 };

const cpu: Reader<number> = (raw, at) => {
  const wanted = { expected: `cores from ${cpuMin} to ${cpuMax}`, fix: 'write a number such as 0.5, or "500m"' };
  const cores = typeof raw === "string" ? coresOf(raw) : raw;
  return typeof cores === "number" && cores >= cpuMin && cores <= cpuMax ? accepted(cores) : mismatch(at, raw, wanted);
};

/** `0.5`, or `500m` in thousandths of a core. */
function coresOf(written: string): number | null {
  const [, digits, thousandths] = /^\s*(\d{1,6}(?:\.\d{1,6})?)(m?)\s*$/.exec(written) ?? [];
  return digits === undefined ? null : Number(digits) / (thousandths === "m" ? 1000 : 1);
}

const amounts = record<Scale>(
  {
    cpu: optional(cpu, defaultScale.cpu),
    memory: optional(memorySize, defaultScale.memory),
    instances: optional(wholeNumber({ noun: "instances", min: 0, max: instancesMax }), defaultScale.instances),
  },
  { noun: "a scale" },
);

export const scale: Reader<Scale> = (raw, at) => {
  if (typeof raw !== "string") return amounts(raw, at);
  const expected = "a scale with cpu, memory and instances";
  return refused({ path: at, expected, got: "the name of a scale", fix: "write the amounts here" });
};
