// main.ts - the entry of /desk/.

import { addCatalogs, initialLanguage, setLanguage } from '../lib/i18n.js';
import { applyTheme } from '../lib/theme.js';
import './app.js';
import { desk } from './session.js';

applyTheme();
addCatalogs({
  en: () => import('../../locales/desk/en.json'),
  ar: () => import('../../locales/desk/ar.json'),
  es: () => import('../../locales/desk/es.json'),
  fr: () => import('../../locales/desk/fr.json'),
  de: () => import('../../locales/desk/de.json'),
});
desk.load().catch(() => undefined);
void setLanguage(initialLanguage(), false)
  .catch(() => setLanguage('en', false))
  .then(() => document.body.replaceChildren(document.createElement('support-desk')));
