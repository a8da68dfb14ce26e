// i18n.ts - the Client Area's catalogs (web/locales/*.json) in the runtime of @twofold/elements.
// The chosen language is a preference, not a secret: it is kept in localStorage and, once somebody
// is signed in, in their profile. `<html lang dir>` says it to the elements.

import { loadTranslator, negotiate, type Params, type Translator } from '@twofold/elements/i18n';
import type { CatalogModule, Messages } from '@twofold/elements/i18n';
import type deskEn from '../../locales/desk/en.json';
import type en from '../../locales/en.json';

/** Those of `desk.…` are there only at the support desk (`addCatalogs`). */
export type MessageKey = keyof typeof en | keyof typeof deskEn;

const kCatalogs = {
  en: () => import('../../locales/en.json'),
  ar: () => import('../../locales/ar.json'),
  es: () => import('../../locales/es.json'),
  fr: () => import('../../locales/fr.json'),
  de: () => import('../../locales/de.json'),
};

export type Language = keyof typeof kCatalogs;

/** Each language by its own name: who needs the switch may not read the page's language. */
export const kLanguages: Readonly<Record<Language, string>> = {
  en: 'English',
  ar: 'العربية',
  es: 'Español',
  fr: 'Français',
  de: 'Deutsch',
};

const kStored = 'twofold.language';
let catalogs: Readonly<Record<Language, () => Promise<CatalogModule>>> = kCatalogs;
let translator: Translator | undefined;

export const languageChanges = new EventTarget();

/** More words for an entry that needs them, so that the others need not load them; before setLanguage. */
export function addCatalogs(more: Readonly<Record<Language, () => Promise<CatalogModule>>>): void {
  const words = (module: CatalogModule): Messages => (module as { default?: Messages }).default ?? (module as Messages);
  const both = (tag: Language) => async (): Promise<Messages> => {
    const [base, own] = await Promise.all([kCatalogs[tag](), more[tag]()]);
    return { ...words(base), ...words(own) };
  };
  catalogs = { en: both('en'), ar: both('ar'), es: both('es'), fr: both('fr'), de: both('de') };
}

export function isLanguage(tag: string | null | undefined): tag is Language {
  return typeof tag === 'string' && Object.hasOwn(kCatalogs, tag);
}

/** What to start with: the stored choice, else the best of the browser's languages. */
export function initialLanguage(): Language {
  const stored = localStorage.getItem(kStored);
  if (isLanguage(stored)) return stored;
  return negotiate(navigator.languages, Object.keys(kCatalogs), 'en') as Language;
}

/** True once somebody chose a language in this browser; then a profile does not override it. */
export function languageWasChosen(): boolean {
  return isLanguage(localStorage.getItem(kStored));
}

/**
 * Loads a catalog and switches the whole page to it.
 * @param keep  whether to remember it in this browser
 */
export async function setLanguage(language: Language, keep: boolean): Promise<void> {
  translator = await loadTranslator(catalogs, [language]);
  document.documentElement.lang = translator.lang;
  document.documentElement.dir = translator.dir;
  if (keep) localStorage.setItem(kStored, language);
  languageChanges.dispatchEvent(new Event('change'));
}

export function language(): Language {
  return (translator?.lang ?? 'en') as Language;
}

export function t(key: MessageKey, params?: Params): string {
  return translator ? translator.t(key, params) : '';
}

/** Local time of day, with the date when it is not today. */
export function when(value: string): string {
  if (!translator) return '';
  const date = new Date(value);
  const today = date.toDateString() === new Date().toDateString();
  return translator.date(date, today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
}

export function day(value: Date): string {
  return translator?.date(value) ?? '';
}

export function ago(value: string): string {
  return translator?.ago(value) ?? '';
}
