// find.ts - who wrote or phoned: by the id in the application or by the whole email address. What was
// typed stays in this page's memory: not in the address, not in the history.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { t } from '../../lib/i18n.js';
import { valueOf } from '../../lib/page.js';
import { textField } from '../../parts/fields.js';
import type { FoundUser } from '../api.js';
import { DeskForm } from '../element.js';
import type { Command } from '../keys.js';
import { caseHref, goTo, userHref } from '../routes.js';
import { desk } from '../session.js';
import { nameOf } from '../words.js';

@customElement('desk-find')
export class DeskFind extends DeskForm {
  override readonly ownFocus = true;
  @state() private found: readonly FoundUser[] | undefined;

  command(command: Command): boolean {
    if (command !== 'find') return false;
    this.querySelector('input')?.focus();
    return true;
  }

  override render(): TemplateResult {
    return html`<div class="page desk-narrow">
      <div class="page-head">
        <h1 tabindex="-1">${t('desk.find.title')}</h1>
        <p class="lead">${t('desk.find.lead')}</p>
      </div>
      <form class="card" novalidate role="search" @submit=${this.#find}>
        ${this.summary()}
        ${textField({ name: 'query', type: 'text', label: 'desk.find.field', autocomplete: 'off', hint: t('desk.find.hint'), error: this.errorFor('query') })}
        ${this.submitButton('desk.find.submit')}
      </form>
      <div role="status">${this.#results()}</div>
    </div>`;
  }

  protected override firstUpdated(): void {
    this.querySelector<HTMLInputElement>('input')?.focus();
  }

  #results(): TemplateResult | typeof nothing {
    if (!this.found) return nothing;
    if (this.found.length === 0) {
      return html`<div class="card desk-empty">
        <h2>${t('desk.find.none')}</h2>
        <p class="muted">${t('desk.find.none_hint')}</p>
      </div>`;
    }
    return html`<section class="card desk-list" aria-label=${t('desk.find.results')}>
      <ul>
        ${this.found.map(
          (user) => html`<li class="desk-row desk-row-found">
            <div class="desk-who">
              <a href=${userHref(user.id)}><bdi>${nameOf(user)}</bdi></a>
              <span class="muted small">${user.email ? html`<bdi>${user.email}</bdi>` : nothing} <span class="desk-app">${user.application.name}</span></span>
            </div>
            <div><span class="state ${user.two_factor.enabled ? 'good' : ''}">${t(user.two_factor.enabled ? 'desk.user.factor_on' : 'desk.user.factor_off')}</span></div>
            ${user.open_case ? html`<a class="desk-above" href=${caseHref(user.open_case)}>${t('desk.find.open_case')}</a>` : nothing}
          </li>`,
        )}
      </ul>
    </section>`;
  }

  readonly #find = (event: SubmitEvent): void => {
    event.preventDefault();
    const query = valueOf(event.currentTarget as HTMLFormElement, 'query').trim();
    this.found = undefined;
    if (this.refuse(query ? new Map() : new Map([['query', () => t('desk.find.missing')]]))) return;
    void this.submit(
      async () => {
        const { items } = await desk.api.findUsers(query);
        const only = items.length === 1 ? items[0] : undefined;
        // One person: nothing to choose, so on to them.
        if (only) goTo(userHref(only.id));
        else this.found = items;
      },
      { validation_failed: 'desk.find.malformed' },
    );
  };
}
