// not_found.ts - an address of the desk that leads nowhere.

import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { t } from '../../lib/i18n.js';
import { guest } from '../../parts/guest.js';
import { DeskElement } from '../element.js';

@customElement('desk-not-found')
export class DeskNotFound extends DeskElement {
  override render(): TemplateResult {
    return guest(html`<h1 tabindex="-1">${t('not_found.title')}</h1>
      <p>${t('not_found.lead')}</p>
      <a class="button" href="#/">${t('desk.case.back')}</a>`);
  }
}
