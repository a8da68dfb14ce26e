// core_wasm.ts - the wasm core as the elements' CorePort.
import { load, type Core } from "../core.js";
import type { CorePort } from "./core_port.js";

/** @param core  opened by load() of core.ts */
export function portOf(core: Core): CorePort {
  return {
    totp: (secret, parameters, now) => core.totp(parameters, secret, now).value ?? "",
    qrSvg: (text) => core.qrSvg(text).value ?? "",
    clockOffset: (secret, parameters, code, now) => core.clockOffset(parameters, secret, code, now).value,
    otherParameters: (secret, parameters, code, now) => core.otherParameters(parameters, secret, code, now).value,
    backupCode: (typed) => {
      const { value, error } = core.backupCodeParse(typed);
      if (value !== undefined) return { ok: true, canonical: value };
      return { ok: false, error: error === "check_mismatch" ? error : "code_malformed" };
    },
  };
}

export async function openCore(): Promise<CorePort> {
  return portOf(await load());
}
