// The part of the command line that is about tokens.
import { type Command, Option } from "commander";
import { roles } from "../model/grant.ts";
import { expiry } from "../model/token.ts";
import { createToken, listTokens, revokeToken } from "./commands/token.ts";
import { collect, isoOf, readBy } from "./parameters.ts";
import type { Session } from "./session.ts";

type Work = (does: (session: Session) => Promise<void>) => Promise<void>;

export function addTokenCommands(program: Command, work: Work): void {
  const token = program.command("token").description("tokens, which prove to the controller who asks");
  token
    .command("create <name>")
    .description("make a token and show its value, this once")
    .addOption(new Option("--role <role>", "what it is good for").choices(roles).makeOptionMandatory())
    .option("--workflow <pattern>", "only for workflows of this name, such as shop-*; repeat it for several", collect)
    .option("--expires <when>", "an ISO 8601 moment, or how long from now (30d); never when it is left out", (text) =>
      readBy(expiry, "--expires")(isoOf(text)),
    )
    .action((name: string, { role, workflow, expires }: { role: string; workflow?: string[]; expires?: string }) =>
      work((session) =>
        createToken(session, { name, role, ...(workflow && { workflows: workflow }), ...(expires && { expires }) }),
      ),
    );
  token
    .command("list")
    .description("the tokens, without their values")
    .action(() => work(listTokens));
  token
    .command("revoke <name>")
    .description("make a token worth nothing, and end what is under way with it")
    .action((name: string) => work((session) => revokeToken(session, name)));
}
