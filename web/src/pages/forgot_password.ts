// forgot_password.ts - asks for a reset link; the answer is alike for known and unknown addresses.

import { html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { t } from '../lib/i18n.js';
import { FormPage, emailFault, valueOf } from '../lib/page.js';
import { session } from '../lib/session.js';
import { checkEmail } from '../parts/check_email.js';
import { guest } from '../parts/guest.js';
import { textField } from '../parts/fields.js';

@customElement('page-forgot-password')
export class PageForgotPassword extends FormPage {
  @state() private sentTo = '';

  override render(): TemplateResult {
    if (this.sentTo) return guest(checkEmail('check_email.reset', this.sentTo, () => (this.sentTo = ''), false));
    return guest(html`<div class="page-head">
        <h1 tabindex="-1">${t('forgot.title')}</h1>
        <p class="lead">${t('forgot.lead')}</p>
      </div>
      <form novalidate @submit=${this.#ask}>
        ${this.summary()}
        ${textField({ name: 'email', type: 'email', label: 'field.email', autocomplete: 'username', error: this.errorFor('email') })}
        ${this.submitButton('forgot.submit')}
      </form>
      <p><a href="/#/sign-in">${t('back_to_sign_in')}</a></p>`);
  }

  readonly #ask = (event: SubmitEvent): void => {
    event.preventDefault();
    const email = valueOf(event.currentTarget as HTMLFormElement, 'email').trim();
    const fault = emailFault(email);
    if (this.refuse(fault ? new Map([['email', () => t(fault)]]) : new Map())) return;
    void this.submit(
      async () => {
        await session.api.requestPasswordReset(email);
        this.sentTo = email;
        void this.updateComplete.then(() => this.querySelector('h1')?.focus());
      },
      {},
      { email: { field: 'email', text: 'form.email_invalid' } },
    );
  };
}
