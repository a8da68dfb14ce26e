// phone.ts - the right of the demo mailbox: a phone with the chat that WhatsApp messages arrive in.
// The look is our own. A message with a code reads as an authentication template does there.

import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '../lib/i18n.js';
import type { CodeCopier } from './copy.js';
import { nothingYet } from './inbox.js';
import { isOurs, linked, sentAt, type Message } from './message.js';

/** @param messages  newest first; the chat reads downwards */
export function phone(messages: readonly Message[], copier: CodeCopier): TemplateResult {
  const newest = messages[0];
  return html`<section class="phone" id="phone" aria-labelledby="phone-title">
    <div class="phone-screen">
      <header class="chat-head">
        <span class="avatar" aria-hidden="true">${[...t('brand.name')][0]}</span>
        <div>
          <h2 id="phone-title"><span>${t('brand.name')}</span><span class="visually-hidden">, WhatsApp</span></h2>
          <p>${t('mailbox.chat_note')}</p>
        </div>
      </header>
      ${newest
        ? html`<div class="chat" tabindex="0" role="group" aria-labelledby="phone-title" ${ref(toEnd(newest.id))}>
            <ol>${repeat([...messages].reverse(), (m) => m.id, (m) => bubble(m, copier))}</ol>
          </div>`
        : html`<div class="chat">${nothingYet(kBubble)}</div>`}
    </div>
  </section>`;
}

function bubble(message: Message, copier: CodeCopier): TemplateResult {
  const { id, code, link, text } = message;
  return html`<li>
    <div class="bubble">
      <p class="bubble-to">${t('mailbox.to')} <bdi dir="ltr">${message.to}</bdi></p>
      <p class="bubble-text">${code ? template(id, code) : linked(text)}</p>
      ${isOurs(link) && (code || !text.includes(link)) ? html`<p class="bubble-text"><a href=${link}>${link}</a></p>` : nothing}
      <p class="bubble-end">${sentAt(message)}${kTicks}<span class="visually-hidden">${t('mailbox.read')}</span></p>
      ${code ? copier.button(id, code, 'bubble-copy copy') : nothing}
    </div>
  </li>`;
}

// "*492039* is your verification code. …", the stars being WhatsApp's way to write bold.
function template(id: string, code: string): TemplateResult {
  const [before, after] = t('mailbox.chat_code', { code }).split(code);
  return html`${before}<strong dir="ltr" data-code-of=${id}>${code}</strong>${after}`;
}

let shown = '';

// The newest message is at the bottom: the chat goes there whenever there is a new one.
function toEnd(newest: string): (chat: Element | undefined) => void {
  return (chat) => {
    if (!chat || shown === newest) return;
    shown = newest;
    queueMicrotask(() => chat.scrollTo({ top: chat.scrollHeight }));
  };
}

const kTicks = html`<svg class="ticks" viewBox="0 0 20 12" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">
  <path d="m1.5 6.5 3.5 3.5 7.5-8.5M9 9.2l.9.8 7.6-8.5" />
</svg>`;
const kBubble = html`<svg viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linejoin="round">
  <path d="M8 9h32v24H22l-9 7v-7H8z" /><path d="M16 18h16M16 25h10" stroke-linecap="round" />
</svg>`;
