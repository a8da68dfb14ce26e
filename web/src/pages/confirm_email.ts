// confirm_email.ts - the link of the registration message. The password is asked again, so that
// registering somebody else's address gains nothing.

import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { t } from '../lib/i18n.js';
import { FormPage, valueOf } from '../lib/page.js';
import { forgetLink, go, tokenFor } from '../lib/router.js';
import { session } from '../lib/session.js';
import { guest } from '../parts/guest.js';
import '../parts/fields.js';

@customElement('page-confirm-email')
export class PageConfirmEmail extends FormPage {
  override render(): TemplateResult {
    const known = tokenFor('/confirm-email') !== undefined;
    return guest(html`<div class="page-head">
        <h1 tabindex="-1">${t('confirm.title')}</h1>
        ${known ? html`<p class="lead">${t('confirm.lead')}</p>` : ''}
      </div>
      ${known
        ? html`<form novalidate @submit=${this.#confirm}>
            ${this.summary()}
            <password-field field="password" kind="current-password" .error=${this.errorFor('password')}></password-field>
            ${this.submitButton('confirm.submit')}
          </form>`
        : html`<p>${t('confirm.no_token')}</p>`}
      <p class="row">
        <a href="/#/sign-in">${t('back_to_sign_in')}</a>
        <a href="/#/register">${t('sign_in.register')}</a>
      </p>`);
  }

  readonly #confirm = (event: SubmitEvent): void => {
    event.preventDefault();
    const password = valueOf(event.currentTarget as HTMLFormElement, 'password');
    const token = tokenFor('/confirm-email');
    if (this.refuse(password ? new Map() : new Map([['password', () => t('form.password_missing')]]))) return;
    if (!token) return;
    void this.submit(
      async () => {
        const answer = await session.api.confirmRegistration(token, password);
        forgetLink();
        session.returnTo = undefined;
        session.signedIn(answer);
        go('/', { replace: true });
      },
      {
        link_invalid: 'confirm.link_invalid',
        password_invalid: 'confirm.password_invalid',
        validation_failed: 'confirm.password_invalid',
        not_found: 'confirm.link_invalid',
      },
    );
  };
}
