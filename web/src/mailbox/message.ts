// message.ts - a message of /demo/mailbox.json, and what may be made of its text.

import { html, nothing, type TemplateResult } from 'lit';
import { when } from '../lib/i18n.js';

export interface Message {
  readonly id: string;
  readonly at: string;
  readonly channel: string;  // "email" or "whatsapp"
  readonly kind?: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly link?: string;
  readonly code?: string;
  readonly html?: string;
}

/** Whether an address leads to this server; a message may name others, which stay text. */
export function isOurs(address: string | null | undefined): address is string {
  try {
    return !!address && new URL(address).origin === location.origin;
  } catch {
    return false;
  }
}

/** A text with the addresses of this server as links. */
export function linked(text: string): readonly (string | TemplateResult)[] {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((part, i) => (i % 2 === 1 && isOurs(part) ? html`<a href=${part}>${part}</a>` : part));
}

export function sentAt(message: Message): TemplateResult | typeof nothing {
  return Number.isNaN(Date.parse(message.at)) ? nothing : html`<time datetime=${message.at}>${when(message.at)}</time>`;
}

const documents = new Map<string, string>();

/**
 * The HTML of a mail for a frame without rights. Its links open in a tab of their own (in the frame
 * they would lead to a page that refuses to be framed); a link to elsewhere loses its address.
 */
export function framed(source: string): string {
  const kept = documents.get(source);
  if (kept !== undefined) return kept;
  const letter = new DOMParser().parseFromString(source, 'text/html');
  for (const base of letter.querySelectorAll('base, meta[http-equiv]')) base.remove();
  for (const link of letter.querySelectorAll('a[href], area[href]')) {
    if (isOurs(link.getAttribute('href'))) {
      link.setAttribute('target', '_blank');
      link.setAttribute('rel', 'noopener');
    } else link.removeAttribute('href');
  }
  const made = `<!doctype html>${letter.documentElement.outerHTML}`;
  documents.set(source, made);
  return made;
}
