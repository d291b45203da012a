#!/usr/bin/env node
// The `drover` command. Node keeps what it has compiled and stripped of types in a cache, which halves the start of every later
// call and spares the controller 40 MiB; the cache must be on before the first TypeScript is loaded, so this file is none.
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./command.ts");
