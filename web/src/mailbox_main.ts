// mailbox_main.ts - the entry of /demo/mailbox.

import { initialLanguage, setLanguage } from './lib/i18n.js';
import { applyTheme } from './lib/theme.js';
import './mailbox.js';

applyTheme();
void setLanguage(initialLanguage(), false)
  .catch(() => setLanguage('en', false))
  .then(() => document.body.replaceChildren(document.createElement('demo-mailbox')));
