// words.ts - the server's codes in the words of the page. What a newer server says and this page does
// not know is shown as it came, so that nothing is silently missing.

import { html, type TemplateResult } from 'lit';
import { t, type MessageKey } from '../lib/i18n.js';
import type { Action, ActionName, Actor, CaseBrief, CaseDetail, Channel, Deliver, Group, Kind, Next, Reason, State } from './api.js';

/** U+FFFC marks the place of something in a sentence that is no text. */
export const kSlot = '\ufffc';

/** A sentence with an element where `kSlot` stands. */
export function withSlot(text: string, slot: TemplateResult): TemplateResult {
  const at = text.indexOf(kSlot);
  return at < 0 ? html`${text}` : html`${text.slice(0, at)}${slot}${text.slice(at + 1)}`;
}

export const kTones: Readonly<Record<State, '' | 'good' | 'warn' | 'bad' | 'info'>> = {
  open: 'info', evidence: 'info', approved: 'info', waiting: '', paused: 'warn', link_issued: '', done: 'good',
  cancelled: '', rejected: 'bad', expired: '',
};

const isOneOf = <T extends string>(list: readonly T[], value: string): value is T => (list as readonly string[]).includes(value);

const kKnownStates = Object.keys(kTones) as State[];
const kKnownReasons: readonly Reason[] = ['lost_phone', 'lost_codes', 'stolen', 'new_phone', 'other'];
const kKnownChannels: readonly Channel[] = ['client_area', 'email', 'phone', 'chat', 'in_person', 'ticket', 'integrator'];
const kKnownKinds: readonly Kind[] = ['email_reply', 'phone_call_back', 'billing_details', 'identity_document', 'in_person', 'known_device'];
const kKnownGroups: readonly Group[] = ['mailbox', 'phone', 'document', 'in_person'];
const kActors = ['owner', 'agent', 'application', 'operator', 'system'] as const;
const kWhys = [
  'state', 'role', 'recorder', 'opener', 'own_account', 'already_approved', 'evidence_missing', 'no_delivery',
  'address_changed', 'no_address', 'was_evidence', 'not_configured', 'same_group', 'repeated', 'other_way',
] as const;
const kSteps = [
  'opened', 'evidence_recorded', 'approved', 'waiting', 'paused', 'resumed', 'link_sent', 'link_redeemed', 'done',
  'cancelled', 'rejected', 'expired', 'factors_suspended',
] as const;
const kPauses = ['factor_used', 'objection', 'withdrawal', 'undeliverable'] as const;
const kDelivers: readonly Deliver[] = ['email', 'whatsapp', 'given'];

export const stateText = (v: string): string => (isOneOf(kKnownStates, v) ? t(`desk.state.${v}`) : v);
export const reasonText = (v: string): string => (isOneOf(kKnownReasons, v) ? t(`desk.reason.${v}`) : v);
export const channelText = (v: string): string => (isOneOf(kKnownChannels, v) ? t(`desk.channel.${v}`) : v);
export const kindText = (v: string): string => (isOneOf(kKnownKinds, v) ? t(`desk.kind.${v}`) : v);
export const kindHint = (v: string): string => (isOneOf(kKnownKinds, v) ? t(`desk.kind_hint.${v}`) : '');
export const groupText = (v: string): string => (isOneOf(kKnownGroups, v) ? t(`desk.group.${v}`) : v);
export const whyText = (v: string): string => (isOneOf(kWhys, v) ? t(`desk.why.${v}`) : v);
export const stepText = (v: string): string => (isOneOf(kSteps, v) ? t(`desk.step.${v}`) : v);
export const pauseText = (v: string): string => (isOneOf(kPauses, v) ? t(`desk.pause.${v}`) : v);
export const deliverText = (v: string): string => (isOneOf(kDelivers, v) ? t(`desk.deliver.${v}`) : v);

/** Who did something: a name where there is one. */
export function actorText(actor: Actor): string {
  const kind = isOneOf(kActors, actor.kind) ? t(`desk.actor.${actor.kind}`) : actor.kind;
  return actor.name ? t('desk.actor_named', { name: actor.name, kind }) : kind;
}

/** What a timeline's step adds: a known code in words, or what somebody wrote. */
export function detailText(action: string, detail: string): string {
  if (action === 'evidence_recorded') return kindText(detail);
  if (action === 'paused') return pauseText(detail);
  if (action === 'link_sent') return deliverText(detail);
  if (action === 'opened') return reasonText(detail);
  return detail;
}

export const kActionNames: Readonly<Record<ActionName, MessageKey>> = {
  record_evidence: 'desk.action.record_evidence',
  approve: 'desk.action.approve',
  reject: 'desk.action.reject',
  resume: 'desk.action.resume',
  reissue_link: 'desk.action.reissue_link',
  cancel: 'desk.action.cancel',
};

export function actionOf(actions: readonly Action[], name: ActionName): Action {
  return actions.find((a) => a.action === name) ?? { action: name, allowed: false, why: 'state' };
}

const kNexts: Readonly<Record<Exclude<Next, 'wait'>, MessageKey>> = {
  evidence: 'desk.next.evidence',
  approval: 'desk.next.approval',
  link: 'desk.next.link',
  review: 'desk.next.review',
  none: 'desk.next.none',
};

/** Points and groups as the server asks for: two groups at least, whatever the points. */
export const enough = (c: Pick<CaseDetail, 'points' | 'points_needed' | 'groups'>): boolean =>
  c.points >= c.points_needed && c.groups.length >= 2;

/** What the queue says about a case: what it needs, or when its link leaves. */
export function nextBrief(brief: CaseBrief): TemplateResult {
  if (brief.next === 'wait' && brief.waits_until) {
    return withSlot(t('desk.next.wait', { in: kSlot }), html`<desk-countdown until=${brief.waits_until}></desk-countdown>`);
  }
  const key = kNexts[brief.next as Exclude<Next, 'wait'>];
  return html`${key ? t(key) : brief.next}`;
}

/** An integrator's id, unless it is an address: those are not shown whole here. */
export const externalId = (user: { readonly external_id?: string }): string =>
  user.external_id && !user.external_id.includes('@') ? user.external_id : '';

export const nameOf = (user: { readonly name?: string | null; readonly external_id?: string; readonly id: string }): string =>
  user.name?.trim() || externalId(user) || user.id;
