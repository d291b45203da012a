// The configuration text of the nats-server that Drover starts itself: operator mode, JetStream on a file store, one address.

export type ServerSettings = {
  readonly host: string;
  readonly port: number;
  readonly storeDir: string;
  readonly storeBytesMax: number;
  readonly trust: {
    readonly operator: string;
    readonly systemAccount: string;
    readonly accounts: readonly { readonly id: string; readonly jwt: string }[];
  };
};

/** Room for one API body and its CloudEvents frame. */
const payloadBytesMax = 1_048_576;
const connectionsMax = 8_192;
/** Bytes the server holds for a slow consumer before it is cut off. */
const pendingBytesMax = 67_108_864;

/** NATS configuration syntax (server 2.9 and later). */
export function serverConfig(settings: ServerSettings): string {
  const preload = settings.trust.accounts.map((account) => `  ${account.id}: ${quote(account.jwt)}`);
  return [
    `listen: ${quote(`${settings.host}:${settings.port}`)}`,
    `server_name: "drover"`,
    `max_payload: ${payloadBytesMax}`,
    `max_connections: ${connectionsMax}`,
    `max_pending: ${pendingBytesMax}`,
    `jetstream {`,
    `  store_dir: ${quote(settings.storeDir)}`,
    `  max_memory_store: 0`,
    `  max_file_store: ${settings.storeBytesMax}`,
    `}`,
    `operator: ${quote(settings.trust.operator)}`,
    `system_account: ${quote(settings.trust.systemAccount)}`,
    `resolver: MEMORY`,
    `resolver_preload {`,
    ...preload,
    `}`,
    "",
  ].join("\n");
}

/** A double-quoted string of the configuration syntax; JSON's escapes are its own. */
function quote(text: string): string {
  return JSON.stringify(text);
}
