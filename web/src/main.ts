// main.ts - the entry. First of all a link's token leaves the address bar and the history; then
// everything the first page needs is asked for at once, not one thing after another.

import { begin } from './app.js';
import { initialLanguage, setLanguage } from './lib/i18n.js';
import { readLocation } from './lib/router.js';
import { applyTheme } from './lib/theme.js';

const { path } = readLocation();
applyTheme();

async function start(): Promise<void> {
  // A catalog that does not come must not leave an empty page: English is tried instead.
  const words = setLanguage(initialLanguage(), false).catch(() => setLanguage('en', false));
  // A server that knows no entry of its own for the mailbox answers its path with this page.
  const mailbox = location.pathname.replace(/\/$/, '') === '/demo/mailbox';
  if (mailbox) await import('./mailbox.js');
  else begin(path);
  await words;
  document.body.replaceChildren(document.createElement(mailbox ? 'demo-mailbox' : 'client-area'));
}

void start();
