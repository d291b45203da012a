// Files of KEY=VALUE lines, as other tools write them.
import { expect, test } from "vitest";
import { readDotenv } from "../../cli/dotenv.ts";

test("values are read as they are meant", () => {
  const text = [
    "# a comment",
    "PLAIN=some text # and a comment",
    "export EXPORTED=a=b#c",
    "SPACED = 1",
    "SINGLE='raw \\n # $HOME'",
    'DOUBLE="first\\nsecond \\"quoted\\" \\\\ # none"  # a comment',
    "EMPTY=",
    'PEM="-----BEGIN-----',
    "abc",
    '-----END-----"',
    "",
    "LAST=1",
  ].join("\r\n");
  expect(readDotenv(text)).toEqual({
    ok: true,
    value: {
      PLAIN: "some text",
      EXPORTED: "a=b#c",
      SPACED: "1",
      SINGLE: "raw \\n # $HOME",
      DOUBLE: 'first\nsecond "quoted" \\ # none',
      EMPTY: "",
      PEM: "-----BEGIN-----\nabc\n-----END-----",
      LAST: "1",
    },
  });
});

test.each(["hidden", "A B=hidden", "A='hidden", 'A="hidden', "A='x' hidden", "=hidden"])(
  "%s is refused, and not shown",
  (line) => {
    const parsed = readDotenv(`OK=1\n${line}\nALSO=1\n`);
    expect(parsed).toMatchObject({ ok: false, problems: [{ path: "line 2" }] });
    expect(JSON.stringify(parsed)).not.toContain("hidden");
  },
);

test("a key that stands there twice is refused", () => {
  expect(readDotenv("A=1\nA=2")).toMatchObject({ ok: false, problems: [{ path: "line 2", expected: "A once" }] });
});
