// refusals.ts - what a refusal of the desk's calls means here, and what to do next.

import type { MessageKey } from '../../lib/i18n.js';

export const kRefusals: Partial<Record<string, MessageKey>> = {
  case_state: 'desk.refusal.case_state',
  case_already_open: 'desk.refusal.case_already_open',
  four_eyes: 'desk.refusal.four_eyes',
  own_account: 'desk.refusal.own_account',
  not_enrolled: 'desk.refusal.not_enrolled',
  own_factor_required: 'desk.refusal.own_factor_required',
  evidence_missing: 'desk.refusal.evidence_missing',
  delivery_missing: 'desk.refusal.delivery_missing',
  forbidden: 'desk.refusal.forbidden',
};
