// sign_in.ts - the desk's own door: the password step of people who work here.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { t, type MessageKey } from '../../lib/i18n.js';
import { emailFault, valueOf, type LateText } from '../../lib/page.js';
import { textField } from '../../parts/fields.js';
import { guest } from '../../parts/guest.js';
import { DeskForm } from '../element.js';
import { desk } from '../session.js';

const kNotices = {
  ended: { key: 'sign_in.ended', tone: 'warn' },
  signed_out: { key: 'sign_in.signed_out', tone: 'good' },
  challenge_ended: { key: 'sign_in.challenge_ended', tone: 'warn' },
} as const satisfies Record<string, { key: MessageKey; tone: string }>;

@customElement('desk-sign-in')
export class DeskSignIn extends DeskForm {
  /** Kept while the page is open, so that the notice stays until somebody acts. */
  readonly #notice = desk.notice;

  override connectedCallback(): void {
    super.connectedCallback();
    desk.notice = undefined;
  }

  override render(): TemplateResult {
    const notice = this.#notice ? kNotices[this.#notice] : undefined;
    return guest(
      html`<div class="page-head">
          <h1 tabindex="-1">${t('desk.sign_in.title')}</h1>
          <p class="lead">${t('desk.sign_in.lead')}</p>
        </div>
        ${notice ? html`<div class="notice ${notice.tone}" role="status"><p>${t(notice.key)}</p></div>` : nothing}
        <form novalidate @submit=${this.#signIn}>
          ${this.summary()}
          ${textField({ name: 'email', type: 'email', label: 'field.email', autocomplete: 'username', error: this.errorFor('email') })}
          <password-field field="password" kind="current-password" .error=${this.errorFor('password')}></password-field>
          ${this.submitButton('sign_in.submit')}
        </form>
        <p class="small muted">${t('desk.sign_in.customers')} <a href="/#/sign-in">${t('desk.sign_in.client_area')}</a></p>`,
      this.#demo(),
    );
  }

  #demo(): TemplateResult | typeof nothing {
    const accounts = (desk.config?.demo_accounts ?? []).filter((a) => a.role === 'agent' || a.role === 'supervisor');
    if (accounts.length === 0) return nothing;
    return html`<section class="card" aria-labelledby="demo-accounts">
      <div class="stack">
        <h2 id="demo-accounts">${t('sign_in.demo_title')}</h2>
        <p class="muted small">${t('desk.sign_in.demo_lead')}</p>
      </div>
      ${accounts.map(
        (account) =>
          html`<button type="button" class="button secondary account" @click=${() => this.#enter(account.email, account.password)}>
            <span>${t(account.role === 'agent' ? 'sign_in.demo_role_agent' : 'sign_in.demo_role_supervisor')}</span> <small><bdi>${account.email}</bdi></small>
          </button>`,
      )}
    </section>`;
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
        const answer = await desk.api.signIn(email, password);
        if (answer.status === 'signed_in') await desk.signedIn(answer);
        else desk.secondStep(answer.challenge);
      },
      // Whatever does not even look like credentials is simply not the right ones.
      { validation_failed: 'error.credentials_invalid' },
    );
  }
}
