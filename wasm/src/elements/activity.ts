// activity.ts - from an audit event to a line a person understands.
import type { AuditItem } from "../api.js";
import type { Translator } from "../i18n.js";

/** Message keys by the server's action names; what is not listed is told in general words. */
const kActions: Readonly<Record<string, string>> = {
  "factor.enabled": "activity.enabled",
  "factor.activated": "activity.enabled",
  "factor.removed": "activity.removed",
  "factor.renamed": "activity.renamed",
  "two_factor.disabled": "activity.disabled",
  "challenge.approved": "activity.code_accepted",
  "challenge.refused": "activity.code_refused",
  "factor.locked": "activity.locked",
  "backup_code.used": "activity.backup_used",
  "backup_codes.regenerated": "activity.backup_regenerated",
  "session.signed_in": "activity.sign_in",
  "session.refused": "activity.sign_in_failed",
  "session.signed_out": "activity.sign_out",
  "password.changed": "activity.password_changed",
  "password.confirmed": "activity.reauthenticated",
};

export function activityText(item: AuditItem, { t }: Translator): string {
  const key = kActions[item.action] ?? "activity.other";
  const label = item.label || t(`method.${item.method ?? "totp"}`);
  return t(key, { label });
}

/** Every key activityText() can ask for. */
export const kActivityKeys: readonly string[] = [...new Set(Object.values(kActions)), "activity.other"];
