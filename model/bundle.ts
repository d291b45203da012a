// What a bundle is: a tar with a manifest first, then the parts that the manifest names, each with its size and checksum.
import { type Parsed, accepted, refused } from "./problem.ts";
import { isObject } from "./reader.ts";

export const bundleManifestName = "manifest.json";
/** Parts of a bundle; packages have one each, `packages/<id>.tar.gz`. */
export const documentsPart = "documents.json";
export const imagesPart = "images.tar";
const format = 1;

export type BundlePart = {
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
};

/** `digest`: of the image's configuration, as the engine that it came from says it. */
export type BundledImage = { readonly reference: string; readonly digest: string };

export type BundleManifest = {
  readonly format: typeof format;
  /** Of Drover. */
  readonly version: string;
  readonly madeAt: string;
  /** Which machines images and packages are for: `linux-x64`. */
  readonly machine: string;
  readonly breeds: readonly string[];
  readonly workflows: readonly string[];
  readonly images: readonly BundledImage[];
  /** Images of breeds that were not in the engine, and are not in here. */
  readonly missing: readonly string[];
  readonly parts: readonly BundlePart[];
};

export function bundleManifestOf(facts: Omit<BundleManifest, "format">): BundleManifest {
  return { format, ...facts };
}

export function parseBundleManifest(text: string): Parsed<BundleManifest> {
  const path = bundleManifestName;
  const expected = `the manifest of a bundle of format ${format}`;
  const fix = "take a file that drover bundle save of this version has written";
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return refused({ path, expected, got: "no JSON", fix });
  }
  if (!isObject(raw) || raw["format"] !== format) {
    const got = isObject(raw) ? `format ${JSON.stringify(raw["format"])}` : "something else";
    return refused({ path, expected, got, fix });
  }
  const { version, madeAt, machine, breeds, workflows, images, missing, parts } = raw;
  const isWhole =
    [version, madeAt, machine].every(isText) &&
    [breeds, workflows, missing].every((list) => Array.isArray(list) && list.every(isText)) &&
    Array.isArray(images) &&
    images.every((one) => isObject(one) && isText(one["reference"]) && isText(one["digest"])) &&
    Array.isArray(parts) &&
    parts.every(isPart) &&
    new Set(parts.map(({ name }) => name)).size === parts.length;
  return isWhole
    ? accepted(raw as BundleManifest)
    : refused({ path, expected, got: "one with fields missing or changed", fix });
}

const partName = /^(?:documents\.json|images\.tar|packages\/[0-9a-f]{16}\.tar\.gz)$/;

function isPart(raw: unknown): raw is BundlePart {
  if (!isObject(raw)) return false;
  const { name, bytes, sha256 } = raw;
  const isSize = Number.isSafeInteger(bytes) && (bytes as number) >= 0;
  return isText(name) && partName.test(name) && isSize && isText(sha256) && /^[0-9a-f]{64}$/.test(sha256);
}

function isText(raw: unknown): raw is string {
  return typeof raw === "string";
}
