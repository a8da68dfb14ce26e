// contacts.ts - the ways to reach support that are real, from the server's settings.

import type { ClientConfig } from '@twofold/elements/api';
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../lib/i18n.js';

export function contacts(config: ClientConfig | undefined): TemplateResult | typeof nothing {
  const channels = config?.support?.channels ?? [];
  if (channels.length === 0) return nothing;
  return html`<section class="stack" aria-labelledby="contacts">
    <h2 id="contacts">${t('contacts.title')}</h2>
    <ul class="plain-list">
      ${channels.map(({ kind, value }) => {
        const href = address(kind, value);
        const text = html`<bdi dir=${kind === 'text' ? 'auto' : 'ltr'}>${value}</bdi>`;
        return html`<li>${href ? html`<a href=${href} rel="noreferrer">${text}</a>` : text}</li>`;
      })}
    </ul>
    <p class="muted small">${t('contacts.note')}</p>
  </section>`;
}

/** As a link where it can be one; any other scheme than these stays text. */
function address(kind: string, value: string): string | undefined {
  if (kind === 'email') return `mailto:${encodeURIComponent(value).replace('%40', '@')}`;
  if (kind === 'phone') return `tel:${value.replace(/[^\d+]/g, '')}`;
  return kind === 'url' && /^https?:\/\//i.test(value) ? value : undefined;
}
