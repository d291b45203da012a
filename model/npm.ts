// npm packages that a script requires: names and the versions that may be taken, as in the `dependencies` of a package.json.
//
//   N1. Only versions of a registry: a git, file or web address, an alias or a tag is refused. What a range takes up is then
//       known by its version and checksum, and comes from where the machine's npm is set to look.
import { mapOf } from "./map.ts";
import { accepted, refused } from "./problem.ts";
import { type Reader, mismatch, refine } from "./reader.ts";
import { text } from "./text.ts";

/** Ranges by the names of packages. */
export type NpmRanges = Readonly<Record<string, string>>;

/** A script of a workflow is small; what it stands on takes room in every image. */
const packagesMax = 50;
/** The registry's own limit. */
const packageNameCharsMax = 214;
const rangeCharsMax = 100;

/** They come with Drover, and the one of Drover is the one that is found. */
const shipped = new Set(["vamp-node-client", "highland"]);
/** What would be no folder of its own. */
const noNames = new Set(["node_modules", "favicon.ico"]);

const part = String.raw`[a-z0-9~-][a-z0-9._~-]*`;
const packageName: Reader<string> = refine(
  text({
    expected: 'the name of an npm package, such as "lodash" or "@scope/name"',
    fix: "write it as the registry does, in lower case",
    charsMax: packageNameCharsMax,
    pattern: new RegExp(`^(?:@${part}/)?${part}$`),
  }),
  (name, at) => {
    if (shipped.has(name))
      return refused({
        path: at,
        expected: "a package that does not come with Drover",
        got: name,
        fix: "remove it: scripts can require it anyway",
      });
    return noNames.has(name)
      ? mismatch(at, name, { expected: "the name of an npm package", fix: "remove it" })
      : accepted(name);
  },
);

const number = String.raw`(?:0|[1-9]\d{0,15}|[xX*])`;
const labels = String.raw`(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?`;
const partial = String.raw`v?${number}(?:\.${number}(?:\.${number}${labels})?)?`;
const comparator = String.raw`(?:(?:[<>]=?|=|~>?|\^) *)?${partial}`;
const range = new RegExp(String.raw`^(?:${partial} - ${partial}|${comparator}(?: +${comparator})*)$`);

/** A range as node-semver reads it: `^4.17.0`, `1.x || >=2.5 <3`, `1.2 - 2.3`. */
const versionRange: Reader<string> = (raw, at) => {
  const rule = {
    expected: 'a range of versions, such as "^4.17.0" or ">=1.2 <3"',
    fix: 'write versions of the registry; addresses and tags such as "latest" are not taken',
    charsMax: rangeCharsMax,
  };
  const read = text(rule)(raw, at);
  if (!read.ok) return read;
  const isRange = read.value.split("||").every((alternative) => range.test(alternative.trim()));
  return isRange ? accepted(read.value.trim()) : mismatch(at, raw, rule);
};

const ranges = mapOf({ noun: "npm packages", key: packageName, value: () => versionRange });

export const npmRanges: Reader<NpmRanges> = refine(ranges, (read, at) => {
  const count = Object.keys(read).length;
  if (count <= packagesMax) return accepted(read);
  const fix = `leave out ${count - packagesMax}`;
  return refused({ path: at, expected: `at most ${packagesMax} npm packages`, got: String(count), fix });
});
