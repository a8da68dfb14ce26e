// fakes.ts - stand-ins for what the element logic talks to: a core whose answers are data, a clock
// that only moves when told, and a server as a list of prepared answers.
import { ApiError, type Delivery, type ErrorCode, type Enrollment, type PendingEnrollment } from "../../../wasm/src/api.js";
import type { CorePort } from "../../../wasm/src/elements/core_port.js";

declare const __ROOT__: string;
export const root: string = __ROOT__;

export const kSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

export function fakeCore(answers: Partial<CorePort> = {}): CorePort {
  return {
    totp: () => "492039",
    qrSvg: (text) => `<svg data-length="${text.length}"></svg>`,
    clockOffset: () => undefined,
    otherParameters: () => undefined,
    backupCode: (typed) => {
      const canonical = typed.toUpperCase().replace(/[\s-]/g, "");
      if (canonical.length !== 15) return { ok: false, error: "code_malformed" };
      return canonical.endsWith("XX") ? { ok: false, error: "check_mismatch" } : { ok: true, canonical };
    },
    ...answers,
  };
}

export function refusal(code: ErrorCode, status = 422, details: ConstructorParameters<typeof ApiError>[2] = {}): ApiError {
  return new ApiError(code, status, details);
}

export class Clock {
  constructor(public ms = Date.parse("2026-11-24T10:00:00Z")) {}
  readonly now = (): number => this.ms;
  pass(seconds: number): void {
    this.ms += seconds * 1000;
  }
}

export function enrollment(id: string, label = id): Enrollment {
  return { id, method: "totp", label, status: "active", created_at: "2026-01-01T00:00:00Z", totp: { algorithm: "SHA1", digits: 6, period: 30 } };
}

export function pending(clock: Clock): PendingEnrollment {
  return {
    ...enrollment("enr_new", "My phone"),
    status: "pending",
    expires_at: new Date(clock.ms + 15 * 60_000).toISOString(),
    totp: {
      algorithm: "SHA1",
      digits: 6,
      period: 30,
      secret: kSecret,
      otpauth_uri: `otpauth://totp/Example:alice?secret=${kSecret}&issuer=Example`,
      issuer: "Example",
      account: "alice@example.com",
    },
  };
}

/** A code that just left, 30 s before another may be asked for and 10 min before it dies. */
export function delivery(clock: Clock, more: Partial<Delivery> = {}): Delivery {
  const at = (seconds: number): string => new Date(clock.ms + seconds * 1000).toISOString();
  return {
    enrollment_id: "enr_w",
    method: "whatsapp",
    to: "+34 ••• •• 21",
    status: "queued",
    created_at: at(0),
    resend_at: at(30),
    expires_at: at(600),
    ...more,
  };
}

/** Lets every promise that is ready run. */
export const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 0));
