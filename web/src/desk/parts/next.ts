// next.ts - "what happens next and when", in one sentence, with the time that is left running in it.

import { html, nothing, type TemplateResult } from 'lit';
import { t, when } from '../../lib/i18n.js';
import type { CaseDetail } from '../api.js';
import { deliverText, kSlot, pauseText, stateText, withSlot } from '../words.js';

function countdown(until: string): TemplateResult {
  return html`<strong class="desk-clock"><desk-countdown until=${until}></desk-countdown></strong>`;
}

export function nextSentence(c: CaseDetail): TemplateResult {
  switch (c.next) {
    case 'evidence':
      return html`${t('desk.case.next_evidence', { points: c.points, needed: c.points_needed })}`;
    case 'approval':
      return html`${t('desk.case.next_approval', { count: c.approvals_needed - c.approvals.length })}`;
    case 'wait':
      if (!c.waits_until) return html`${t('desk.case.next_wait_soon')}`;
      return withSlot(t('desk.case.next_wait', { in: kSlot, time: when(c.waits_until) }), countdown(c.waits_until));
    case 'link':
      if (!c.link_expires_at) return html`${t('desk.case.next_link_soon')}`;
      return withSlot(t('desk.case.next_link', { in: kSlot, time: when(c.link_expires_at) }), countdown(c.link_expires_at));
    case 'review':
      return html`${c.pause ? t('desk.case.next_review_why', { why: pauseText(c.pause.reason), time: when(c.pause.at) }) : t('desk.case.next_review')}`;
    default:
      return html`${c.state === 'done' ? t('desk.case.next_done') : t('desk.case.next_none', { state: stateText(c.state) })}`;
  }
}

const kTone: Partial<Record<CaseDetail['next'], string>> = { review: 'warn', none: '', wait: 'info', link: 'info' };

export function nextCard(c: CaseDetail): TemplateResult {
  return html`<section class="notice desk-next ${c.state === 'done' ? 'good' : (kTone[c.next] ?? 'info')}" aria-labelledby="desk-next">
    <h2 id="desk-next">${t('desk.case.next_title')}</h2>
    <p>${nextSentence(c)}</p>
    ${c.approvals.length > 0 && c.next === 'approval'
      ? html`<p class="small">${t('desk.case.approved_so_far', { name: c.approvals.map((a) => a.by.name).join(', ') })}</p>`
      : nothing}
    ${c.link_sent_to && (c.next === 'wait' || c.next === 'link') ? html`<p class="small">${t('desk.case.link_way', { way: deliverText(c.link_sent_to) })}</p>` : nothing}
  </section>`;
}
