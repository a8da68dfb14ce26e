// inbox.ts - the left of the demo mailbox: the list of mails, and the one that is open.

import { html, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { t } from '../lib/i18n.js';
import type { CodeCopier } from './copy.js';
import { framed, isOurs, linked, sentAt, type Message } from './message.js';

export interface Inbox {
  readonly mails: readonly Message[];  // newest first
  readonly open: Message | undefined;
  readonly seen: ReadonlySet<string>;
  readonly plain: boolean;  // show the text where there is HTML
  readonly copier: CodeCopier;
  readonly choose: (id: string) => void;
  readonly show: (plain: boolean) => void;
}

export function inbox(box: Inbox): TemplateResult {
  return html`<section class="inbox" id="inbox" aria-labelledby="inbox-title">
    <header class="inbox-head">
      <h2 id="inbox-title">${kEnvelope}${t('mailbox.inbox')}</h2>
      ${box.mails.length > 0 ? html`<span class="count">${t('mailbox.count', { count: box.mails.length })}</span>` : nothing}
    </header>
    ${box.mails.length === 0 ? nothingYet(kTray) : html`<div class="inbox-body">${list(box)}${box.open ? reader(box, box.open) : nothing}</div>`}
  </section>`;
}

/** What stands where messages will: what to do to get one. */
export function nothingYet(picture: TemplateResult): TemplateResult {
  return html`<div class="nothing-yet">
    ${picture}
    <p class="nothing-title">${t('mailbox.empty')}</p>
    <p>${t('mailbox.empty_next')}</p>
    <p><a href="/#/register">${t('mailbox.empty_register')}</a></p>
  </div>`;
}

function list(box: Inbox): TemplateResult {
  return html`<ul class="mails" aria-labelledby="inbox-title" @keydown=${step}>
    ${box.mails.map(
      (mail) => html`<li>
        <button
          type="button" class="mail-row" aria-current=${mail === box.open ? 'true' : 'false'}
          ?data-unread=${!box.seen.has(mail.id)} @click=${() => box.choose(mail.id)}
        >
          <span class="mail-from">${t('brand.name')}${box.seen.has(mail.id) ? nothing : html`<span class="visually-hidden">, ${t('mailbox.unread')}</span>`}</span>
          <span class="mail-time">${sentAt(mail)}</span>
          <span class="mail-subject" dir="auto">${mail.subject}</span>
          <span class="mail-to"><span class="visually-hidden">${t('mailbox.to')} </span><bdi>${mail.to}</bdi></span>
        </button>
      </li>`,
    )}
  </ul>`;
}

// Up and down move along the list, as in any mail program; Tab does, too.
function step(event: KeyboardEvent): void {
  const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.mail-row')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (at < 0 || to === undefined || !rows[to]) return;
  event.preventDefault();
  rows[to].focus();
}

function reader(box: Inbox, mail: Message): TemplateResult {
  const asHtml = !!mail.html && !box.plain;
  // The frame shows no address that can be followed with the page's own keys, so the link stands here.
  const link = isOurs(mail.link) && (asHtml || !mail.text.includes(mail.link)) ? mail.link : undefined;
  return html`<article class="mail" data-id=${mail.id} aria-labelledby="mail-subject">
    <header class="mail-head">
      <h3 id="mail-subject"><bdi>${mail.subject}</bdi></h3>
      <div class="mail-who">
        <span class="avatar" aria-hidden="true">${[...t('brand.name')][0]}</span>
        <p><strong>${t('brand.name')}</strong><span>${t('mailbox.to')} <bdi>${mail.to}</bdi></span></p>
        <span class="mail-time">${sentAt(mail)}</span>
      </div>
      ${mail.code || link
        ? html`<div class="mail-use">
            ${mail.code
              ? html`<p class="mail-code"><span>${t('mailbox.code')}</span><code dir="ltr" data-code-of=${mail.id}>${mail.code}</code></p>
                  ${box.copier.button(mail.id, mail.code, 'button secondary small copy')}`
              : nothing}
            ${link ? html`<p class="mail-link"><a href=${link}>${link}</a></p>` : nothing}
          </div>`
        : nothing}
    </header>
    ${asHtml
      ? keyed(mail.id, frame(mail))
      : html`<pre class="mail-text">${linked(mail.text)}</pre>`}
    ${mail.html
      ? html`<div class="mail-views" role="group" aria-label=${t('mailbox.view')}>
          ${[false, true].map(
            (plain) => html`<button type="button" aria-pressed=${box.plain === plain ? 'true' : 'false'} @click=${() => box.show(plain)}>
              ${t(plain ? 'mailbox.view_text' : 'mailbox.view_html')}
            </button>`,
          )}
        </div>`
      : nothing}
  </article>`;
}

// A frame for each mail: one whose document is changed would leave a step in the tab's history. It
// may open its links in a new tab; no script, no form, no origin, no way to move this page.
function frame(mail: Message): TemplateResult {
  return html`<iframe
    class="mail-frame" title=${t('mailbox.frame', { subject: mail.subject })} referrerpolicy="no-referrer"
    sandbox="allow-popups allow-popups-to-escape-sandbox" .srcdoc=${framed(mail.html ?? '')}
  ></iframe>`;
}

const kEnvelope = html`<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round">
  <rect x="3" y="5" width="18" height="14" rx="2.5" /><path d="m3.5 7 8.5 6.5L20.5 7" />
</svg>`;
const kTray = html`<svg viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linejoin="round">
  <path d="M6 28 12 10h24l6 18v10H6z" /><path d="M6 28h11a7 7 0 0 0 14 0h11" />
</svg>`;
