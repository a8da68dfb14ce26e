// queue.ts - the cases that wait for somebody, kept fresh, moved through by j and k.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { errorText } from '../../lib/errors.js';
import { t, when } from '../../lib/i18n.js';
import type { LateText } from '../../lib/page.js';
import { kFilters, type CaseBrief, type Filter } from '../api.js';
import { DeskElement, Polling } from '../element.js';
import type { Command } from '../keys.js';
import { caseHref } from '../routes.js';
import { desk } from '../session.js';
import { since } from '../time.js';
import { actorText, channelText, kTones, nameOf, nextBrief, reasonText, stateText } from '../words.js';

const kEverySeconds = 10;

/** Kept while the desk is open: who comes back from a case goes on where they were. */
const kept: { filter: Filter; current: string | undefined } = { filter: 'active', current: undefined };

/** Marks a case as the one the queue stands at. */
export function standAt(id: string): void {
  kept.current = id;
}

@customElement('desk-queue')
export class DeskQueue extends DeskElement {
  @state() private filter = kept.filter;
  @state() private items: readonly CaseBrief[] | undefined;
  @state() private cursor: string | null = null;
  @state() private failure: LateText | undefined;
  @state() private news = '';
  #pages = 1;
  readonly #polling = new Polling(this, kEverySeconds, () => this.#load());

  command(command: Command): boolean {
    if (command === 'next' || command === 'previous') return this.#move(command === 'next' ? 1 : -1);
    if (command !== 'refresh') return false;
    void this.#polling.now();
    return true;
  }

  override render(): TemplateResult {
    return html`<div class="page" @desk-due=${() => void this.#polling.now()}>
      <div class="page-head desk-head">
        <h1 tabindex="-1">${t('desk.queue.title')}</h1>
        <p class="muted small desk-keys-hint">${t('desk.queue.keys')}</p>
      </div>
      <div class="desk-filters" role="group" aria-label=${t('desk.queue.filters')}>
        ${kFilters.map(
          (filter) =>
            html`<button type="button" aria-pressed=${filter === this.filter ? 'true' : 'false'} @click=${() => this.#choose(filter)}>
              ${filter === 'active' ? t('desk.queue.active') : filter === 'all' ? t('desk.queue.all') : stateText(filter)}
            </button>`,
        )}
      </div>
      <p class="visually-hidden" role="status">${this.news}</p>
      ${this.failure ? html`<div class="notice warn" role="alert"><p>${this.failure()}</p></div>` : nothing}
      ${this.#list()}
    </div>`;
  }

  #list(): TemplateResult | typeof nothing {
    if (!this.items) return this.failure ? nothing : html`<div class="waiting" role="status">${t('loading')}</div>`;
    if (this.items.length === 0) {
      return html`<div class="card desk-empty">
        <h2>${t('desk.queue.empty')}</h2>
        <p class="muted">${t(this.filter === 'active' ? 'desk.queue.empty_active' : 'desk.queue.empty_filter')}</p>
        <p><a class="button secondary" href="#/find">${t('desk.nav.find')}</a></p>
      </div>`;
    }
    // Which application is worth a line only where there are several.
    const several = new Set(this.items.map((item) => item.application.id)).size > 1;
    return html`<section class="card desk-list" aria-label=${t('desk.queue.title')}>
        <div class="desk-row desk-row-head" aria-hidden="true">
          <span>${t('desk.queue.col_who')}</span><span>${t('desk.queue.col_state')}</span><span>${t('desk.queue.col_reason')}</span>
          <span>${t('desk.queue.col_opened')}</span><span>${t('desk.queue.col_next')}</span>
        </div>
        <ol>${repeat(this.items, (item) => item.id, (item) => this.#row(item, several))}</ol>
      </section>
      ${this.cursor ? html`<p><button type="button" class="button secondary" @click=${this.#more}>${t('desk.queue.more')}</button></p>` : nothing}`;
  }

  #row(item: CaseBrief, several: boolean): TemplateResult {
    return html`<li class="desk-row" ?data-current=${item.id === kept.current} @focusin=${() => this.#stand(item.id)}>
      <div class="desk-who">
        <a href=${caseHref(item.id)} data-case=${item.id}><bdi>${nameOf(item.user)}</bdi></a>
        <span class="muted small">${item.user.email ? html`<bdi>${item.user.email}</bdi>` : nothing} ${several ? html`<bdi class="desk-app">${item.application.name}</bdi>` : nothing}</span>
      </div>
      <div><span class="state ${kTones[item.state] ?? ''}">${stateText(item.state)}</span></div>
      <div>
        <span>${reasonText(item.reason)}</span>
        <span class="muted small">${channelText(item.channel)}</span>
      </div>
      <div>
        <span>${item.next === 'none' ? t('desk.queue.opened', { time: when(item.opened_at) }) : t('desk.queue.waiting_for', { span: since(item.opened_at) })}</span>
        <span class="muted small">${t('desk.queue.opened_by', { who: actorText(item.opened_by) })}</span>
      </div>
      <div class="desk-next-brief">${nextBrief(item)}</div>
    </li>`;
  }

  async #load(): Promise<number | undefined> {
    const { filter } = this;
    try {
      let answer = await desk.api.cases(filter);
      const pause = desk.api.pause(answer);
      const items = [...answer.items];
      for (let page = 1; page < this.#pages && answer.next_cursor; page += 1) {
        answer = await desk.api.cases(filter, answer.next_cursor);
        items.push(...answer.items);
      }
      if (filter !== this.filter) return pause;
      this.#tell(items);
      this.items = items;
      this.cursor = answer.next_cursor;
      this.failure = undefined;
      return pause;
    } catch (error) {
      this.failure = () => errorText(error);
      throw error;
    }
  }

  /** Says what came in since the last look, to who cannot see it come. */
  #tell(items: readonly CaseBrief[]): void {
    if (!this.items) return;
    const known = new Set(this.items.map((item) => item.id));
    const fresh = items.filter((item) => !known.has(item.id)).length;
    if (fresh > 0) this.news = t('desk.queue.news', { count: fresh });
  }

  #choose(filter: Filter): void {
    this.filter = kept.filter = filter;
    this.items = undefined;
    this.failure = undefined;
    this.#pages = 1;
    void this.#polling.now();
  }

  readonly #more = (): void => {
    this.#pages += 1;
    void this.#polling.now();
  };

  #stand(id: string): void {
    if (kept.current === id) return;
    kept.current = id;
    this.requestUpdate();
  }

  #move(by: 1 | -1): boolean {
    const links = [...this.querySelectorAll<HTMLAnchorElement>('a[data-case]')];
    if (links.length === 0) return true;
    const focused = links.findIndex((link) => link === document.activeElement);
    // The first press shows where one stands; the next ones move.
    const stood = links.findIndex((link) => link.dataset['case'] === kept.current);
    const at = focused >= 0 ? focused + by : stood >= 0 ? stood : by > 0 ? 0 : links.length - 1;
    links[Math.min(links.length - 1, Math.max(0, at))]?.focus();
    return true;
  }
}
