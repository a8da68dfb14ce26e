// account.ts - profile and password. The address is shown, and cannot be changed here yet.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { kLanguages, isLanguage, language, setLanguage, t } from '../lib/i18n.js';
import { FormPage, PageElement, valueOf, type LateText } from '../lib/page.js';
import { session } from '../lib/session.js';
import { textField, type PasswordField } from '../parts/fields.js';
import { nameProblem, ownWords, passwordProblem } from './register.js';

@customElement('page-account')
export class PageAccount extends PageElement {
  override render(): TemplateResult {
    const on = session.user?.two_factor.enabled === true;
    return html`<div class="page">
      <div class="page-head"><h1 tabindex="-1">${t('account.title')}</h1></div>
      <div class="columns">
        <account-profile class="card"></account-profile>
        <account-password class="card"></account-password>
        <section class="card" aria-labelledby="account-2fa">
          <div class="card-head">
            <h2 id="account-2fa">${t('account.security_title')}</h2>
            <span class="state ${on ? 'good' : 'warn'}">${t(on ? 'home.state_on' : 'home.state_off')}</span>
          </div>
          <p>${t(on ? 'account.security_on' : 'account.security_off')}</p>
          <p><a class="button secondary" href="/#/security">${t('home.manage')}</a></p>
        </section>
        <section class="card" aria-labelledby="account-history">
          <h2 id="account-history">${t('history.title')}</h2>
          <p>${t('account.history')}</p>
          <p><a class="button secondary" href="/#/account/history">${t('account.history_open')}</a></p>
        </section>
      </div>
    </div>`;
  }
}

@customElement('account-profile')
export class AccountProfile extends FormPage {
  @state() private saved = false;

  override render(): TemplateResult {
    const user = session.user;
    if (!user) return html``;
    return html`<h2>${t('account.profile_title')}</h2>
      <form novalidate @submit=${this.#save} @input=${() => (this.saved = false)}>
        ${this.summary()}
        <div class="field">
          <span class="label" id="email-label">${t('field.email')}</span>
          <p aria-labelledby="email-label" role="group"><bdi>${user.email}</bdi></p>
          <p class="hint">${t('account.email_hint')}</p>
        </div>
        ${textField({ name: 'name', type: 'text', label: 'field.display_name', autocomplete: 'name', optional: true, value: user.display_name ?? '', hint: t('field.display_name_hint'), error: this.errorFor('name') })}
        <div class="field">
          <label for="locale">${t('account.language')}</label>
          <select id="locale" name="locale" aria-describedby="locale-hint">
            ${Object.entries(kLanguages).map(
              ([tag, name]) => html`<option value=${tag} lang=${tag} ?selected=${tag === (user.locale ?? language())}>${name}</option>`,
            )}
          </select>
          <p class="hint" id="locale-hint">${t('account.language_hint')}</p>
        </div>
        <div class="row">
          <button class="button" type="submit" aria-disabled=${this.busy ? 'true' : 'false'}>${t(this.busy ? 'working' : 'account.save')}</button>
          <span role="status">${this.saved ? html`<span class="state good">${t('account.saved')}</span>` : nothing}</span>
        </div>
      </form>`;
  }

  readonly #save = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const name = valueOf(form, 'name').trim();
    const locale = valueOf(form, 'locale');
    const fault = nameProblem(name);
    if (this.refuse(fault ? new Map([['name', fault]]) : new Map())) return;
    void this.submit(
      async () => {
        const user = await session.api.updateMe({ display_name: name, locale });
        session.setUser(user);
        if (isLanguage(locale)) await setLanguage(locale, true);
        this.saved = true;
      },
      {},
      { display_name: { field: 'name', text: 'form.name_invalid' } },
    );
  };
}

@customElement('account-password')
export class AccountPassword extends FormPage {
  @state() private changed = false;

  override render(): TemplateResult {
    const user = session.user;
    if (!user) return html``;
    return html`<h2>${t('account.password_title')}</h2>
      <div>
        <p class="muted small">${t('account.password_lead')}</p>
        <div role="status">${this.changed ? html`<div class="notice good"><p>${t('account.password_changed')}</p></div>` : nothing}</div>
      </div>
      <form novalidate @submit=${this.#change}>
        ${this.summary()}
        <input class="visually-hidden" type="text" name="username" autocomplete="username" .value=${user.email} tabindex="-1" aria-hidden="true" readonly />
        <password-field field="current" label="field.current_password" kind="current-password" .error=${this.errorFor('current')}></password-field>
        <password-field field="next" label="field.new_password" kind="new-password" rate .own=${ownWords(user.email, user.display_name ?? '')} .error=${this.errorFor('next')}></password-field>
        ${this.submitButton('account.password_submit')}
      </form>`;
  }

  readonly #change = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const current = valueOf(form, 'current');
    const next = valueOf(form, 'next');
    const refused = new Map<string, LateText>();
    if (!current) refused.set('current', () => t('form.password_missing'));
    const weak = passwordProblem(next);
    if (weak) refused.set('next', weak);
    else if (current === next) refused.set('next', () => t('account.same_password'));
    this.changed = false;
    if (this.refuse(refused)) return;
    void this.submit(
      async () => {
        await session.api.changePassword(current, next);
        this.querySelectorAll<PasswordField>('password-field').forEach((field) => field.clear());
        this.changed = true;
      },
      { credentials_invalid: 'account.current_wrong', password_invalid: 'account.current_wrong' },
      {
        new_password: { field: 'next', text: 'error.password_weak' },
        current_password: { field: 'current', text: 'account.current_wrong' },
      },
    );
  };
}
