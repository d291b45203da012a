// The npm packages of a breed, as the API shows them.
import type { ControllerApi } from "./controller-api.ts";

/** `path`: below node_modules. */
export type PackageView = { readonly path: string; readonly version: string };

export async function packagesOf(api: ControllerApi, breed: string): Promise<PackageView[]> {
  return JSON.parse(await api.text({ path: `/breeds/${encodeURIComponent(breed)}/packages` }));
}
