// who.ts - whom a case is about: masked addresses, methods, and what to be careful about.

import { html, nothing, type TemplateResult } from 'lit';
import { day, t, when, type MessageKey } from '../../lib/i18n.js';
import type { Method } from '@twofold/elements/api';
import type { OwnMethod, UserDetail } from '../api.js';
import { externalId } from '../words.js';

const kMethods: Readonly<Record<Method, MessageKey>> = {
  totp: 'desk.method.totp',
  email: 'desk.method.email',
  whatsapp: 'desk.method.whatsapp',
  backup_code: 'desk.method.backup_code',
};
const kProblems: Readonly<Record<string, MessageKey>> = {
  identity_changed: 'desk.who.unknown_owner',
  stolen: 'desk.who.stolen',
};
export const methodText = (method: string): string => (Object.hasOwn(kMethods, method) ? t(kMethods[method as Method]) : method);

function method(m: OwnMethod): TemplateResult {
  return html`<li>
    <strong><bdi>${m.label}</bdi></strong>
    <span class="muted small">${methodText(m.method)}${m.to ? html` · <bdi>${m.to}</bdi>` : nothing}
      · ${m.last_used_at ? t('desk.who.used', { time: when(m.last_used_at) }) : t('desk.who.never_used')}</span>
    ${m.problem ? html`<span class="state warn">${t(kProblems[m.problem] ?? 'desk.who.problem')}</span>` : nothing}
  </li>`;
}

/** @param link  a link to the user's own page, where this is not it */
export function whoCard(user: UserDetail, link: TemplateResult | typeof nothing = nothing): TemplateResult {
  const changed = t('desk.who.changed_recently');
  return html`<section class="card" aria-labelledby="desk-who">
    <div class="card-head"><h2 id="desk-who">${t('desk.who.title')}</h2>${link}</div>
    ${user.high_value ? html`<div class="notice warn"><p>${t('desk.who.high_value')}</p></div>` : nothing}
    <dl class="desk-facts">
      ${user.name ? html`<div><dt>${t('desk.who.name')}</dt><dd><bdi>${user.name}</bdi></dd></div>` : nothing}
      <div><dt>${t('desk.who.application')}</dt><dd><bdi>${user.application.name}</bdi></dd></div>
      ${externalId(user) ? html`<div><dt>${t('desk.who.external_id')}</dt><dd><bdi class="desk-id">${externalId(user)}</bdi></dd></div>` : nothing}
      <div><dt>${t('desk.who.email')}</dt><dd>${user.email ? html`<bdi>${user.email}</bdi>` : t('desk.who.none')} ${user.email_changed_recently ? html`<span class="state warn">${changed}</span>` : nothing}</dd></div>
      <div><dt>${t('desk.who.phone')}</dt><dd>${user.phone ? html`<bdi dir="ltr">${user.phone}</bdi>` : t('desk.who.none')} ${user.phone_changed_recently ? html`<span class="state warn">${changed}</span>` : nothing}</dd></div>
      <div><dt>${t('desk.who.since')}</dt><dd>${day(new Date(user.created_at))}</dd></div>
      <div><dt>${t('desk.who.backup_codes')}</dt><dd>${t('desk.who.backup_codes_left', { count: user.backup_codes_remaining })}</dd></div>
    </dl>
    <h3>${t('desk.who.methods')}</h3>
    ${user.methods.length > 0 ? html`<ul class="desk-methods">${user.methods.map(method)}</ul>` : html`<p class="muted">${t('desk.who.no_methods')}</p>`}
  </section>`;
}
