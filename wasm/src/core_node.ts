// core_node.ts - core.ts in Node, whose fetch does not read files. The package's exports choose it
// under the condition "node", so that pages do not carry it.
/// <reference types="node" />
import { readFileSync } from "node:fs";
import { load as loadFrom, type Core, type CoreSource } from "./core.js";

export * from "./core.js";

let loading: Promise<Core> | undefined;

/** As load() of core.ts; file: addresses are read from the file system, and so is the default. */
export function load(source?: CoreSource): Promise<Core> {
  if (source || !loading) {
    const from = source ?? new URL("./twofold_core.wasm", import.meta.url);
    loading = loadFrom(String(from).startsWith("file:") ? readFileSync(new URL(from as URL)) : from);
    loading.catch(() => (loading = undefined));
  }
  return loading;
}

/** `await ready` gives the core. Nothing is read before somebody waits for it. */
export const ready: PromiseLike<Core> = { then: (done, failed) => load().then(done, failed) };
