// second_step.ts - the code after the password; <twofold-verify> does the whole of it.

import { html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { SignedIn } from '@twofold/elements/api';
import '@twofold/elements/define-verify';
import { errorText } from '../lib/errors.js';
import { language, t } from '../lib/i18n.js';
import { PageElement, type LateText } from '../lib/page.js';
import { session } from '../lib/session.js';
import { guest } from '../parts/guest.js';

@customElement('page-second-step')
export class PageSecondStep extends PageElement {
  /** The code field takes the focus: it is what everybody came for, every day. */
  override readonly ownFocus = true;
  @state() private failure: LateText | undefined;

  override render(): TemplateResult {
    // The element's own heading is the one to see; this one gives the page its outline.
    return guest(html`<h1 class="visually-hidden" tabindex="-1">${t('second.title')}</h1>
      <twofold-verify
        mode="sign-in" bare autofocus
        lang=${language()}
        .api=${session.api}
        @twofold-verified=${this.#verified}
        @twofold-restart=${() => session.ended('challenge_ended')}
        @twofold-signed-out=${() => session.ended('challenge_ended')}
      ></twofold-verify>
      ${this.failure ? html`<div class="notice bad" role="alert"><p>${this.failure()}</p></div>` : ''}
      <p><button type="button" class="plain-link" @click=${this.#leave}>${t('second.other_account')}</button></p>`);
  }

  readonly #verified = (event: HTMLElementEventMap['twofold-verified']): void => {
    const { mode, result } = event.detail;
    if (mode === 'sign-in' && result?.status === 'signed_in') session.signedIn(result satisfies SignedIn);
  };

  readonly #leave = (): void => {
    session.signOut().then(
      () => (session.notice = undefined),
      (error: unknown) => (this.failure = () => errorText(error)),
    );
  };
}
