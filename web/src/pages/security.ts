// security.ts - Security Settings; <twofold-settings> does the whole of it: enabling, methods,
// backup codes, setting up anew after a sign-in by backup code, disabling.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import '@twofold/elements/define';
import { language, t } from '../lib/i18n.js';
import { PageElement } from '../lib/page.js';
import { session } from '../lib/session.js';

@customElement('page-security')
export class PageSecurity extends PageElement {
  /** Somebody else asked support for help in this person's name. */
  @state() private notMe = false;

  override render(): TemplateResult {
    return html`<div class="page">
      <div class="page-head">
        <h1 tabindex="-1">${t('security.title')}</h1>
        <p class="lead">${t('security.lead')}</p>
      </div>
      ${this.notMe
        ? html`<section class="notice warn" role="alert" aria-labelledby="not-me">
            <strong id="not-me">${t('security.not_me_title')}</strong>
            <p>${t('security.not_me')}</p>
            <p><a class="button" href="/#/account">${t('security.not_me_action')}</a></p>
          </section>`
        : nothing}
      <div class="split">
        <twofold-settings
          lang=${language()}
          .api=${session.api}
          @twofold-enabled=${this.#changed}
          @twofold-disabled=${this.#changed}
          @twofold-changed=${this.#changed}
          @twofold-support-withdrawn=${this.#withdrawn}
          @twofold-signed-out=${() => session.ended('ended')}
        ></twofold-settings>
        <section class="card" aria-labelledby="good-to-know">
          <h2 id="good-to-know">${t('security.advice_title')}</h2>
          <ul class="advice">
            <li>${t('security.advice_device')}</li>
            <li>${t('security.advice_phishing')}</li>
            <li>${t('security.advice_email')}</li>
          </ul>
          <p><a href="/#/account/history">${t('security.history')}</a></p>
        </section>
      </div>
    </div>`;
  }

  protected override firstUpdated(): void {
    // Whoever opens this page may soon want the QR: its code comes while they read.
    const ahead = (): void => void this.querySelector('twofold-settings')?.coreLoader().catch(() => undefined);
    setTimeout(ahead, 300);
  }

  readonly #withdrawn = (event: HTMLElementEventMap['twofold-support-withdrawn']): void => {
    this.notMe = event.detail.notMe;
  };

  /** The home page's count and state follow what happened here. */
  readonly #changed = (): void => {
    session.refresh().catch(() => undefined);
  };
}
