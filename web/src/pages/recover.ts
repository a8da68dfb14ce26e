// recover.ts - the one-time link from support: with the password it lets a new method be set up, and
// nothing else. Opening the page uses nothing up; the link goes to the server with the password alone.

import { ApiError } from '@twofold/elements/api';
import { html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import '@twofold/elements/define-setup';
import { language, t } from '../lib/i18n.js';
import { FormPage, valueOf } from '../lib/page.js';
import { forgetLink, go, tokenFor } from '../lib/router.js';
import { session } from '../lib/session.js';
import { guest } from '../parts/guest.js';
import { contacts } from '../parts/contacts.js';
import '../parts/fields.js';

const kPath = '/recover';

@customElement('page-recover')
export class PageRecover extends FormPage {
  @state() private ended: 'link' | 'paused' | undefined;

  override render(): TemplateResult {
    if (session.state.kind === 'recovery') return this.#setUp();
    if (this.ended) return this.#over(this.ended);
    return tokenFor(kPath) === undefined ? this.#lost() : this.#ask();
  }

  #ask(): TemplateResult {
    return guest(html`<div class="page-head">
        <h1 tabindex="-1">${t('recover.title')}</h1>
        <p class="lead">${t('recover.lead')}</p>
      </div>
      <form novalidate @submit=${this.#redeem}>
        ${this.summary()}
        <password-field field="password" kind="current-password" .error=${this.errorFor('password')}></password-field>
        <p class="small"><a href="/#/forgot-password">${t('sign_in.forgot')}</a></p>
        ${this.submitButton('recover.submit')}
      </form>
      <p class="muted small">${t('recover.once')}</p>`);
  }

  #setUp(): TemplateResult {
    return html`<div class="page">
      <div class="page-head">
        <h1 tabindex="-1">${t('recover.title')}</h1>
        <p class="lead">${t('recover.setup_lead')}</p>
      </div>
      <twofold-setup
        recover
        lang=${language()}
        .api=${session.api}
        @twofold-setup-done=${this.#done}
        @twofold-signed-out=${this.#expired}
      ></twofold-setup>
    </div>`;
  }

  #over(why: 'link' | 'paused'): TemplateResult {
    return guest(html`<h1 tabindex="-1">${t(`recover.${why}_title`)}</h1>
      <p role="alert">${t(`recover.${why}`)}</p>
      <a class="button" href="/#/sign-in">${t('recover.see_request')}</a>
      ${contacts(session.config)}`);
  }

  #lost(): TemplateResult {
    return guest(html`<h1 tabindex="-1">${t('recover.title')}</h1>
      <p>${t('recover.no_token')}</p>
      <a class="button" href="/#/sign-in">${t('back_to_sign_in')}</a>
      ${contacts(session.config)}`);
  }

  readonly #redeem = (event: SubmitEvent): void => {
    event.preventDefault();
    const password = valueOf(event.currentTarget as HTMLFormElement, 'password');
    const token = tokenFor(kPath);
    if (this.refuse(password ? new Map() : new Map([['password', () => t('form.password_missing')]]))) return;
    if (!token) return;
    void this.submit(
      async () => {
        try {
          const { expires_at } = await session.api.redeemRecoveryLink(token, password);
          forgetLink();
          session.recovering(expires_at);
        } catch (error) {
          const code = error instanceof ApiError ? error.code : undefined;
          if (code === 'link_invalid' || code === 'not_found') return this.#end('link');
          if (code === 'case_paused') return this.#end('paused');
          throw error;
        }
      },
      { password_invalid: 'recover.password_invalid', credentials_invalid: 'recover.password_invalid' },
      { token: { field: 'password', text: 'recover.link' } },
    );
  };

  #end(why: 'link' | 'paused'): void {
    forgetLink();
    this.ended = why;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('h1')?.focus());
  }

  readonly #done = (): void => {
    session.recovered();
    go('/sign-in', { replace: true });
  };

  /** The time of the link ran out while a method was being set up. */
  readonly #expired = (): void => {
    this.ended = 'link';
    session.refresh().catch(() => undefined);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'page-recover': PageRecover;
  }
}
