// check_email.ts - "a message is on its way", the same whether or not it is.

import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../lib/i18n.js';
import { session } from '../lib/session.js';

export function checkEmail(
  text: 'check_email.register' | 'check_email.reset',
  email: string,
  again: () => void,
  mayBeKnown: boolean,
): TemplateResult {
  return html`<h1 tabindex="-1">${t('check_email.title')}</h1>
    <p>${t(text, { email })}</p>
    ${mayBeKnown ? html`<p class="muted small">${t('check_email.known')}</p>` : nothing}
    ${session.config?.demo
      ? html`<a class="button" href="/demo/mailbox" target="_blank">${t('demo.mailbox')} <span class="visually-hidden">${t('demo.new_tab')}</span></a>`
      : nothing}
    <p class="muted small">${t('check_email.nothing')}</p>
    <p class="row">
      <button type="button" class="plain-link" @click=${again}>${t('check_email.again')}</button>
      <a href="/#/sign-in">${t('back_to_sign_in')}</a>
    </p>`;
}
