// What a fence lets through, as the kernel understands it. Whether it holds is tested with real containers (system/hostile-network).
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { endpointsOf, fenceRules } from "../../controller/runtime/fence-rules.ts";

const nats = [
  { address: "172.17.0.1", port: 4_222 },
  { address: "fd00::1", port: 4_223 },
];

test.each(["bridge", "internal", "none"] as const)(
  "the rules of %s are rules to nft, for addresses of both kinds",
  (network) => {
    const rules = fenceRules(network, {
      nats,
      hostAddresses: ["172.17.0.1", "192.0.2.2", "fd00::1"],
      hostPorts: [5_432],
    });
    expect(() => execFileSync("/usr/sbin/nft", ["--check", rules], { stdio: "pipe" })).not.toThrow();
  },
);

test("internal and none are the same for the kernel, and open nothing but loopback and NATS", () => {
  const [internal, none] = (["internal", "none"] as const).map((network) =>
    fenceRules(network, { nats, hostAddresses: [], hostPorts: [] }),
  );
  expect(none).toBe(internal);
  expect(none?.match(/[^;{]* accept;/g)?.map((rule) => rule.trim())).toEqual([
    "oif lo accept;",
    "meta skuid 0 ip daddr 172.17.0.1 tcp dport 4222 accept;",
    "meta skuid 0 ip6 daddr fd00::1 tcp dport 4223 accept;",
    "iif lo accept;",
    "ct state established accept;",
  ]);
});

test.each([
  [["nats://172.17.0.1:4222"], [{ address: "172.17.0.1", port: 4_222 }]],
  [["172.17.0.1"], [{ address: "172.17.0.1", port: 4_222 }]],
  [["tls://[fd00::1]:5222"], [{ address: "fd00::1", port: 5_222 }]],
  [["nats://nats:4222"], null],
  [["nats://172.17.0.1:4222", "nats://host.docker.internal:4222"], null],
])("servers %j are at %j", (servers, endpoints) => {
  expect(endpointsOf(servers)).toEqual(endpoints);
});

test("under bridge, ports of the host that are named are open on each of its addresses, and NATS is not even then", () => {
  const rules = fenceRules("bridge", { nats, hostAddresses: ["172.17.0.1", "192.0.2.2"], hostPorts: [4_222, 5_432] });
  const place = (rule: string): number => {
    const at = rules.indexOf(rule);
    expect(at, rule).toBeGreaterThan(0);
    return at;
  };
  for (const address of ["172.17.0.1", "192.0.2.2"])
    expect(place(`ip daddr ${address} tcp dport 5432 accept`)).toBeLessThan(place(`ip daddr ${address} reject`));
  expect(place("ip daddr 172.17.0.1 tcp dport 4222 reject")).toBeLessThan(
    place("; ip daddr 172.17.0.1 tcp dport 4222 accept"),
  );
});
