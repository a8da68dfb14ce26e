// register.ts - a new account. The answer is alike for known and unknown addresses, and so is the page.

import { html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { language, t } from '../lib/i18n.js';
import { FormPage, emailFault, valueOf, type LateText } from '../lib/page.js';
import { session } from '../lib/session.js';
import { strength } from '../lib/strength.js';
import { guest } from '../parts/guest.js';
import { textField } from '../parts/fields.js';
import { checkEmail } from '../parts/check_email.js';

/** Up to 100 characters, none that breaks a line or turns the direction of text (as for labels). */
const kUnusableInName = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

@customElement('page-register')
export class PageRegister extends FormPage {
  @state() private sentTo = '';
  @state() private own: readonly string[] = [];

  override render(): TemplateResult {
    if (session.config?.registration === false) {
      return guest(html`<h1 tabindex="-1">${t('register.title')}</h1>
        <p>${t('register.closed')}</p>
        <a class="button" href="/#/sign-in">${t('back_to_sign_in')}</a>`);
    }
    if (this.sentTo) return guest(checkEmail('check_email.register', this.sentTo, () => (this.sentTo = ''), true));
    return guest(html`<div class="page-head">
        <h1 tabindex="-1">${t('register.title')}</h1>
        <p class="lead">${t('register.lead')}</p>
      </div>
      <form novalidate @submit=${this.#register} @input=${this.#typed}>
        ${this.summary()}
        ${textField({ name: 'name', type: 'text', label: 'field.display_name', autocomplete: 'name', optional: true, hint: t('field.display_name_hint'), error: this.errorFor('name') })}
        ${textField({ name: 'email', type: 'email', label: 'field.email', autocomplete: 'username', error: this.errorFor('email') })}
        <password-field field="password" kind="new-password" rate .own=${this.own} .error=${this.errorFor('password')}></password-field>
        ${this.submitButton('register.submit')}
      </form>
      <p>${t('register.have_account')} <a href="/#/sign-in">${t('sign_in.submit')}</a></p>`);
  }

  readonly #typed = (event: Event): void => {
    const form = event.currentTarget as HTMLFormElement;
    this.own = ownWords(valueOf(form, 'email'), valueOf(form, 'name'));
  };

  readonly #register = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const email = valueOf(form, 'email').trim();
    const password = valueOf(form, 'password');
    const name = valueOf(form, 'name').trim();
    const refused = new Map<string, LateText>();
    const nameFault = nameProblem(name);
    if (nameFault) refused.set('name', nameFault);
    const fault = emailFault(email);
    if (fault) refused.set('email', () => t(fault));
    const weak = passwordProblem(password);
    if (weak) refused.set('password', weak);
    if (this.refuse(refused)) return;
    void this.submit(
      async () => {
        await session.api.register({ email, password, locale: language(), ...(name ? { display_name: name } : {}) });
        this.sentTo = email;
        void this.updateComplete.then(() => this.querySelector('h1')?.focus());
      },
      {},
      {
        email: { field: 'email', text: 'form.email_invalid' },
        password: { field: 'password', text: 'error.password_weak' },
        display_name: { field: 'name', text: 'form.name_invalid' },
      },
    );
  };
}

/** The parts of an address and a name that a password should not be built on. */
export function ownWords(email: string, name: string): readonly string[] {
  return [...email.split(/[@.+_-]/), ...name.split(/\s+/)].filter((w) => w.length >= 4);
}

export function nameProblem(name: string): LateText | undefined {
  if ([...name].length > 100) return () => t('form.name_too_long');
  return kUnusableInName.test(name) ? () => t('form.name_invalid') : undefined;
}

/** What makes a new password unusable; one that is merely weak is allowed, and said to be so. */
export function passwordProblem(password: string): LateText | undefined {
  if (!password) return () => t('form.new_password_missing');
  const { level, reason, length } = strength(password);
  return level === 0 ? () => t(`strength.${reason}`, { count: length }) : undefined;
}
