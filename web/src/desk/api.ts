// api.ts - the desk's calls. Addresses come masked; no answer holds a secret or a code. The server
// says with each case what this person may do with it, and why not.

import { TwofoldApi } from '@twofold/elements/api';
import type { Challenge, Method, Page, SignInAnswer, User } from '@twofold/elements/api';

export const kStates = [
  'open', 'evidence', 'approved', 'waiting', 'paused', 'link_issued', 'done', 'cancelled', 'rejected', 'expired',
] as const;
export type State = (typeof kStates)[number];
export const kFilters = ['active', 'open', 'evidence', 'approved', 'waiting', 'paused', 'link_issued', 'all'] as const;
export type Filter = (typeof kFilters)[number];
export const kReasons = ['lost_phone', 'lost_codes', 'stolen', 'new_phone', 'other'] as const;
export type Reason = (typeof kReasons)[number];
/** The channels an agent may name; a case also comes from the Client Area or an integrator. */
export const kChannels = ['phone', 'email', 'chat', 'ticket', 'in_person'] as const;
export type Channel = (typeof kChannels)[number] | 'client_area' | 'integrator';
export type Next = 'evidence' | 'approval' | 'wait' | 'link' | 'review' | 'none';
export type Group = 'mailbox' | 'phone' | 'document' | 'in_person';
export type Kind =
  | 'email_reply' | 'phone_call_back' | 'billing_details' | 'identity_document' | 'in_person' | 'known_device';
export type Deliver = 'email' | 'whatsapp' | 'given';
export type ActionName = 'record_evidence' | 'approve' | 'reject' | 'resume' | 'reissue_link' | 'cancel';

/** Somebody who works at the desk. */
export interface Person extends User {
  readonly role: 'agent' | 'supervisor' | undefined;
  readonly name: string;
  /** Until they have an active factor of their own, no other call of the desk is answered. */
  readonly needsFactor: boolean;
}

export type DeskMe =
  | { readonly state: 'signed_out' }
  | { readonly state: 'second_factor_required'; readonly challenge: Challenge }
  | { readonly state: 'signed_in'; readonly person: Person };

export interface Actor {
  readonly kind: 'owner' | 'agent' | 'application' | 'operator' | 'system' | string;
  readonly name?: string;
}

export interface CaseBrief {
  readonly id: string;
  readonly state: State;
  readonly reason: Reason;
  readonly channel: Channel;
  readonly opened_at: string;
  readonly updated_at: string;
  readonly opened_by: Actor;
  readonly user: { readonly id: string; readonly name?: string | null; readonly email?: string | null };
  readonly application: { readonly id: string; readonly name: string };
  readonly waits_until?: string | null;
  readonly next: Next;
}

export interface OwnMethod {
  readonly enrollment_id: string;
  readonly method: Method;
  readonly label: string;
  readonly to?: string | null;
  readonly last_used_at?: string | null;
  readonly problem?: string | null;
}

export interface UserDetail {
  readonly id: string;
  readonly external_id: string;
  readonly application: { readonly id: string; readonly name: string };
  readonly name?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly locale?: string | null;
  readonly created_at: string;
  readonly email_changed_recently: boolean;
  readonly phone_changed_recently: boolean;
  readonly high_value: boolean;
  readonly methods: readonly OwnMethod[];
  readonly backup_codes_remaining: number;
  /** Of a case that is not over. */
  readonly open_case?: string | null;
}

/** What recording it would be worth now. */
export interface EvidenceKind {
  readonly kind: Kind;
  readonly group?: Group | null;
  readonly points: number;
  readonly counts: boolean;
  readonly why?: string | null;
}

export interface Evidence extends EvidenceKind {
  readonly id: string;
  readonly recorded_by: { readonly name: string };
  readonly recorded_at: string;
  readonly note?: string | null;
}

export interface Action {
  readonly action: ActionName;
  readonly allowed: boolean;
  readonly why?: string | null;
}

export interface TimelineItem {
  readonly at: string;
  readonly action: string;
  readonly actor: Actor;
  readonly detail?: string | null;
}

export interface CaseDetail extends Omit<CaseBrief, 'user'> {
  readonly user: UserDetail;
  readonly contact?: string | null;
  readonly stolen: readonly { readonly enrollment_id: string; readonly label: string; readonly method: Method }[];
  readonly pause?: { readonly reason: string; readonly at: string } | null;
  readonly points: number;
  readonly points_needed: number;
  readonly groups: readonly Group[];
  readonly evidence_kinds: readonly EvidenceKind[];
  readonly evidence: readonly Evidence[];
  readonly approvals: readonly { readonly by: { readonly name: string }; readonly at: string }[];
  readonly approvals_needed: number;
  readonly deliver: readonly { readonly to: Deliver; readonly allowed: boolean; readonly why?: string | null }[];
  readonly link_expires_at?: string | null;
  readonly link_sent_to?: Deliver | null;
  readonly timeline: readonly TimelineItem[];
  readonly actions: readonly Action[];
}

/** A user as the search answers. */
export interface FoundUser {
  readonly id: string;
  readonly external_id: string;
  readonly application: { readonly id: string; readonly name: string };
  readonly name?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly two_factor: { readonly enabled: boolean };
  readonly open_case?: string | null;
}

/** Why a sign-in failed, as far as it may be told: never a code, never what a code would have been. */
export interface ExplainLine {
  readonly at: string;
  readonly what: string;
  readonly method?: Method | null;
  readonly label?: string | null;
  readonly seconds?: number | null;
  readonly until?: string | null;
  readonly reason?: string | null;
}

export interface UserPage {
  readonly user: UserDetail;
  readonly cases: readonly CaseBrief[];
  readonly explain: readonly ExplainLine[];
}

export interface NewCase {
  readonly user_id: string;
  readonly reason: Reason;
  readonly channel: Channel;
  readonly contact?: string;
  readonly stolen?: readonly string[];
}

interface AgentOfMe {
  readonly role: 'agent' | 'supervisor';
  readonly name: string;
  readonly needs_factor: boolean;
}

export class DeskApi extends TwofoldApi {
  /** The desk's own door; the second step is that of the Client Area. */
  override signIn = (email: string, password: string): Promise<SignInAnswer> =>
    this.call('POST', '/desk/sign-in', { body: { email, password } });

  deskMe = async (): Promise<DeskMe> => {
    const me = await this.me();
    if (me.state === 'second_factor_required') return { state: me.state, challenge: me.challenge };
    if (me.state !== 'signed_in') return { state: 'signed_out' };
    const agent = (me as { agent?: AgentOfMe }).agent;
    return {
      state: 'signed_in',
      person: {
        ...me.user,
        role: agent?.role,
        name: agent?.name ?? me.user.display_name ?? me.user.email,
        needsFactor: agent?.needs_factor ?? true,
      },
    };
  };

  cases = (filter: Filter, cursor?: string): Promise<Page<CaseBrief>> =>
    this.call('GET', `/v1/support-cases?state=${filter}&limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
  case = (id: string): Promise<CaseDetail> => this.call('GET', path(id));
  openCase = (body: NewCase): Promise<CaseDetail> => this.call('POST', '/v1/support-cases', { body, once: true });
  recordEvidence = (id: string, kind: Kind, note: string): Promise<CaseDetail> =>
    this.call('POST', `${path(id)}/evidence`, { body: note ? { kind, note } : { kind }, once: true });
  approve = (id: string, deliver: Deliver | undefined): Promise<CaseDetail> =>
    this.call('POST', `${path(id)}/approve`, { body: deliver ? { deliver } : {}, once: true });
  reject = (id: string, reason: string): Promise<CaseDetail> =>
    this.call('POST', `${path(id)}/reject`, { body: { reason }, once: true });
  resume = (id: string, reason: string): Promise<CaseDetail> =>
    this.call('POST', `${path(id)}/resume`, { body: { reason }, once: true });
  cancelCase = (id: string): Promise<CaseDetail> => this.call('POST', `${path(id)}/cancel`, { body: {}, once: true });
  newLink = (id: string): Promise<CaseDetail> => this.call('POST', `${path(id)}/link`, { body: {}, once: true });

  findUsers = (query: string): Promise<{ readonly items: readonly FoundUser[] }> =>
    this.call('GET', `/v1/desk/users?query=${encodeURIComponent(query)}`);
  deskUser = (id: string): Promise<UserPage> => this.call('GET', `/v1/desk/users/${encodeURIComponent(id)}`);
}

function path(id: string): string {
  return `/v1/support-cases/${encodeURIComponent(id)}`;
}
