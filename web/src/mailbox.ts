// mailbox.ts - <demo-mailbox>: the messages of the demonstration, newest first, as plain text.
// A message is data: it is shown as text, and only addresses of this server become links.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { languageChanges, t, when } from './lib/i18n.js';
import { PageElement } from './lib/page.js';
import { brand } from './parts/brand.js';
import { demoBanner, footer } from './parts/frame.js';

interface Mail {
  readonly id: string;
  readonly at: string;
  readonly channel: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly link?: string;
  readonly code?: string;
}

const kPollMs = 3000;

@customElement('demo-mailbox')
export class DemoMailbox extends PageElement {
  @state() private mails: readonly Mail[] | undefined;
  @state() private trouble: 'off' | 'stale' | undefined;
  @state() private fresh = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    languageChanges.addEventListener('change', this.#retitle);
    document.addEventListener('visibilitychange', this.#poll);
    this.#retitle();
    void this.#poll();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    languageChanges.removeEventListener('change', this.#retitle);
    document.removeEventListener('visibilitychange', this.#poll);
    clearTimeout(this.#timer);
  }

  override render(): TemplateResult {
    return html`<div class="demo-page">
      ${demoBanner(true, false)}
      <header class="top"><div class="wrap">${brand('/#/')}</div></header>
      <main id="main">
        <div class="wrap page">
          <div class="page-head">
            <h1 tabindex="-1">${t('mailbox.title')}</h1>
            <p class="lead">${t('mailbox.lead')}</p>
            <p><a href="/#/">${t('mailbox.back')}</a></p>
          </div>
          <p class="visually-hidden" role="status">${this.fresh > 0 ? t('mailbox.new', { count: this.fresh }) : nothing}</p>
          ${this.trouble ? html`<div class="notice warn"><p>${t(this.trouble === 'off' ? 'mailbox.off' : 'mailbox.stale')}</p></div>` : nothing}
          ${this.#list()}
        </div>
      </main>
      ${footer(() => undefined)}
    </div>`;
  }

  #list(): TemplateResult | typeof nothing {
    if (!this.mails) return this.trouble ? nothing : html`<p class="muted">${t('loading')}</p>`;
    if (this.mails.length === 0) return html`<p class="muted">${t('mailbox.empty')}</p>`;
    return html`<ul class="mails">
      ${this.mails.map(
        (mail) => html`<li class="card mail">
          <div class="mail-head">
            <h2><bdi>${mail.subject}</bdi></h2>
            <time class="muted small" datetime=${mail.at}>${when(mail.at)}</time>
          </div>
          <p class="muted small">${t('mailbox.to')} <bdi>${mail.to}</bdi></p>
          <pre>${linked(mail.text)}</pre>
          ${mail.link && !mail.text.includes(mail.link) && isOurs(mail.link) ? html`<p><a href=${mail.link}>${mail.link}</a></p>` : nothing}
        </li>`,
      )}
    </ul>`;
  }

  readonly #retitle = (): void => {
    document.title = `${t('mailbox.title')} – ${t('brand.name')}`;
  };

  readonly #poll = async (): Promise<void> => {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    try {
      const response = await fetch('/demo/mailbox.json', { cache: 'no-store', credentials: 'omit' });
      if (response.status === 404) this.trouble = 'off';
      else if (!response.ok) this.trouble = 'stale';
      else {
        const { items } = (await response.json()) as { items: readonly Mail[] };
        const known = new Set(this.mails?.map((m) => m.id));
        this.fresh = this.mails ? items.filter((m) => !known.has(m.id)).length : 0;
        this.mails = items;
        this.trouble = undefined;
      }
    } catch {
      this.trouble = 'stale';
    }
    if (this.isConnected && this.trouble !== 'off') this.#timer = setTimeout(() => void this.#poll(), kPollMs);
  };
}

/** Whether an address leads to this server; a message may name others, which stay text. */
function isOurs(address: string): boolean {
  try {
    return new URL(address).origin === location.origin;
  } catch {
    return false;
  }
}

function linked(text: string): readonly (string | TemplateResult)[] {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((part, i) => (i % 2 === 1 && isOurs(part) ? html`<a href=${part}>${part}</a>` : part));
}
