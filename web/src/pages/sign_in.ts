// sign_in.ts - the password step. In the demonstration each ready account signs in by one click.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { t, type MessageKey } from '../lib/i18n.js';
import { FormPage, emailFault, valueOf, type LateText } from '../lib/page.js';
import { session } from '../lib/session.js';
import { guest } from '../parts/guest.js';
import { textField } from '../parts/fields.js';

const kNotices = {
  ended: { key: 'sign_in.ended', tone: 'warn' },
  signed_out: { key: 'sign_in.signed_out', tone: 'good' },
  password_changed: { key: 'sign_in.password_changed', tone: 'good' },
  recovered: { key: 'sign_in.recovered', tone: 'good' },
  challenge_ended: { key: 'sign_in.challenge_ended', tone: 'warn' },
} as const satisfies Record<string, { key: MessageKey; tone: string }>;

const kRoles: Readonly<Record<string, MessageKey>> = {
  user: 'sign_in.demo_role_user',
  agent: 'sign_in.demo_role_agent',
  supervisor: 'sign_in.demo_role_supervisor',
};

@customElement('page-sign-in')
export class PageSignIn extends FormPage {
  /** Kept while the page is open, so that the notice stays until somebody acts. */
  readonly #notice = session.notice;

  override connectedCallback(): void {
    super.connectedCallback();
    session.notice = undefined;
  }

  override render(): TemplateResult {
    const notice = this.#notice ? kNotices[this.#notice] : undefined;
    const accounts = session.config?.demo_accounts ?? [];
    return guest(
      html`<div class="page-head">
          <h1 tabindex="-1">${t('sign_in.title')}</h1>
          <p class="lead">${t('sign_in.lead')}</p>
        </div>
        ${notice ? html`<div class="notice ${notice.tone}" role="status"><p>${t(notice.key)}</p></div>` : nothing}
        <form novalidate @submit=${this.#signIn}>
          ${this.summary()}
          ${textField({ name: 'email', type: 'email', label: 'field.email', autocomplete: 'username', error: this.errorFor('email') })}
          <password-field field="password" kind="current-password" .error=${this.errorFor('password')}></password-field>
          <p class="small"><a href="/#/forgot-password">${t('sign_in.forgot')}</a></p>
          ${this.submitButton('sign_in.submit')}
        </form>
        ${session.config?.registration === false
          ? nothing
          : html`<p>${t('sign_in.no_account')} <a href="/#/register">${t('sign_in.register')}</a></p>`}`,
      accounts.length > 0
        ? html`<section class="card" aria-labelledby="demo-accounts">
            <div class="stack">
              <h2 id="demo-accounts">${t('sign_in.demo_title')}</h2>
              <p class="muted small">${t('sign_in.demo_lead')}</p>
            </div>
            ${accounts.map((account) => {
              const name = html`<span>${t(kRoles[account.role] ?? 'sign_in.demo_role_user')}</span> <small><bdi>${account.email}</bdi></small>`;
              // Who works at the desk has no account here: their own door is there.
              return account.role === 'user'
                ? html`<button type="button" class="button secondary account" @click=${() => this.#enter(account.email, account.password)}>${name}</button>`
                : html`<a class="button secondary account" href="/desk/">${name}</a>`;
            })}
          </section>`
        : nothing,
    );
  }

  readonly #signIn = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const email = valueOf(form, 'email');
    const password = valueOf(form, 'password');
    const refused = new Map<string, LateText>();
    const fault = emailFault(email);
    if (fault) refused.set('email', () => t(fault));
    if (!password) refused.set('password', () => t('form.password_missing'));
    if (!this.refuse(refused)) void this.#enter(email.trim(), password);
  };

  async #enter(email: string, password: string): Promise<void> {
    await this.submit(
      async () => {
        const answer = await session.api.signIn(email, password);
        // The frame moves on by itself: to the second step, or to where the person was going.
        if (answer.status === 'signed_in') session.signedIn(answer);
        else session.secondStep(answer.challenge);
      },
      // Whatever does not even look like credentials is simply not the right ones.
      { validation_failed: 'error.credentials_invalid' },
    );
  }
}
