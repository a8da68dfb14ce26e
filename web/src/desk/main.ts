// main.ts - the entry of /desk/.

import { initialLanguage, setLanguage } from '../lib/i18n.js';
import { applyTheme } from '../lib/theme.js';
import './app.js';
import { desk } from './session.js';

applyTheme();
desk.load().catch(() => undefined);
void setLanguage(initialLanguage(), false)
  .catch(() => setLanguage('en', false))
  .then(() => document.body.replaceChildren(document.createElement('support-desk')));
