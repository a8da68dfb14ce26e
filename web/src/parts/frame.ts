// frame.ts - what stands around every page: the demo banner, and language and appearance below.

import { html, nothing, type TemplateResult } from 'lit';
import { isLanguage, kLanguages, language, setLanguage, t } from '../lib/i18n.js';
import { setTheme, theme, type Theme } from '../lib/theme.js';

export function demoBanner(demo: boolean, withMailbox: boolean): TemplateResult | typeof nothing {
  if (!demo) return nothing;
  return html`<aside class="demo-banner" aria-label=${t('demo.label')}>
    <div class="wrap">
      <span>${t('demo.banner')}</span>
      ${withMailbox
        ? html`<a href="/demo/mailbox" target="_blank">${t('demo.mailbox')} <span class="visually-hidden">${t('demo.new_tab')}</span></a>`
        : nothing}
    </div>
  </aside>`;
}

/** @param chosen  called after somebody chose a language here */
export function footer(chosen: (tag: string) => void): TemplateResult {
  const pick = async (event: Event): Promise<void> => {
    const { value } = event.target as HTMLSelectElement;
    if (!isLanguage(value)) return;
    await setLanguage(value, true);
    chosen(value);
  };
  return html`<footer class="foot">
    <div class="wrap">
      <p>${t('footer.note')}</p>
      <div class="foot-controls" role="group" aria-label=${t('footer.label')}>
        <label>${t('footer.language')}
          <select @change=${pick}>
            ${Object.entries(kLanguages).map(
              ([tag, name]) => html`<option value=${tag} lang=${tag} ?selected=${tag === language()} .selected=${tag === language()}>${name}</option>`,
            )}
          </select>
        </label>
        <label>${t('footer.theme')}
          <select @change=${(event: Event) => setTheme((event.target as HTMLSelectElement).value as Theme)}>
            ${(['auto', 'light', 'dark'] as const).map(
              (value) => html`<option value=${value} ?selected=${value === theme()}>${t(`footer.theme_${value}`)}</option>`,
            )}
          </select>
        </label>
      </div>
    </div>
  </footer>`;
}
