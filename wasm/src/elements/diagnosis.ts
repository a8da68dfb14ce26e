// diagnosis.ts - why the server refused the code of a pending enrolment (clock doctor, wrong-app
// detector). Runs in the browser only, on a secret that is not in use yet, after the refusal:
// on a server it would be an oracle for guessers.
import type { TotpParameters } from "../api.js";
import type { Params } from "../i18n.js";
import type { CorePort } from "./core_port.js";

export interface Finding {
  readonly key: string;
  readonly params?: Params;
  /** For setup.wrong_app: the parts that differ, each a message of its own. */
  readonly settings?: readonly { readonly key: string; readonly params: Params }[];
}

/** @param now Unix seconds by the server's clock. */
export function diagnose(core: CorePort, secret: string, wanted: TotpParameters, code: string, now: number): Finding {
  const offset = code.length === wanted.digits ? core.clockOffset(secret, wanted, code, now) : undefined;
  if (offset !== undefined && offset !== 0) {
    return {
      key: offset < 0 ? "setup.clock_behind" : "setup.clock_ahead",
      params: { minutes: Math.round(Math.abs(offset) / 60) },
    };
  }
  const other = core.otherParameters(secret, wanted, code, now);
  if (other) {
    return {
      key: "setup.wrong_app",
      settings: [
        ...(other.algorithm !== wanted.algorithm ? [{ key: "setup.wrong_algorithm", params: { algorithm: other.algorithm, wanted: wanted.algorithm } }] : []),
        ...(other.digits !== wanted.digits ? [{ key: "setup.wrong_digits", params: { digits: other.digits, wanted: wanted.digits } }] : []),
        ...(other.period !== wanted.period ? [{ key: "setup.wrong_period", params: { period: other.period, wanted: wanted.period } }] : []),
      ],
    };
  }
  if (code.length !== wanted.digits) {
    return { key: "setup.code_settings_length", params: { got: code.length, want: wanted.digits } };
  }
  return { key: "setup.code_invalid" };
}
