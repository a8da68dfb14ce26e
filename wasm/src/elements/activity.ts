// activity.ts - from audit events to lines a person understands.
import type { AuditItem } from "../api.js";
import type { Messenger } from "../messenger.js";

/** By the server's action: the message when it went well, and when it did not. */
const kActions: Readonly<Record<string, readonly [ok: string, refused?: string]>> = {
  "enrollment.confirmed": ["activity.connected", "activity.connect_failed"],
  "factor.removed": ["activity.removed"],
  "factor.renamed": ["activity.renamed"],
  "factor.ended": ["activity.ended"],
  "factor.flagged": ["activity.flagged"],
  "factor.suspended": ["activity.suspended"],
  "factor.address_changed": ["activity.address_changed"],
  "two_factor.enabled": ["activity.enabled"],
  "two_factor.disabled": ["activity.disabled"],
  "sign_in.second_step": ["activity.sign_in", "activity.code_refused"],
  "sign_in.password": ["", "activity.password_refused"],
  "challenge.verified": ["activity.code_accepted", "activity.code_refused"],
  "proof.checked": ["activity.code_accepted", "activity.code_refused"],
  "backup_codes.made": ["activity.backup_made"],
  "device.remembered": ["activity.device_remembered"],
  "device.used": ["activity.device_used"],
  "device.reused": ["activity.device_reused"],
  "device.ended": ["activity.device_ended"],
  "session.ended": ["activity.sign_out"],
  "account.password_changed": ["activity.password_changed"],
  "account.password_reset": ["activity.password_changed"],
  "account.frozen": ["activity.frozen"],
  "case.opened": ["activity.case_opened"],
  "case.approved": ["activity.case_approved"],
  "case.paused": ["activity.case_paused"],
  "case.link_sent": ["activity.case_link"],
  "case.done": ["activity.case_done"],
  "case.cancelled": ["activity.case_ended"],
  "case.rejected": ["activity.case_ended"],
  "case.expired": ["activity.case_ended"],
};

/** What happened, or undefined for the steps between, which tell a person nothing. */
export function activityText(item: AuditItem, { t }: Messenger): string | undefined {
  const [ok, refused] = kActions[item.action] ?? [];
  const key = item.result === "ok" ? ok : refused;
  if (!key) return undefined;
  return t(key, { label: item.label || t(item.action.startsWith("device.") ? "settings.device_unknown" : "method.totp"), method: t(`method.${item.method || "totp"}`) });
}

/** Every key activityText() can ask for. */
export const kActivityKeys: readonly string[] = [...new Set(Object.values(kActions).flatMap((keys) => keys.filter((key) => key !== undefined && key !== "")))] as string[];
