// explain.ts - why a sign-in failed, in sentences. The lines hold no code and no secret: the server
// sends none, and nothing here could tell one.

import { html, nothing, type TemplateResult } from 'lit';
import { t, when, type MessageKey } from '../../lib/i18n.js';
import type { ExplainLine } from '../api.js';
import { span } from '../time.js';
import { methodText } from './who.js';

const kDelivery: Readonly<Record<string, MessageKey>> = {
  address_refused: 'desk.delivery.address_refused',
  not_reachable: 'desk.delivery.not_reachable',
  withheld: 'desk.delivery.withheld',
  country_unavailable: 'desk.delivery.country_unavailable',
  identity_changed: 'desk.delivery.identity_changed',
  too_many: 'desk.delivery.too_many',
  channel_down: 'desk.delivery.channel_down',
  rejected: 'desk.delivery.rejected',
  expired: 'desk.delivery.expired',
};

function sentence(line: ExplainLine): string {
  const seconds = line.seconds ?? 0;
  switch (line.what) {
    case 'code_used_before':
      return t('desk.explain.code_used_before', { span: span(seconds, { seconds: true, display: 'long' }) });
    case 'code_of_another_time':
      // Positive: the phone's clock is behind.
      return t(seconds >= 0 ? 'desk.explain.clock_behind' : 'desk.explain.clock_ahead', {
        span: span(Math.abs(seconds), { seconds: true, display: 'long' }),
      });
    case 'code_wrong':
      return t('desk.explain.code_wrong');
    case 'locked':
      return line.until ? t('desk.explain.locked', { time: when(line.until) }) : t('desk.explain.locked_now');
    case 'factor_ended':
      return t('desk.explain.factor_ended');
    case 'password_wrong':
      return t('desk.explain.password_wrong');
    case 'mail_refused':
      return t('desk.explain.mail_refused');
    case 'message_not_delivered': {
      const reason = line.reason ? kDelivery[line.reason] : undefined;
      return reason ? t('desk.explain.message_not_delivered_why', { why: t(reason) }) : t('desk.explain.message_not_delivered');
    }
    case 'message_waiting':
      return t('desk.explain.message_waiting');
    case 'signed_in':
      return t('desk.explain.signed_in');
    case 'backup_code_used':
      return t('desk.explain.backup_code_used');
    case 'suspended':
      return t('desk.explain.suspended');
    default:
      return line.what;
  }
}

export function explainCard(lines: readonly ExplainLine[] | undefined): TemplateResult {
  return html`<section class="card" aria-labelledby="desk-explain">
    <h2 id="desk-explain">${t('desk.explain.title')}</h2>
    <p class="muted small">${t('desk.explain.lead')}</p>
    ${lines === undefined
      ? html`<p class="muted" role="status">${t('loading')}</p>`
      : lines.length === 0
        ? html`<p>${t('desk.explain.none')}</p>`
        : html`<ol class="desk-lines">
            ${lines.map(
              (line) => html`<li class=${line.what === 'signed_in' ? 'good' : ''}>
                <time datetime=${line.at}>${when(line.at)}</time>
                <p>${sentence(line)}</p>
                ${line.method ? html`<span class="muted small">${methodText(line.method)}${line.label ? html` · <bdi>${line.label}</bdi>` : nothing}</span>` : nothing}
              </li>`,
            )}
          </ol>`}
  </section>`;
}
