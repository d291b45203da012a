// The certificate with which the API is served. Read once at start, and tried: a wrong one must not be found out by the first caller.
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { OptionError } from "./options.ts";

export type TlsFiles = { readonly certFile: string; readonly keyFile: string };

/** PEM texts. Throws OptionError that names the setting. */
export function readTls(files: TlsFiles | null): { readonly cert: string; readonly key: string } | null {
  if (files === null) return null;
  const cert = textOf("DROVER_TLS_CERT", files.certFile);
  const key = textOf("DROVER_TLS_KEY", files.keyFile);
  try {
    createSecureContext({ cert });
  } catch (error) {
    throw new OptionError([
      `DROVER_TLS_CERT: ${files.certFile} holds no certificate in PEM format (${reasonOf(error)})`,
    ]);
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const expected = `${files.keyFile} is not the private key, in PEM format and without a passphrase, of the certificate in ${files.certFile}`;
    throw new OptionError([`DROVER_TLS_KEY: ${expected} (${reasonOf(error)})`]);
  }
  return { cert, key };
}

function textOf(setting: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new OptionError([`${setting}: ${path} cannot be read (${reasonOf(error)})`]);
  }
}

/** OpenSSL's reason, or the code of the file system; neither holds a piece of the file. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
