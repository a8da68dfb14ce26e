// app.ts - <client-area>: the frame around the pages, the guard of each route, focus and titles.

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { errorText } from './lib/errors.js';
import { isLanguage, language, languageChanges, languageWasChosen, setLanguage, t, type MessageKey } from './lib/i18n.js';
import { PageElement, type LateText } from './lib/page.js';
import { go, readLocation } from './lib/router.js';
import { routeFor, type Route } from './lib/routes.js';
import { session } from './lib/session.js';
import { brand } from './parts/brand.js';
import { demoBanner, footer } from './parts/frame.js';

const kNav: readonly { path: string; label: MessageKey }[] = [
  { path: '/', label: 'nav.home' },
  { path: '/account', label: 'nav.account' },
  { path: '/security', label: 'nav.security' },
];

/** What the first page needs, under way before the frame is drawn: who this is, and its code. */
export function begin(path: string): void {
  const wanted = routeFor(path);
  const likely = wanted.who === 'user' ? [wanted, routeFor('/sign-in')] : [wanted];
  for (const route of likely) void route.load().catch(() => undefined);
  session.load().catch(() => undefined);
}

/** Which state, and whose: a page is drawn anew when either changes, in this tab or in another. */
function who(): string {
  return `${session.state.kind} ${session.user?.id ?? ''}`;
}

@customElement('client-area')
export class ClientArea extends PageElement {
  @state() private path = '/';
  @state() private page: HTMLElement | undefined;
  @state() private failure: LateText | undefined;
  @state() private menuOpen = false;
  @state() private announcement = '';
  #route: Route | undefined;
  #navigation = 0;
  #began = false;
  #who = who();

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', this.#navigate);
    addEventListener('pageshow', this.#returned);
    document.addEventListener('visibilitychange', this.#returned);
    session.addEventListener('change', this.#sessionChanged);
    languageChanges.addEventListener('change', this.#retitle);
    void this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.#navigate);
    removeEventListener('pageshow', this.#returned);
    document.removeEventListener('visibilitychange', this.#returned);
    session.removeEventListener('change', this.#sessionChanged);
    languageChanges.removeEventListener('change', this.#retitle);
  }

  override render(): TemplateResult {
    const user = session.user;
    return html`<a class="skip" href="#main" @click=${this.#skip}>${t('skip')}</a>
      ${demoBanner(session.config?.demo === true, true)}
      <header class="top">
        <div class="wrap">
          ${brand(user ? '/#/' : '/#/sign-in')}
          ${user ? this.#navigation_(user.email) : nothing}
        </div>
      </header>
      <main id="main" tabindex="-1">
        <div class="wrap">${this.failure ? this.#failed(this.failure) : (this.page ?? html`<div class="waiting" role="status">${t('loading')}</div>`)}</div>
      </main>
      <p class="visually-hidden" role="status">${this.announcement}</p>
      ${footer(this.#languageChosen)}`;
  }

  #navigation_(email: string): TemplateResult {
    return html`<button type="button" class="button secondary menu-button" aria-expanded=${this.menuOpen ? 'true' : 'false'} aria-controls="nav-group" @click=${() => (this.menuOpen = !this.menuOpen)}>
        ${t('nav.menu')}
      </button>
      <div class="nav-group" id="nav-group" ?data-open=${this.menuOpen}>
        <nav class="nav" aria-label=${t('nav.label')}>
          <ul>
            ${kNav.map(
              ({ path, label }) =>
                html`<li><a href="/#${path}" aria-current=${path === this.path ? 'page' : nothing} @click=${() => (this.menuOpen = false)}>${t(label)}</a></li>`,
            )}
          </ul>
        </nav>
        <div class="who">
          <span class="who-name" title=${email}><span class="visually-hidden">${t('nav.signed_in_as', { email })}</span><bdi aria-hidden="true">${email}</bdi></span>
          <button type="button" class="button secondary small" @click=${this.#signOut}>${t('nav.sign_out')}</button>
        </div>
      </div>`;
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
      if (session.state.kind === 'unknown') await session.load();
      this.#navigate();
    } catch (error) {
      this.failure = () => errorText(error);
    }
  }

  readonly #navigate = (): void => {
    if (session.state.kind === 'unknown') return;
    const { path } = readLocation();
    const elsewhere = this.#redirect(path);
    if (elsewhere !== undefined) go(elsewhere, { replace: true });
    else void this.#show(path);
  };

  /** Where to go instead, if this page is not for who is here. */
  #redirect(path: string): string | undefined {
    const { who } = routeFor(path);
    const { kind } = session.state;
    if (who === 'link') return undefined;
    if (kind === 'signed_in') {
      if (who === 'user') return undefined;
      // In by a backup code: setting up anew comes before anything else (it takes a grant of 15 min).
      if (session.recover) return '/after-backup-code';
      const wanted = session.returnTo ?? '/';
      session.returnTo = undefined;
      return wanted;
    }
    if (kind === 'recovery') return who === 'guest' ? undefined : '/recover';
    if (kind === 'second_step') return who === 'second' ? undefined : '/verify';
    if (who === 'guest') return undefined;
    // Who signed out meant to leave; who opened a page, or was put out of it, comes back to it.
    if (who === 'user' && path !== '/' && session.notice !== 'signed_out') session.returnTo = path;
    return '/sign-in';
  }

  async #show(path: string): Promise<void> {
    const run = (this.#navigation += 1);
    const route = routeFor(path);
    try {
      await route.load();
    } catch (error) {
      if (run === this.#navigation) this.failure = () => errorText(error);
      return;
    }
    if (run !== this.#navigation) return;
    const first = !this.#began;
    this.#began = true;
    this.#route = route;
    this.path = path;
    this.failure = undefined;
    this.menuOpen = false;
    // A new element each time: nothing typed on one visit of a page is there on the next.
    this.page = document.createElement(route.tag);
    this.#retitle();
    await this.updateComplete;
    const page = this.page as PageElement;
    this.announcement = page.ownFocus ? t(route.title) : '';
    if (first) return;
    await page.updateComplete;
    scrollTo(0, 0);
    if (page.ownFocus) return;
    (this.page.querySelector<HTMLElement>('h1') ?? this.querySelector('main'))?.focus({ preventScroll: true });
  }

  readonly #retitle = (): void => {
    if (this.#route) document.title = `${t(this.#route.title)} – ${t('brand.name')}`;
  };

  readonly #sessionChanged = (): void => {
    const now = who();
    if (now === this.#who) return;
    this.#who = now;
    const locale = session.user?.locale;
    // The profile's language counts unless another was chosen in this browser.
    if (isLanguage(locale) && locale !== language() && !languageWasChosen()) void setLanguage(locale, false);
    if (this.#began) this.#navigate();
  };

  /** Back from another tab, another app or the browser's page cache: who is signed in may have changed. */
  readonly #returned = (event: Event): void => {
    const cached = event instanceof PageTransitionEvent && event.persisted;
    const seen = event.type === 'visibilitychange' && !document.hidden;
    if (this.#began && (cached || seen)) session.refresh().catch(() => undefined);
  };

  readonly #languageChosen = (tag: string): void => {
    const user = session.user;
    if (!user || user.locale === tag) return;
    // Messages follow the page's language; that they do not is no reason to stop anybody.
    session.api.updateMe({ locale: tag }).then((changed) => session.setUser(changed), () => undefined);
  };

  readonly #signOut = (): void => {
    session.signOut().catch((error: unknown) => (this.failure = () => errorText(error)));
  };

  /** The skip link must not change the route, which lives in the same place as its target. */
  readonly #skip = (event: Event): void => {
    event.preventDefault();
    this.querySelector<HTMLElement>('main')?.focus();
  };

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (this.failure) this.querySelector('h1')?.focus();
  }
}
