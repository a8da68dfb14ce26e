// brand.ts - the name and mark of the made-up company.

import { html, type TemplateResult } from 'lit';
import { t, type MessageKey } from '../lib/i18n.js';

export function brand(href: string, area: MessageKey = 'brand.area'): TemplateResult {
  return html`<a class="brand" href=${href}>
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="currentColor" />
      <path d="M8 9.5h16v4.5H8zM8 18h10v4.5H8z" fill="var(--twofold-button-text)" />
      <circle cx="21.9" cy="20.25" r="2.2" fill="var(--twofold-button-text)" />
    </svg>
    <span>${t('brand.name')}<span>${t(area)}</span></span>
  </a>`;
}
