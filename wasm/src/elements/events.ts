// events.ts - what the elements say. All bubble and cross shadow roots; none carries a secret or a
// code, so that a page may log them.
import type { ErrorCode, Method, SignedIn, Verified } from "../api.js";
import type { SupportReason, SupportState } from "../support_api.js";

export interface TwofoldEventMap {
  /** A factor was confirmed by the server; backup codes may still have to be saved. */
  "twofold-enabled": { readonly enrollmentId: string; readonly method: Method; readonly replaced?: string };
  /** The set-up was left by its last button. */
  "twofold-setup-done": { readonly enrollmentId?: string };
  /** The person typed one backup code back from their copy. */
  "twofold-backup-codes-saved": { readonly count: number };
  /** A code was accepted: a sign-in, a challenge (with its assertion) or a proof inside settings. */
  "twofold-verified": { readonly mode: "sign-in" | "challenge" | "proof"; readonly method?: Method; readonly result?: SignedIn | Verified };
  "twofold-disabled": Record<string, never>;
  /** Methods, names or backup codes changed. */
  "twofold-changed": { readonly change: "added" | "renamed" | "removed" | "replaced" | "backup_codes" };
  /** Somebody who is locked out asked support for help. */
  "twofold-support-opened": { readonly caseId: string; readonly reason: SupportReason };
  /** The request was withdrawn, or stopped for a review (`state` paused); `notMe`: by somebody who did not make it. */
  "twofold-support-withdrawn": { readonly caseId: string; readonly state: SupportState; readonly notMe: boolean };
  /** The challenge or set-up is over; the page should start again (at sign-in: ask the password). */
  "twofold-restart": { readonly code: ErrorCode };
  "twofold-cancel": Record<string, never>;
  /** The session or token no longer works: the page should sign the person in again. */
  "twofold-signed-out": { readonly code: ErrorCode };
  /** Any refusal shown to the person. */
  "twofold-error": { readonly code: ErrorCode; readonly status: number; readonly requestId?: string };
}

export type TwofoldEventName = keyof TwofoldEventMap;
export type TwofoldEvent<K extends TwofoldEventName> = CustomEvent<TwofoldEventMap[K]>;

export function twofoldEvent<K extends TwofoldEventName>(name: K, detail: TwofoldEventMap[K]): TwofoldEvent<K> {
  return new CustomEvent(name, { detail, bubbles: true, composed: true });
}

declare global {
  interface HTMLElementEventMap {
    "twofold-enabled": TwofoldEvent<"twofold-enabled">;
    "twofold-setup-done": TwofoldEvent<"twofold-setup-done">;
    "twofold-backup-codes-saved": TwofoldEvent<"twofold-backup-codes-saved">;
    "twofold-verified": TwofoldEvent<"twofold-verified">;
    "twofold-disabled": TwofoldEvent<"twofold-disabled">;
    "twofold-changed": TwofoldEvent<"twofold-changed">;
    "twofold-support-opened": TwofoldEvent<"twofold-support-opened">;
    "twofold-support-withdrawn": TwofoldEvent<"twofold-support-withdrawn">;
    "twofold-restart": TwofoldEvent<"twofold-restart">;
    "twofold-cancel": TwofoldEvent<"twofold-cancel">;
    "twofold-signed-out": TwofoldEvent<"twofold-signed-out">;
    "twofold-error": TwofoldEvent<"twofold-error">;
  }
}
