// core_adapter.ts - the wasm core behind CorePort, fetched when first needed and once a page.
import type { CorePort } from "./core_port.js";

let loading: Promise<CorePort> | undefined;

export function loadCore(): Promise<CorePort> {
  loading ??= import("./core_wasm.js").then((m) => m.openCore());
  // A failed download is forgotten, so that the next step tries again.
  loading.catch(() => (loading = undefined));
  return loading;
}
