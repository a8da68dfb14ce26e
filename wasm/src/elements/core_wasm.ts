import type { CorePort } from "./core_port.js";
export async function openCore(): Promise<CorePort> { throw new Error("core not built"); }
