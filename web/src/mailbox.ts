// mailbox.ts - <demo-mailbox>: what the demonstration sent, as the person it was sent to sees it: an
// inbox, and a phone beside it. The page asks for news once a second and draws only what is new.
// A message is data: it is shown as text or in a frame without any rights, and only addresses of
// this server become links.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { languageChanges, t } from './lib/i18n.js';
import { PageElement } from './lib/page.js';
import { CodeCopier } from './mailbox/copy.js';
import { inbox } from './mailbox/inbox.js';
import type { Message } from './mailbox/message.js';
import { phone } from './mailbox/phone.js';
import { brand } from './parts/brand.js';
import { demoBanner, footer } from './parts/frame.js';

const kPollMs = 1000;
const kHiddenPollMs = 10_000;  // browsers slow a hidden tab down by themselves, too

@customElement('demo-mailbox')
export class DemoMailbox extends PageElement {
  @state() private messages: readonly Message[] | undefined;
  @state() private trouble: 'off' | 'stale' | undefined;
  @state() private news = '';
  @state() private chosen: string | undefined;  // the mail somebody opened; else the newest is open
  @state() private plain = false;
  readonly #copier = new CodeCopier(
    () => this.requestUpdate(),
    (text) => (this.news = text),
  );
  readonly #seen = new Set<string>();
  #unseen = 0;  // came in while nobody looked
  #body = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    languageChanges.addEventListener('change', this.#retitle);
    document.addEventListener('visibilitychange', this.#looked);
    this.#retitle();
    void this.#poll();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    languageChanges.removeEventListener('change', this.#retitle);
    document.removeEventListener('visibilitychange', this.#looked);
    clearTimeout(this.#timer);
    this.#copier.stop();
  }

  override render(): TemplateResult {
    return html`<div class="demo-page">
      ${demoBanner(true, false)}
      <header class="top">
        <div class="wrap">
          ${brand('/#/')}
          <a class="button secondary small mailbox-back" href="/#/">${t('mailbox.back')}</a>
        </div>
      </header>
      ${this.#jump()}
      <main id="main">
        <div class="wrap page">
          <div class="page-head">
            <h1 tabindex="-1">${t('mailbox.title')}</h1>
            <p class="lead">${t('mailbox.lead')}</p>
          </div>
          <p class="visually-hidden" role="status">${this.news}</p>
          ${this.trouble ? html`<div class="notice warn"><p>${t(this.trouble === 'off' ? 'mailbox.off' : 'mailbox.stale')}</p></div>` : nothing}
          ${this.#desk()}
        </div>
      </main>
      ${footer(() => undefined)}
    </div>`;
  }

  #jump(): TemplateResult | typeof nothing {
    if (!this.messages) return nothing;
    const texted = this.messages.filter((m) => m.channel === 'whatsapp').length;
    return html`<nav class="jump" aria-label=${t('mailbox.title')}>
      <a href="#inbox">${t('mailbox.inbox')}<span>${this.messages.length - texted}</span></a>
      <a href="#phone">${t('mailbox.phone')}<span>${texted}</span></a>
    </nav>`;
  }

  #desk(): TemplateResult | typeof nothing {
    if (!this.messages) return this.trouble ? nothing : html`<p class="muted">${t('loading')}</p>`;
    const mails = this.messages.filter((m) => m.channel !== 'whatsapp');
    const open = mails.find((m) => m.id === this.chosen) ?? mails[0];
    if (open) this.#seen.add(open.id);
    return html`<div class="desk">
      ${inbox({
        mails,
        open,
        seen: this.#seen,
        plain: this.plain,
        copier: this.#copier,
        // Whoever goes back to the newest wants to see the next one as well.
        choose: (id) => (this.chosen = id === mails[0]?.id ? undefined : id),
        show: (plain) => (this.plain = plain),
      })}
      ${phone(this.messages.filter((m) => m.channel === 'whatsapp'), this.#copier)}
    </div>`;
  }

  readonly #retitle = (): void => {
    const title = `${t('mailbox.title')} – ${t('brand.name')}`;
    document.title = this.#unseen > 0 ? `(${this.#unseen}) ${title}` : title;
  };

  readonly #looked = (): void => {
    if (document.hidden) return;
    this.#unseen = 0;
    this.#retitle();
    void this.#poll();
  };

  readonly #poll = async (): Promise<void> => {
    clearTimeout(this.#timer);
    try {
      const response = await fetch('/demo/mailbox.json', { cache: 'no-store', credentials: 'omit' });
      if (response.status === 404) this.trouble = 'off';
      else if (!response.ok) this.trouble = 'stale';
      else {
        this.#take(await response.text());
        this.trouble = undefined;
      }
    } catch {
      this.trouble = 'stale';
    }
    clearTimeout(this.#timer);
    if (!this.isConnected || this.trouble === 'off') return;
    this.#timer = setTimeout(() => void this.#poll(), document.hidden ? kHiddenPollMs : kPollMs);
  };

  #take(body: string): void {
    if (body === this.#body) return;
    const { items } = JSON.parse(body) as { items: readonly Message[] };
    this.#body = body;
    const known = new Set(this.messages?.map((m) => m.id));
    const fresh = this.messages ? items.filter((m) => !known.has(m.id)) : [];
    if (!this.messages) for (const m of items) this.#seen.add(m.id);
    // While somebody reads in the opened mail it stays open, whatever comes in.
    if (!this.chosen && this.querySelector('.mail')?.contains(document.activeElement)) {
      this.chosen = this.querySelector<HTMLElement>('.mail')?.dataset['id'];
    }
    this.messages = items;
    const newest = fresh[0];
    if (!newest) return;
    this.news = `${t('mailbox.new', { count: fresh.length })}: ${newest.subject}`;
    if (document.hidden) this.#unseen += fresh.length;
    this.#retitle();
  }
}
