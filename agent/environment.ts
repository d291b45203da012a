// Everything that user code finds in its environment. Built from nothing: what the agent itself was given does not get through.
import { dirname } from "node:path";

/** The only place where user code can write. */
const home = "/tmp";
const systemPath = "/usr/local/bin:/usr/bin:/bin";

/** `given` is the workflow's environment; it cannot change where the API is, only everything else. */
export function userEnvironment(given: Readonly<Record<string, string>>, gatewayUrl: string): Record<string, string> {
  return {
    // Node itself is on the path, for scripts that fork.
    PATH: `${dirname(process.execPath)}:${systemPath}`,
    HOME: home,
    TMPDIR: home,
    ...given,
    VAMP_URL: gatewayUrl,
    VAMP_NAMESPACE: "",
    // The gateway asks for none; the client wants the variable to be there.
    VAMP_API_TOKEN: "",
  };
}
