// support_api.ts - the calls of somebody who is locked out: a request to support, and what became of it.
// Functions over any client, so that the second step carries none of it until it is needed.
import type { ApiClient, Method, Page } from "./api.js";

export type SupportReason = "lost_phone" | "lost_codes" | "stolen" | "new_phone" | "other";
export const kSupportReasons: readonly SupportReason[] = ["lost_phone", "new_phone", "stolen", "lost_codes", "other"];

export type SupportState =
  | "open" | "evidence" | "approved" | "waiting" | "link_issued" | "paused"
  | "done" | "cancelled" | "rejected" | "expired";

/** Whether a request has come to its end. */
export function isOver(state: SupportState): boolean {
  return state === "done" || state === "cancelled" || state === "rejected" || state === "expired";
}

export type SupportEvent =
  | "opened" | "evidence_recorded" | "approved" | "waiting" | "paused" | "resumed" | "link_sent" | "link_redeemed"
  | "done" | "cancelled" | "rejected" | "expired" | "factors_suspended";

/** A request to support, as its owner sees it. */
export interface SupportCase {
  readonly id: string;
  readonly state: SupportState;
  readonly reason: SupportReason;
  readonly channel: string;
  readonly opened_at: string;
  readonly updated_at: string;
  readonly next: "evidence" | "approval" | "wait" | "link" | "review" | "none";
  readonly waits_until?: string;
  readonly link_expires_at?: string;
  readonly link_sent_to?: "email" | "whatsapp" | "given";
  readonly pause?: { readonly reason: "factor_used" | "objection" | "withdrawal" | "undeliverable"; readonly at: string };
  readonly stolen?: readonly { readonly enrollment_id: string; readonly label: string; readonly method: Method }[];
  readonly timeline: readonly SupportStep[];
  readonly can_withdraw: boolean;
}

export interface SupportStep {
  readonly at: string;
  readonly action: SupportEvent;
  readonly actor: "you" | "support" | "system" | "application";
}

export interface SupportRequest {
  readonly reason: SupportReason;
  /** How to reach the person, up to 200 characters. */
  readonly contact?: string;
  /** The enrolments a thief has; with reason `stolen` only. */
  readonly stolen?: readonly string[];
}

/** A way to reach support, from the server's settings. */
export interface SupportContact {
  readonly kind: "email" | "phone" | "url" | "text";
  readonly value: string;
}

export interface RecoverySession {
  readonly status: "recovery";
  readonly csrf_token: string;
  readonly expires_at: string;
}

export interface Frozen {
  readonly status: "frozen";
  readonly sessions_ended: boolean;
  readonly case?: { readonly state: SupportState };
}

/** Newest first. */
export function supportCases(api: ApiClient): Promise<Page<SupportCase>> {
  return api.call("GET", path(api));
}

export function openSupportCase(api: ApiClient, request: SupportRequest): Promise<SupportCase> {
  return api.call("POST", path(api), { body: request, once: true });
}

/** Withdraws it; once support has begun, that stops it for a review. */
export function cancelSupportCase(api: ApiClient, id: string): Promise<SupportCase> {
  return api.call("POST", `${path(api)}/${encodeURIComponent(id)}/cancel`, { body: {}, once: true });
}

export async function supportContacts(api: ApiClient): Promise<readonly SupportContact[]> {
  const { support } = await api.call<{ support?: { channels?: readonly SupportContact[] } }>("GET", "/client/config");
  return support?.channels ?? [];
}

function path(api: ApiClient): string {
  return `/v1/users/${encodeURIComponent(api.user)}/support-cases`;
}
