// Mints NATS identities: one for the controller, one per workflow, each a user JWT that its account key signed. The server
// knows only the account's public key, so nothing has to be registered there when a workflow appears.
import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createUser, fromSeed } from "@nats-io/nkeys";
import type { AuthorityKeys } from "./keys.ts";
import { type SubjectPermissions, controllerPermissions, testPermissions, workflowPermissions } from "./permissions.ts";

/** Subscriptions one workflow's agents may hold; an agent needs about five. */
const workflowSubscriptionsMax = 64;
const noLimit = -1;

export type Authority = {
  /** The text of a credentials file for the controller itself. */
  controllerCredentials(): Promise<string>;
  /** The text of a credentials file that can do only what `workflowPermissions` lists. */
  workflowCredentials(workflow: string): Promise<string>;
  /** The same for a test of a breed, by its owner token, with `testPermissions`. */
  testCredentials(owner: string): Promise<string>;
  /** What an operator-mode server needs to trust these identities. */
  serverTrust(): Promise<ServerTrust>;
};

/** JWTs and public keys for a server's `operator`, `system_account` and `resolver_preload`. Nothing in it is secret. */
export type ServerTrust = {
  readonly operator: string;
  readonly systemAccount: string;
  readonly accounts: readonly { readonly id: string; readonly jwt: string }[];
};

export function createAuthority(keys: AuthorityKeys): Authority {
  const pair = (seed: string) => fromSeed(new TextEncoder().encode(seed));
  const operator = pair(keys.operatorSeed);
  const account = pair(keys.accountSeed);
  const system = pair(keys.systemSeed);

  async function mint(name: string, allowed: SubjectPermissions, subscriptionsMax: number): Promise<string> {
    const user = createUser();
    const jwt = await encodeUser(name, user, account, {
      pub: { allow: [...allowed.publish] },
      sub: { allow: [...allowed.subscribe] },
      subs: subscriptionsMax,
      data: noLimit,
      payload: noLimit,
    });
    return new TextDecoder().decode(fmtCreds(jwt, user));
  }

  return {
    controllerCredentials: () => mint("controller", controllerPermissions(), noLimit),
    workflowCredentials: (workflow) => mint(workflow, workflowPermissions(workflow), workflowSubscriptionsMax),
    testCredentials: (owner) => mint(owner, testPermissions(owner), workflowSubscriptionsMax),
    async serverTrust() {
      const unlimited = {
        conn: noLimit,
        subs: noLimit,
        data: noLimit,
        payload: noLimit,
        leaf: noLimit,
        imports: noLimit,
        exports: noLimit,
      };
      const jetstream = { mem_storage: noLimit, disk_storage: noLimit, streams: noLimit, consumer: noLimit };
      return {
        operator: await encodeOperator("drover", operator, { system_account: system.getPublicKey() }),
        systemAccount: system.getPublicKey(),
        accounts: [
          {
            id: account.getPublicKey(),
            jwt: await encodeAccount(
              "drover",
              account,
              { limits: { ...unlimited, ...jetstream } },
              { signer: operator },
            ),
          },
          {
            id: system.getPublicKey(),
            jwt: await encodeAccount("system", system, { limits: unlimited }, { signer: operator }),
          },
        ],
      };
    },
  };
}
