import { expect, test } from "vitest";
import { outreachProblems, wantsPrivileges } from "../../model/outreach.ts";
import { problemText } from "../../model/problem.ts";

const image = { isImage: true, allowsPrivileged: false };
const textsOf = (list: Record<string, string>[], facts = image): string[] =>
  outreachProblems(list, "breed.arguments", facts).map(problemText);

test.each([
  "network",
  "--net",
  "volume",
  "v",
  "mount",
  "cap-add",
  "CAP_ADD",
  "device",
  "pid",
  "ipc",
  "security-opt",
  "userns",
  "cgroup-parent",
])("the argument %s is refused whatever the installation allows", (key) => {
  const [text] = textsOf([{ fine: "1" }, { [key]: "host" }], { isImage: true, allowsPrivileged: true });
  expect(text).toContain("breed.arguments[1]: expected no argument that changes how the container is kept apart");
  expect(text).toContain("remove it");
});

test("privileged is refused and the way to allow it is named", () => {
  expect(textsOf([{ privileged: "true" }])).toEqual([
    'breed.arguments[0]: expected no privileged container, got "privileged=true"; remove it, or allow it for this installation with DROVER_ALLOW_PRIVILEGED=true',
  ]);
});

test("privileged is taken where the installation allows it, for images and never for scripts", () => {
  expect(textsOf([{ privileged: "true" }], { isImage: true, allowsPrivileged: true })).toEqual([]);
  expect(textsOf([{ privileged: "true" }], { isImage: false, allowsPrivileged: true })).toHaveLength(1);
});

test("anything but a clear no to privileges is a yes", () => {
  expect(["true", "yes", "1", ""].map((value) => wantsPrivileges([{ "--privileged": value }]))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(["false", "no", " 0 "].map((value) => wantsPrivileges([{ privileged: value }]))).toEqual([
    false,
    false,
    false,
  ]);
  expect(textsOf([{ privileged: "false" }, { color: "red" }])).toEqual([]);
});
