// refused.ts - signed in, but with an account that does not work at the desk.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { errorText } from '../../lib/errors.js';
import { t } from '../../lib/i18n.js';
import type { LateText } from '../../lib/page.js';
import { guest } from '../../parts/guest.js';
import { DeskElement } from '../element.js';
import { desk } from '../session.js';

@customElement('desk-refused')
export class DeskRefused extends DeskElement {
  @state() private failure: LateText | undefined;

  override render(): TemplateResult {
    return guest(html`<h1 tabindex="-1">${t('desk.refused.title')}</h1>
      <p>${t('desk.refused.lead')}</p>
      ${this.failure ? html`<div class="notice bad" role="alert"><p>${this.failure()}</p></div>` : nothing}
      <button type="button" class="button" @click=${this.#signOut}>${t('desk.refused.sign_out')}</button>
      <p><a href="/#/">${t('desk.sign_in.client_area')}</a></p>`);
  }

  readonly #signOut = (): void => {
    desk.signOut().catch((error: unknown) => (this.failure = () => errorText(error)));
  };
}
