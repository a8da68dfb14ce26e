// user.ts - one user: who they are, why their sign-ins failed, their cases, and a new one for them.

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { errorText } from '../../lib/errors.js';
import { t, when } from '../../lib/i18n.js';
import type { LateText } from '../../lib/page.js';
import type { CaseBrief, UserPage } from '../api.js';
import { DeskElement, Polling } from '../element.js';
import type { Command } from '../keys.js';
import { explainCard } from '../parts/explain.js';
import '../parts/open_case.js';
import { whoCard } from '../parts/who.js';
import { caseHref } from '../routes.js';
import { desk } from '../session.js';
import { kTones, nameOf, reasonText, stateText } from '../words.js';

const kEverySeconds = 20;

@customElement('desk-user')
export class DeskUser extends DeskElement {
  @property({ attribute: false }) objectId = '';
  @state() private found: UserPage | undefined;
  @state() private failure: LateText | undefined;
  #announced = false;
  readonly #polling = new Polling(this, kEverySeconds, () => this.#load());

  command(command: Command): boolean {
    if (command === 'refresh') {
      void this.#polling.now();
      return true;
    }
    const field = command === 'new' ? this.querySelector<HTMLElement>('desk-open-case select') : null;
    field?.focus();
    return field !== null;
  }

  override render(): TemplateResult {
    const { found } = this;
    return html`<div class="page">
      <div class="page-head">
        <a class="back" href="#/find">${t('desk.user.back')}</a>
        <h1 tabindex="-1">${found ? html`<bdi>${nameOf(found.user)}</bdi>` : t('desk.user.title')}</h1>
      </div>
      ${this.failure ? html`<div class="notice warn" role="alert"><p>${this.failure()}</p></div>` : nothing}
      ${found ? this.#body(found) : this.failure ? nothing : html`<div class="waiting" role="status">${t('loading')}</div>`}
    </div>`;
  }

  #body({ user, cases, explain }: UserPage): TemplateResult {
    return html`<div class="desk-split">
      <div class="page">
        <section class="card" aria-labelledby="desk-open">
          <h2 id="desk-open">${t('desk.open.title')}</h2>
          ${user.open_case
            ? html`<p>${t('desk.open.already')}</p><p><a class="button" href=${caseHref(user.open_case)}>${t('desk.find.open_case')}</a></p>`
            : html`<p class="muted">${t('desk.open.lead')}</p><desk-open-case .user=${user}></desk-open-case>`}
        </section>
        ${explainCard(explain)}
      </div>
      <div class="page">${whoCard(user)} ${cases.length > 0 ? this.#cases(cases) : nothing}</div>
    </div>`;
  }

  #cases(cases: readonly CaseBrief[]): TemplateResult {
    return html`<section class="card" aria-labelledby="desk-cases">
      <h2 id="desk-cases">${t('desk.user.cases')}</h2>
      <ul class="desk-methods">
        ${cases.map(
          (c) => html`<li>
            <a href=${caseHref(c.id)}>${reasonText(c.reason)} · ${when(c.opened_at)}</a>
            <span class="state ${kTones[c.state] ?? ''}">${stateText(c.state)}</span>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  async #load(): Promise<number | undefined> {
    try {
      const found = await desk.api.deskUser(this.objectId);
      this.found = found;
      this.failure = undefined;
      return desk.api.pause(found);
    } catch (error) {
      this.failure = () => errorText(error);
      throw error;
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    // The heading had no name yet when the focus came to it: it is told once it has.
    if (!this.found || this.#announced) return;
    this.#announced = true;
    if (document.activeElement === document.body || document.activeElement?.localName === 'h1') this.querySelector('h1')?.focus();
  }
}
