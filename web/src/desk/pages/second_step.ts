// second_step.ts - the agent's own code after the password; <twofold-verify> does the whole of it.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import '@twofold/elements/define-verify';
import { errorText } from '../../lib/errors.js';
import { language, t } from '../../lib/i18n.js';
import type { LateText } from '../../lib/page.js';
import { guest } from '../../parts/guest.js';
import { DeskElement } from '../element.js';
import { desk } from '../session.js';

@customElement('desk-second-step')
export class DeskSecondStep extends DeskElement {
  override readonly ownFocus = true;
  @state() private failure: LateText | undefined;

  override render(): TemplateResult {
    return guest(html`<h1 class="visually-hidden" tabindex="-1">${t('second.title')}</h1>
      <twofold-verify
        mode="sign-in" bare autofocus
        lang=${language()}
        .api=${desk.api}
        @twofold-verified=${this.#verified}
        @twofold-restart=${() => desk.ended('challenge_ended')}
        @twofold-signed-out=${() => desk.ended('challenge_ended')}
      ></twofold-verify>
      ${this.failure ? html`<div class="notice bad" role="alert"><p>${this.failure()}</p></div>` : nothing}
      <p><button type="button" class="plain-link" @click=${this.#leave}>${t('second.other_account')}</button></p>`);
  }

  readonly #verified = (event: HTMLElementEventMap['twofold-verified']): void => {
    const { mode, result } = event.detail;
    if (mode === 'sign-in' && result?.status === 'signed_in') this.#try(desk.signedIn(result));
  };

  readonly #leave = (): void => this.#try(desk.signOut().then(() => void (desk.notice = undefined)));

  #try(work: Promise<void>): void {
    work.catch((error: unknown) => (this.failure = () => errorText(error)));
  }
}
