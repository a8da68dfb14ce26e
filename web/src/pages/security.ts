// security.ts - Security Settings; <twofold-settings> does the whole of it: enabling, methods,
// backup codes, setting up anew after a sign-in by backup code, disabling.

import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import '@twofold/elements/define';
import { language, t } from '../lib/i18n.js';
import { PageElement } from '../lib/page.js';
import { session } from '../lib/session.js';

@customElement('page-security')
export class PageSecurity extends PageElement {
  override render(): TemplateResult {
    return html`<div class="page">
      <div class="page-head">
        <h1 tabindex="-1">${t('security.title')}</h1>
        <p class="lead">${t('security.lead')}</p>
      </div>
      <div class="split">
        <twofold-settings
          lang=${language()}
          .api=${session.api}
          @twofold-enabled=${this.#changed}
          @twofold-disabled=${this.#changed}
          @twofold-changed=${this.#changed}
          @twofold-signed-out=${() => session.ended('ended')}
        ></twofold-settings>
        <section class="card" aria-labelledby="good-to-know">
          <h2 id="good-to-know">${t('security.advice_title')}</h2>
          <ul class="advice">
            <li>${t('security.advice_device')}</li>
            <li>${t('security.advice_phishing')}</li>
            <li>${t('security.advice_email')}</li>
          </ul>
        </section>
      </div>
    </div>`;
  }

  protected override firstUpdated(): void {
    // Whoever opens this page may soon want the QR: its code comes while they read.
    const ahead = (): void => void this.querySelector('twofold-settings')?.coreLoader().catch(() => undefined);
    setTimeout(ahead, 300);
  }

  /** The home page's count and state follow what happened here. */
  readonly #changed = (): void => {
    session.refresh().catch(() => undefined);
  };
}
