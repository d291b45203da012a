import { expect, test } from "vitest";
import { eventSubject, inboxPrefix, ownerOf, reportSubject, token } from "../../bus/subjects.ts";

test.each([
  ["hello", "my_type", "event.hello.my_type"],
  ["-", "io.example.crm", "event.-.io.example.crm"],
  ["-", "a..b", "event.-.a.%00.b"],
  ["a.b", "x/y", "event.a%2Eb.x%2Fy"],
  ["-", "*", "event.-.%2A"],
])("the event of owner %s and type %s has the subject %s", (owner, type, subject) => {
  expect(eventSubject(owner, type)).toBe(subject);
  expect(ownerOf(subject)).toBe(owner);
});

test.each(["a b", "a.b", "a>b", "*", "", "ä", "a%b"])("%j becomes one token without wildcard, dot or space", (word) => {
  expect(token(word)).toMatch(/^[^.*>\s]+$/);
});

test("no workflow's subjects or inboxes are a prefix of another's", () => {
  expect(reportSubject("a", "b.c")).not.toBe(reportSubject("a.b", "c"));
  expect(`${inboxPrefix("a")}.x`.startsWith(`${inboxPrefix("a-b")}.`)).toBe(false);
});
