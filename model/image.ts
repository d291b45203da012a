// References to container images, as a container engine takes them.
import { type Reader } from "./reader.ts";
import { text } from "./text.ts";

const referenceCharsMax = 255;

/** `[host[:port]/]repository[:tag][@sha256:digest]`, the repository in lower case. */
const reference =
  /^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

export const imageReference: Reader<string> = text({
  expected: "the reference of an image",
  fix: 'write one such as "magneticio/vamp:1.0", in lower case and without spaces',
  charsMax: referenceCharsMax,
  pattern: reference,
});
