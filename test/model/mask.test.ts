// What hides a secret, in every form in which code is likely to print it.
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMask, noMask } from "../../model/mask.ts";

const secret = `p"ss wörd/+&='\\x`;
const mask = createMask([secret]);

describe("a value is hidden", () => {
  test.each([
    ["as it is", secret],
    ["in JSON", JSON.stringify(secret).slice(1, -1)],
    ["in JSON in JSON", JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ["in an address", encodeURIComponent(secret)],
    ["in an address, in small letters", encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase())],
    ["in a form", new URLSearchParams({ a: secret }).toString().slice(2)],
    ["percent-encoded byte by byte", Buffer.from(secret).toString("hex").replaceAll(/../g, "%$&")],
    ["in hex", Buffer.from(secret).toString("hex")],
    ["in hex, in capitals", Buffer.from(secret).toString("hex").toUpperCase()],
    ["as Node shows bytes", inspect(Buffer.from(secret)).slice(8, -1)],
    ["in HTML", secret.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("'", "&#39;")],
  ])("%s", (_, form) => {
    expect(mask.text(`before ${form} after`)).toBe("before *** after");
  });

  test("in base64 of texts in which it begins at any byte, in both alphabets", () => {
    for (const alphabet of ["base64", "base64url"] as const) {
      for (const before of ["", "a", "ab", "abc", "Bearer "]) {
        const text = Buffer.from(`${before}${secret} and more`).toString(alphabet);
        const shown = mask.text(text);
        expect(shown).toContain("***");
        // What is left on either side holds no whole byte of it.
        const [head = "", tail = ""] = shown.split("***");
        const kept = Buffer.from(head, "base64").toString("latin1") + Buffer.from(tail, "base64").toString("latin1");
        expect(kept).not.toContain(secret.slice(0, 2));
      }
    }
  });

  test("whatever it is", () => {
    const text = fc.string({ unit: "grapheme", minLength: 6, maxLength: 60 });
    fc.assert(
      fc.property(text, (value) => {
        fc.pre(value.trim().length >= 6 && value.isWellFormed());
        for (const form of [value, Buffer.from(value).toString("hex"), encodeURIComponent(value)])
          expect(createMask([value]).text(`(${form})`)).not.toContain(form);
      }),
    );
  });
});

test("lines of a value of several lines are hidden one by one, short ones are not", () => {
  const pem = `-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQ\n}\n-----END KEY-----\n`;
  const hiding = createMask([pem]);
  expect(hiding.text("x MIIEvQIBADANBgkq y")).toBe("x *** y");
  expect(hiding.text("{ a: 1 }")).toBe("{ a: 1 }");
  expect(hiding.text(JSON.stringify({ pem }))).toBe('{"pem":"***"}');
});

test("of two values that overlap nothing is left", () => {
  expect(createMask(["abcdefgh", "efghijkl"]).text("-abcdefghijkl-")).toBe("-***-");
  expect(createMask(["abcdef", "abcdefgh"]).text("-abcdefgh-abcdef-")).toBe("-***-***-");
});

test("a value that is too short is not hidden, and nothing is done without values", () => {
  expect(createMask(["abc", ""])).toBe(noMask);
  expect(noMask.text("abc")).toBe("abc");
});

describe("where a text is cut", () => {
  const hiding = createMask(["topsecret"]);
  test("a value that begins before the cut is hidden, and what begins behind it is not shown", () => {
    expect(hiding.head("0123 topsecret", 9)).toBe("0123 ***");
    expect(hiding.head("topsecret topsecret topsecret", 5)).toBe("***");
    expect(hiding.head("0123456789 topsecret", 10)).toBe("0123456789");
  });
  test("a value that ends behind the beginning is hidden", () => {
    expect(hiding.tail("topsecret and", 4)).toBe("*** and");
    expect(hiding.tail("topsecret and", 9)).toBe(" and");
  });
});

test("texts, names of fields and numbers anywhere in a value are hidden, and the rest stays what it is", () => {
  const hiding = createMask(["topsecret", "1234567"]);
  const value = { a: ["x topsecret"], topsecret: 1234567, n: 12, b: true, c: null, ["__proto__"]: { d: "topsecret" } };
  expect(hiding.value(value)).toEqual({
    a: ["x ***"],
    "***": "***",
    n: 12,
    b: true,
    c: null,
    ["__proto__"]: { d: "***" },
  });
});

test("five hundred values cost a line of output less than a fifth of a millisecond of the processor", () => {
  const hiding = createMask(Array.from({ length: 500 }, () => randomBytes(24).toString("base64")));
  const line = "an ordinary line of output that says nothing of interest to anybody at all ".repeat(10);
  const usedUs = (): number => process.cpuUsage().user;
  hiding.text(line);
  const beganUs = usedUs();
  for (let n = 0; n < 500; n++) expect(hiding.text(line)).toBe(line);
  expect((usedUs() - beganUs) / 500).toBeLessThan(200);
});
