// Everything that user code finds in its environment. Built from nothing: what the agent itself was given does not get through.
import { dirname } from "node:path";

/** The only place where user code can write. */
const home = "/tmp";
const systemPath = "/usr/local/bin:/usr/bin:/bin";

/** Where the files of its secrets are; null when it has none. */
type Surroundings = { readonly gatewayUrl: string; readonly secretsDir: string | null };

/** `given` is the workflow's environment; it cannot change where the API is, only everything else. */
export function userEnvironment(
  given: Readonly<Record<string, string>>,
  { gatewayUrl, secretsDir }: Surroundings,
): Record<string, string> {
  return {
    // Node itself is on the path, for scripts that fork.
    PATH: `${dirname(process.execPath)}:${systemPath}`,
    HOME: home,
    TMPDIR: home,
    ...(secretsDir !== null && { DROVER_SECRETS: secretsDir }),
    ...given,
    VAMP_URL: gatewayUrl,
    VAMP_NAMESPACE: "",
    // The gateway asks for none; the client wants the variable to be there.
    VAMP_API_TOKEN: "",
  };
}
