// not_me.ts - the "this was not me" link of a notice. It needs no sign-in and only stops things; opening
// the page does nothing (mail scanners open links), the button does.

import { ApiError, type Frozen } from '@twofold/elements/api';
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { t } from '../lib/i18n.js';
import { FormPage } from '../lib/page.js';
import { forgetLink, tokenFor } from '../lib/router.js';
import { session } from '../lib/session.js';
import { guest } from '../parts/guest.js';
import { contacts } from '../parts/contacts.js';

const kPath = '/not-me';

@customElement('page-not-me')
export class PageNotMe extends FormPage {
  @state() private frozen: Frozen | undefined;
  @state() private linkEnded = false;

  override render(): TemplateResult {
    if (this.frozen) return this.#stopped(this.frozen);
    if (this.linkEnded || tokenFor(kPath) === undefined) return this.#lost();
    return guest(html`<div class="page-head">
        <h1 tabindex="-1">${t('not_me.title')}</h1>
        <p class="lead">${t('not_me.lead')}</p>
      </div>
      <ul class="advice">
        <li>${t('not_me.will_end')}</li>
        <li>${t('not_me.will_pause')}</li>
        <li>${t('not_me.will_keep')}</li>
      </ul>
      <form novalidate @submit=${this.#stop}>
        ${this.summary()} ${this.submitButton('not_me.submit')}
      </form>
      <p class="muted small">${t('not_me.was_me')}</p>`);
  }

  #stopped(frozen: Frozen): TemplateResult {
    return guest(html`<h1 tabindex="-1">${t('not_me.done_title')}</h1>
      <div class="notice good" role="status">
        <ul>
          ${frozen.sessions_ended ? html`<li>${t('not_me.did_end')}</li>` : nothing}
          ${frozen.case ? html`<li>${t('not_me.did_pause')}</li>` : nothing}
        </ul>
      </div>
      <h2>${t('not_me.next_title')}</h2>
      <ol class="steps">
        <li>${t('not_me.next_password')}</li>
        <li>${t('not_me.next_check')}</li>
        <li>${t('not_me.next_tell')}</li>
      </ol>
      <p class="row">
        <a class="button" href="/#/forgot-password">${t('not_me.change_password')}</a>
        <a href="/#/sign-in">${t('back_to_sign_in')}</a>
      </p>
      ${contacts(session.config)}`);
  }

  #lost(): TemplateResult {
    return guest(html`<h1 tabindex="-1">${t('not_me.title')}</h1>
      <p>${t(this.linkEnded ? 'not_me.link_invalid' : 'not_me.no_token')}</p>
      <p class="row">
        <a class="button" href="/#/forgot-password">${t('not_me.change_password')}</a>
        <a href="/#/sign-in">${t('back_to_sign_in')}</a>
      </p>
      ${contacts(session.config)}`);
  }

  readonly #stop = (event: SubmitEvent): void => {
    event.preventDefault();
    const token = tokenFor(kPath);
    if (!token) return;
    void this.submit(async () => {
      try {
        this.frozen = await session.api.redeemNoticeLink(token);
        forgetLink();
        // If the session of this browser was one of those that ended, the page must know.
        session.refresh().catch(() => undefined);
      } catch (error) {
        if (!(error instanceof ApiError && (error.code === 'link_invalid' || error.code === 'not_found'))) throw error;
        this.linkEnded = true;
      }
      await this.updateComplete;
      this.querySelector<HTMLElement>('h1')?.focus();
    });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'page-not-me': PageNotMe;
  }
}
