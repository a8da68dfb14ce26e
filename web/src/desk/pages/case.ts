// case.ts - one case: what happens next, what was checked, what this person may do, what happened.

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { errorText } from '../../lib/errors.js';
import { t, when, type MessageKey } from '../../lib/i18n.js';
import type { LateText } from '../../lib/page.js';
import type { CaseDetail, ExplainLine } from '../api.js';
import { DeskElement, Polling } from '../element.js';
import type { Command } from '../keys.js';
import '../parts/decide.js';
import '../parts/evidence.js';
import type { DeskEvidence } from '../parts/evidence.js';
import { explainCard } from '../parts/explain.js';
import { nextCard } from '../parts/next.js';
import { timelineCard } from '../parts/timeline.js';
import { methodText, whoCard } from '../parts/who.js';
import { userHref } from '../routes.js';
import { desk } from '../session.js';
import { actorText, channelText, kTones, nameOf, reasonText, stateText } from '../words.js';
import { standAt } from './queue.js';

const kEverySeconds = 8;
const kExplainMs = 30_000;

@customElement('desk-case')
export class DeskCase extends DeskElement {
  @property({ attribute: false }) objectId = '';
  @state() private case: CaseDetail | undefined;
  @state() private explain: readonly ExplainLine[] | undefined;
  @state() private failure: LateText | undefined;
  @state() private said: MessageKey | undefined;
  #announced = false;
  #explainAgain = 0;
  readonly #polling = new Polling(this, kEverySeconds, () => this.#load());

  command(command: Command): boolean {
    if (command === 'evidence') return this.querySelector<DeskEvidence>('desk-evidence')?.begin() ?? false;
    if (command !== 'refresh') return false;
    void this.#polling.now();
    return true;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    standAt(this.objectId);
  }

  override render(): TemplateResult {
    const c = this.case;
    return html`<div class="page" @desk-due=${() => void this.#polling.now()} @desk-changed=${this.#changed}>
      <div class="page-head">
        <a class="back" href="#/">${t('desk.case.back')}</a>
        <div class="desk-title">
          <h1 tabindex="-1">${c ? html`<bdi>${nameOf(c.user)}</bdi>` : t('desk.case.title')}</h1>
          ${c ? html`<span class="state ${kTones[c.state] ?? ''}">${stateText(c.state)}</span>` : nothing}
        </div>
        ${c ? this.#lead(c) : nothing}
      </div>
      ${this.failure ? html`<div class="notice warn" role="alert"><p>${this.failure()}</p></div>` : nothing}
      <div role="status">${this.said ? html`<div class="notice good" tabindex="-1" data-said><p>${t(this.said)}</p></div>` : nothing}</div>
      ${c ? this.#body(c) : this.failure ? nothing : html`<div class="waiting" role="status">${t('loading')}</div>`}
    </div>`;
  }

  #lead(c: CaseDetail): TemplateResult {
    return html`<p class="lead">${t('desk.case.lead', {
        reason: reasonText(c.reason), channel: channelText(c.channel), who: actorText(c.opened_by), time: when(c.opened_at),
      })}</p>
      ${c.contact ? html`<p>${t('desk.case.contact')} <bdi>${c.contact}</bdi></p>` : nothing}
      ${c.stolen.length > 0
        ? html`<p class="desk-why">${t('desk.case.stolen')} ${c.stolen.map((s, i) => html`${i > 0 ? ', ' : nothing}<bdi>${s.label}</bdi> (${methodText(s.method)})`)}</p>`
        : nothing}`;
  }

  #body(c: CaseDetail): TemplateResult {
    return html`${nextCard(c)}
      <div class="desk-split">
        <div class="page">
          <desk-evidence .case=${c}></desk-evidence>
          ${timelineCard(c.timeline)}
        </div>
        <div class="page">
          <desk-decide .case=${c}></desk-decide>
          ${whoCard(c.user, html`<a href=${userHref(c.user.id)}>${t('desk.case.user_page')}</a>`)}
          ${explainCard(this.explain)}
        </div>
      </div>`;
  }

  async #load(): Promise<number | undefined> {
    try {
      const found = await desk.api.case(this.objectId);
      this.case = found;
      this.failure = undefined;
      if (Date.now() >= this.#explainAgain) void this.#explain(found.user.id);
      return desk.api.pause(found);
    } catch (error) {
      this.failure = () => errorText(error);
      throw error;
    }
  }

  /** Beside the case: that it does not come leaves the case as it is. */
  async #explain(user: string): Promise<void> {
    this.#explainAgain = Date.now() + kExplainMs;
    try {
      this.explain = (await desk.api.deskUser(user)).explain;
    } catch {
      this.explain ??= [];
    }
  }

  readonly #changed = (event: Event): void => {
    const { changed, said } = (event as CustomEvent<{ changed: CaseDetail; said: MessageKey }>).detail;
    this.case = changed;
    this.said = said;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('[data-said]')?.focus());
  };

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    // The heading had no name yet when the focus came to it: it is told once it has.
    if (!this.case || this.#announced) return;
    this.#announced = true;
    if (document.activeElement?.localName === 'h1') this.querySelector('h1')?.focus();
  }
}
