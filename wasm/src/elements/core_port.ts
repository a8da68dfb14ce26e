// core_port.ts - the part of the core the elements use, as an interface, so that logic is tested
// without a wasm engine and a page pays for the wasm only when a step needs it.
import type { TotpParameters } from "../api.js";

export type BackupCodeReading =
  | { readonly ok: true; readonly canonical: string }
  | { readonly ok: false; readonly error: "code_malformed" | "check_mismatch" };

export interface CorePort {
  /** The code of a pending enrolment at a time in Unix seconds. */
  totp(secret: string, parameters: TotpParameters, now: number): string;
  /** An SVG document for the text: dark on light, quiet zone of four modules. */
  qrSvg(text: string): string;
  /** Seconds the phone is ahead (+) or behind (-) if the code was right then, else undefined. */
  clockOffset(secret: string, parameters: TotpParameters, code: string, now: number): number | undefined;
  /** Other parameters under which the code is right now, else undefined. */
  otherParameters(secret: string, parameters: TotpParameters, code: string, now: number): TotpParameters | undefined;
  /** Reads what a person typed as a backup code. */
  backupCode(typed: string): BackupCodeReading;
}

export type CoreLoader = () => Promise<CorePort>;
