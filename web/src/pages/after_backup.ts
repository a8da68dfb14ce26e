// after_backup.ts - straight after a sign-in by backup code: how many are left, and setting up anew
// while no further code is asked for. <twofold-settings> does the whole of it.

import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import '@twofold/elements/define';
import { language, t } from '../lib/i18n.js';
import { PageElement } from '../lib/page.js';
import { go } from '../lib/router.js';
import { session } from '../lib/session.js';

@customElement('page-after-backup')
export class PageAfterBackup extends PageElement {
  override connectedCallback(): void {
    super.connectedCallback();
    // Opened later, from the history: there is nothing to do here any more.
    if (!session.recover) go('/security', { replace: true });
  }

  override render(): TemplateResult {
    return html`<div class="page">
      <div class="page-head">
        <h1 tabindex="-1">${t('after.title')}</h1>
        <p class="lead">${t('after.lead')}</p>
      </div>
      <div class="split">
        <twofold-settings
          lang=${language()}
          .api=${session.api}
          @twofold-changed=${this.#changed}
          @twofold-setup-done=${this.#leave}
          @twofold-backup-codes-saved=${this.#saved}
          @twofold-cancel=${this.#leave}
          @twofold-signed-out=${() => session.ended('ended')}
        ></twofold-settings>
        <section class="card" aria-labelledby="next-time">
          <h2 id="next-time">${t('after.advice_title')}</h2>
          <ul class="advice">
            <li>${t('after.advice_two')}</li>
            <li>${t('after.advice_paper')}</li>
          </ul>
        </section>
      </div>
    </div>`;
  }

  readonly #changed = (): void => {
    session.refresh().catch(() => undefined);
  };

  /** Inside the wizard its last page follows; a set of codes alone is the end. */
  readonly #saved = (event: Event): void => {
    if (event.composedPath()[0] === event.target) this.#leave();
  };

  readonly #leave = (): void => {
    const wanted = session.returnTo ?? '/security';
    session.returnTo = undefined;
    go(wanted, { replace: true });
  };
}
