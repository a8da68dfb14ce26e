// reset_password.ts - the link of the reset message: a new password, never a way round step two.

import { html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { t } from '../lib/i18n.js';
import { FormPage, valueOf } from '../lib/page.js';
import { forgetLink, go, linkIsForDesk, tokenFor } from '../lib/router.js';
import { session } from '../lib/session.js';
import { guest } from '../parts/guest.js';
import { passwordProblem } from './register.js';
import '../parts/fields.js';

@customElement('page-reset-password')
export class PageResetPassword extends FormPage {
  @state() private linkEnded = false;

  override render(): TemplateResult {
    const known = tokenFor('/reset-password') !== undefined;
    return guest(html`<div class="page-head">
        <h1 tabindex="-1">${t('reset.title')}</h1>
        ${known ? html`<p class="lead">${t('reset.lead')}</p>` : ''}
      </div>
      ${known
        ? html`<form novalidate @submit=${this.#reset}>
            ${this.summary()}
            <password-field field="password" label="field.new_password" kind="new-password" rate .error=${this.errorFor('password')}></password-field>
            ${this.submitButton('reset.submit')}
          </form>`
        : html`<p>${t('reset.no_token')}</p>`}
      <p class="row">
        ${known && !this.linkEnded ? '' : html`<a href="/#/forgot-password">${t('reset.ask_again')}</a>`}
        <a href="/#/sign-in">${t('back_to_sign_in')}</a>
      </p>`);
  }

  readonly #reset = (event: SubmitEvent): void => {
    event.preventDefault();
    const password = valueOf(event.currentTarget as HTMLFormElement, 'password');
    const token = tokenFor('/reset-password');
    const weak = passwordProblem(password);
    if (this.refuse(weak ? new Map([['password', weak]]) : new Map())) return;
    if (!token) return;
    void this.submit(
      async () => {
        try {
          await session.api.confirmPasswordReset(token, password);
        } catch (error) {
          this.linkEnded = (error as { code?: unknown }).code === 'link_invalid';
          throw error;
        }
        const desk = linkIsForDesk('/reset-password');
        forgetLink();
        if (desk) {
          location.assign('/desk/');
          return;
        }
        await session.refresh();
        session.returnTo = undefined;
        session.notice = 'password_changed';
        go('/sign-in', { replace: true });
      },
      { link_invalid: 'reset.link_invalid', not_found: 'reset.link_invalid', password_invalid: 'error.password_weak' },
      { password: { field: 'password', text: 'error.password_weak' } },
    );
  };
}
