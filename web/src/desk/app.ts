// app.ts - <support-desk>: the frame, who may be where, the keyboard, focus and titles.

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { errorText } from '../lib/errors.js';
import { isLanguage, language, languageChanges, languageWasChosen, setLanguage, t, type MessageKey } from '../lib/i18n.js';
import type { LateText } from '../lib/page.js';
import { brand } from '../parts/brand.js';
import { demoBanner, footer } from '../parts/frame.js';
import { DeskElement } from './element.js';
import { Keys, type Command } from './keys.js';
import './parts/help.js';
import type { DeskHelp } from './parts/help.js';
import { goTo, kTitles, place, type Place } from './routes.js';
import { desk, type Standing } from './session.js';

const kNav: readonly { place: Place['name']; href: string; label: MessageKey }[] = [
  { place: 'queue', href: '#/', label: 'desk.nav.queue' },
  { place: 'find', href: '#/find', label: 'desk.nav.find' },
];

/** The page for where somebody stands on the way in; `in` means the place itself. */
const kDoors: Readonly<Record<Exclude<Standing, 'in' | 'unknown'>, { tag: string; load: () => Promise<unknown> }>> = {
  sign_in: { tag: 'desk-sign-in', load: () => import('./pages/sign_in.js') },
  verify: { tag: 'desk-second-step', load: () => import('./pages/second_step.js') },
  enrol: { tag: 'desk-own-factor', load: () => import('./pages/own_factor.js') },
  refused: { tag: 'desk-refused', load: () => import('./pages/refused.js') },
};

const kPages: Readonly<Record<Place['name'], { tag: string; load: () => Promise<unknown> }>> = {
  queue: { tag: 'desk-queue', load: () => import('./pages/queue.js') },
  find: { tag: 'desk-find', load: () => import('./pages/find.js') },
  user: { tag: 'desk-user', load: () => import('./pages/user.js') },
  case: { tag: 'desk-case', load: () => import('./pages/case.js') },
  not_found: { tag: 'desk-not-found', load: () => import('./pages/not_found.js') },
};

/** A page that answers to keys of its own. */
export interface KeyedPage extends HTMLElement {
  command?(command: Command): boolean;
}

@customElement('support-desk')
export class SupportDesk extends DeskElement {
  @state() private page: KeyedPage | undefined;
  @state() private failure: LateText | undefined;
  @state() private menuOpen = false;
  @state() private where: Place = { name: 'queue' };
  readonly #keys = new Keys((command) => this.#command(command));
  #title: MessageKey = 'desk.name';
  #standing: Standing = 'unknown';
  #navigation = 0;
  #shown = false;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', this.#navigate);
    addEventListener('pageshow', this.#returned);
    document.addEventListener('visibilitychange', this.#returned);
    desk.addEventListener('change', this.#standingChanged);
    languageChanges.addEventListener('change', this.#retitle);
    this.#keys.start();
    void this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.#navigate);
    removeEventListener('pageshow', this.#returned);
    document.removeEventListener('visibilitychange', this.#returned);
    desk.removeEventListener('change', this.#standingChanged);
    languageChanges.removeEventListener('change', this.#retitle);
    this.#keys.stop();
  }

  override render(): TemplateResult {
    const inside = desk.standing === 'in';
    return html`<a class="skip" href="#main" @click=${this.#skip}>${t('skip')}</a>
      ${demoBanner(desk.config?.demo === true, true)}
      <header class="top">
        <div class="wrap">${brand('/desk/#/', 'desk.name')} ${inside ? this.#navigation_() : desk.standing === 'enrol' ? this.#leave() : nothing}</div>
      </header>
      <main id="main" tabindex="-1">
        <div class="wrap">${this.failure ? this.#failed(this.failure) : (this.page ?? html`<div class="waiting" role="status">${t('loading')}</div>`)}</div>
      </main>
      ${footer(this.#languageChosen)} ${inside ? html`<desk-help></desk-help>` : nothing}`;
  }

  #navigation_(): TemplateResult {
    const person = desk.person;
    const close = (): void => void (this.menuOpen = false);
    return html`<button type="button" class="button secondary menu-button" aria-expanded=${this.menuOpen ? 'true' : 'false'} aria-controls="nav-group" @click=${() => (this.menuOpen = !this.menuOpen)}>
        ${t('nav.menu')}
      </button>
      <div class="nav-group" id="nav-group" ?data-open=${this.menuOpen}>
        <nav class="nav" aria-label=${t('nav.label')}>
          <ul>
            ${kNav.map(
              ({ place: name, href, label }) =>
                html`<li><a href=${href} aria-current=${name === this.where.name ? 'page' : nothing} @click=${close}>${t(label)}</a></li>`,
            )}
          </ul>
        </nav>
        <div class="who">
          <span class="desk-person"><bdi>${person?.name}</bdi><small>${person?.role ? t(`desk.role.${person.role}`) : nothing}</small></span>
          <button type="button" class="button secondary small desk-help-button" aria-label=${t('desk.help.open')} @click=${this.#help}>?</button>
          <button type="button" class="button secondary small" @click=${this.#signOut}>${t('nav.sign_out')}</button>
        </div>
      </div>`;
  }

  #leave(): TemplateResult {
    return html`<div class="who"><button type="button" class="button secondary small" @click=${this.#signOut}>${t('nav.sign_out')}</button></div>`;
  }

  #failed(text: LateText): TemplateResult {
    return html`<div class="guest">
      <div class="card">
        <h1 tabindex="-1">${t('error.title')}</h1>
        <p role="alert">${text()}</p>
        <button type="button" class="button" @click=${() => void this.#start()}>${t('try_again')}</button>
      </div>
    </div>`;
  }

  async #start(): Promise<void> {
    this.failure = undefined;
    try {
      if (desk.standing === 'unknown') await desk.load();
      this.#navigate();
    } catch (error) {
      this.failure = () => errorText(error);
    }
  }

  readonly #navigate = (): void => {
    const { standing } = desk;
    this.#standing = standing;
    if (standing === 'unknown') return;
    // The address stays while somebody is led through the doors, so that they arrive where they meant to go.
    this.where = place();
    void this.#show(
      standing === 'in' ? kPages[this.where.name] : kDoors[standing],
      kTitles[standing === 'in' ? this.where.name : standing],
      this.where.id,
    );
  };

  async #show({ tag, load }: { tag: string; load: () => Promise<unknown> }, title: MessageKey, id?: string): Promise<void> {
    const run = (this.#navigation += 1);
    try {
      await load();
    } catch (error) {
      if (run === this.#navigation) this.failure = () => errorText(error);
      return;
    }
    if (run !== this.#navigation) return;
    const first = !this.#shown;
    this.#shown = true;
    this.failure = undefined;
    this.menuOpen = false;
    // A new element each time: nothing typed on one visit of a page is there on the next.
    const page = document.createElement(tag) as DeskElement & { objectId?: string };
    if (id !== undefined) page.objectId = id;
    this.page = page;
    this.#title = title;
    this.#retitle();
    await this.updateComplete;
    if (first) return;
    await page.updateComplete;
    scrollTo(0, 0);
    if (!page.ownFocus) (page.querySelector<HTMLElement>('h1') ?? this.querySelector('main'))?.focus({ preventScroll: true });
  }

  #command(command: Command): boolean {
    if (desk.standing !== 'in') return false;
    if (command === 'help') this.#help();
    else if (this.page?.command?.(command)) return true;
    else if (command === 'queue') goTo('#/');
    else if (command === 'find') goTo('#/find');
    else return false;
    return true;
  }

  readonly #help = (): void => this.querySelector<DeskHelp>('desk-help')?.open();

  readonly #retitle = (): void => {
    const name = t('desk.name');
    const title = t(this.#title);
    document.title = title === name ? `${name} – ${t('brand.name')}` : `${title} – ${name} – ${t('brand.name')}`;
  };

  readonly #standingChanged = (): void => {
    const locale = desk.person?.locale;
    if (isLanguage(locale) && locale !== language() && !languageWasChosen()) void setLanguage(locale, false);
    if (this.#shown && desk.standing !== this.#standing) this.#navigate();
  };

  /** Back from another tab or the browser's page cache: who is signed in may have changed. */
  readonly #returned = (event: Event): void => {
    const cached = event instanceof PageTransitionEvent && event.persisted;
    const seen = event.type === 'visibilitychange' && !document.hidden;
    if (this.#shown && (cached || seen)) desk.refresh().catch(() => undefined);
  };

  readonly #languageChosen = (tag: string): void => {
    if (desk.standing === 'in' && desk.person?.locale !== tag) desk.api.updateMe({ locale: tag }).catch(() => undefined);
  };

  readonly #signOut = (): void => {
    desk.signOut().catch((error: unknown) => (this.failure = () => errorText(error)));
  };

  readonly #skip = (event: Event): void => {
    event.preventDefault();
    this.querySelector<HTMLElement>('main')?.focus();
  };

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (this.failure) this.querySelector('h1')?.focus();
  }
}
