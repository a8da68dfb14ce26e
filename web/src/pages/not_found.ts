// not_found.ts - an address that leads nowhere, and the way back.

import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { t } from '../lib/i18n.js';
import { PageElement } from '../lib/page.js';
import { guest } from '../parts/guest.js';

@customElement('page-not-found')
export class PageNotFound extends PageElement {
  override render(): TemplateResult {
    return guest(html`<h1 tabindex="-1">${t('not_found.title')}</h1>
      <p>${t('not_found.lead')}</p>
      <a class="button" href="/#/">${t('not_found.home')}</a>`);
  }
}
