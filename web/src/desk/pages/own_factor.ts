// own_factor.ts - before anything else: an agent's own second factor (issue 4: "required").

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import '@twofold/elements/define-setup';
import { errorText } from '../../lib/errors.js';
import { language, t } from '../../lib/i18n.js';
import type { LateText } from '../../lib/page.js';
import { DeskElement } from '../element.js';
import { desk } from '../session.js';

@customElement('desk-own-factor')
export class DeskOwnFactor extends DeskElement {
  @state() private failure: LateText | undefined;

  override render(): TemplateResult {
    return html`<div class="page desk-narrow">
      <div class="page-head">
        <h1 tabindex="-1">${t('desk.enrol.title')}</h1>
        <p class="lead">${t('desk.enrol.lead')}</p>
      </div>
      ${this.failure ? html`<div class="notice bad" role="alert"><p>${this.failure()}</p></div>` : nothing}
      <twofold-setup
        lang=${language()}
        .api=${desk.api}
        @twofold-setup-done=${this.#done}
        @twofold-signed-out=${() => desk.ended('ended')}
      ></twofold-setup>
    </div>`;
  }

  readonly #done = (): void => {
    desk.refresh().catch((error: unknown) => (this.failure = () => errorText(error)));
  };
}
