// The demo mailbox: an inbox and a phone that show what is sent while somebody looks at them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeAccount, openPage, overflow, shoot, startBrowser, startServer, violations } from './client_area_support.mjs';

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

function inTab(name, body, options) {
  test(name, { timeout: 90_000 }, async () => {
    const tab = await openPage(browser, server.url, options);
    try {
      await body(tab);
      assert.deepEqual(tab.faults, []);
    } finally {
      await tab.context.close();
    }
  });
}

/** A signed-in person over the API, who asks for codes at their address and at a phone. */
async function person(url) {
  const { email, password } = await makeAccount(url);
  const headers = { 'Content-Type': 'application/json', Origin: url };
  const answer = await fetch(`${url}/client/sign-in`, { method: 'POST', headers, body: JSON.stringify({ email, password }) });
  assert.equal(answer.status, 200);
  [headers.Cookie] = answer.headers.get('set-cookie').split(';');
  headers['X-CSRF-Token'] = (await answer.json()).csrf_token;
  const enroll = async (body) => {
    const made = await fetch(`${url}/v1/users/me/enrollments`, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(made.status, 201, await made.clone().text());
  };
  return { email, byMail: () => enroll({ method: 'email' }), byWhatsApp: (address) => enroll({ method: 'whatsapp', address }) };
}

/** The code of the newest message to an address, by the JSON that the page reads as well. */
async function codeTo(url, to) {
  for (let i = 0; i < 100; i += 1) {
    const { items } = await (await fetch(`${url}/demo/mailbox.json`)).json();
    const code = items.find((item) => item.to === to && item.code)?.code;
    if (code) return code;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`no code to ${to}`);
}

const mail = (id, more = {}) => ({
  id, at: '2026-01-02T03:04:05Z', channel: 'email', kind: 'notice', to: 'a@example.net', subject: `Subject ${id}`, text: `Text of ${id}`, ...more,
});

/** The page with a list of messages that the test changes. */
async function withMessages({ page, url }, items) {
  const box = { items };
  await page.route('**/demo/mailbox.json', (route) => route.fulfill({ json: { items: box.items } }));
  await page.goto(`${url}/demo/mailbox`);
  await page.locator('.desk').waitFor();
  return box;
}

const clean = async (tab, what) => assert.deepEqual(await violations(tab), [], what);

inTab('an empty mailbox says what to do next, and new messages of both channels appear without reload', async (tab) => {
  const { page } = tab;
  const box = await withMessages(tab, []);
  assert.equal(await page.getByText('ask for a code in the Client Area; it will appear here').count(), 2);
  await clean(tab, 'empty');
  await page.evaluate(() => (window.sameDocument = true));
  box.items = [mail('m1')];
  await page.getByRole('heading', { name: 'Subject m1' }).waitFor();
  assert.equal(await page.getByRole('status').textContent(), '1 new message: Subject m1');
  box.items = [mail('w1', { channel: 'whatsapp', to: '+34612345621', subject: 'A code', code: '012345' }), ...box.items];
  await page.locator('.phone').getByText('012345 is your verification code. For your security, do not share this code.').waitFor();
  assert.equal(await page.evaluate(() => window.sameDocument), true);
});

inTab('codes that the server sends by mail and by WhatsApp arrive in inbox and phone', async (tab) => {
  const { page, url } = tab;
  const rita = await person(url);
  await page.goto(`${url}/demo/mailbox`);
  await page.locator('.mail').waitFor();
  await rita.byMail();
  const mailed = await codeTo(url, rita.email);
  await page.locator('.mail-code code', { hasText: mailed }).waitFor({ timeout: 4000 });
  await rita.byWhatsApp('+34612345621');
  const texted = await codeTo(url, '+34612345621');
  const bubble = page.locator('.bubble').last();
  await bubble.getByText(`${texted} is your verification code`).waitFor({ timeout: 4000 });
  assert.equal(await bubble.locator('strong').textContent(), texted);
  await bubble.getByRole('button', { name: 'Copy code' }).waitFor();
  await clean(tab, 'with messages');
});

inTab('security 62: a mail is framed without rights, in the style it was sent with, and plain on demand', async (tab) => {
  const { page, url } = tab;
  const rita = await person(url);
  await rita.byMail();
  const code = await codeTo(url, rita.email);
  await page.goto(`${url}/demo/mailbox`);
  const frame = page.locator('iframe.mail-frame');
  await frame.waitFor();
  const rights = (await frame.getAttribute('sandbox')).split(' ');
  for (const right of ['allow-scripts', 'allow-same-origin', 'allow-forms', 'allow-top-navigation']) assert.ok(!rights.includes(right), right);
  const shown = page.frameLocator('iframe.mail-frame').locator('.code');
  assert.equal(await shown.textContent(), code);
  // The one sheet of mails passes the page's policy: its rule for the code is at work.
  assert.equal(await shown.evaluate((e) => getComputedStyle(e).fontSize), '34px');
  await page.getByRole('button', { name: 'Plain text' }).click();
  assert.match(await page.locator('.mail-text').textContent(), new RegExp(`\\n${code}\\n`));
  assert.equal(await frame.count(), 0);
  await page.getByRole('button', { name: 'As sent' }).click();
  await frame.waitFor();
});

inTab('a link in a framed mail opens the Client Area in a new tab; one to elsewhere leads nowhere', async (tab) => {
  const { page, url, context } = tab;
  const html = `<!doctype html><html><body><p><a href="${url}/#/register">ours</a> <a href="https://elsewhere.example/">theirs</a></p></body></html>`;
  await withMessages(tab, [mail('m1', { html, link: `${url}/#/register` })]);
  const letter = page.frameLocator('iframe.mail-frame');
  const [opened] = await Promise.all([context.waitForEvent('page'), letter.getByText('ours').click()]);
  await opened.getByRole('heading', { name: 'Create an account' }).waitFor();
  assert.equal(await letter.getByText('theirs').getAttribute('href'), null);
  assert.equal(await page.locator('.mail-link a').getAttribute('href'), `${url}/#/register`);
});

describe('copy code', () => {
  const coded = [mail('w1', { channel: 'whatsapp', to: '+34612345621', code: '012345' }), mail('m1', { code: '678901' })];

  inTab('the button puts the code on the clipboard', async (tab) => {
    const { page } = tab;
    await withMessages(tab, coded);
    await page.locator('.phone').getByRole('button', { name: 'Copy code' }).click();
    await page.locator('.phone').getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '012345');
    await page.locator('.mail').getByRole('button', { name: 'Copy code' }).click();
    await page.getByRole('status').getByText('Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '678901');
  }, { permissions: ['clipboard-read', 'clipboard-write'] });

  inTab('where the clipboard is refused the code is left selected', async (tab) => {
    const { page } = tab;
    await page.addInitScript(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
      document.execCommand = () => false;
    });
    await withMessages(tab, coded);
    await page.locator('.phone').getByRole('button', { name: 'Copy code' }).press('Enter');
    await page.getByRole('status').getByText('press Ctrl+C').waitFor();
    assert.equal(await page.evaluate(() => getSelection().toString()), '012345');
  });
});

inTab('the inbox works by keyboard; an opened mail stays open when another comes in', async (tab) => {
  const { page } = tab;
  const box = await withMessages(tab, [mail('m3'), mail('m2'), mail('m1')]);
  await page.locator('.mail-row').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Subject m2' }).waitFor();
  box.items = [mail('m4'), ...box.items];
  await page.locator('.mail-row', { hasText: 'Subject m4' }).and(page.locator('[data-unread]')).waitFor();
  assert.equal(await page.locator('.mail h3').textContent(), 'Subject m2');
  assert.equal(await page.locator('.mail-row[aria-current=true]').count(), 1);
});

describe('in every dress', () => {
  for (const [name, width, colorScheme, language] of [
    ['en-1280-light', 1280, 'light', 'en'], ['en-1280-dark', 1280, 'dark', 'en'], ['en-360-light', 360, 'light', 'en'], ['ar-360-dark', 360, 'dark', 'ar'],
  ]) {
    inTab(name, async (tab) => {
      const { page, url } = tab;
      const rita = await person(url);
      await rita.byMail();
      await rita.byWhatsApp('+34612345621');
      await codeTo(url, '+34612345621');
      await page.goto(url);
      await page.evaluate((tag) => localStorage.setItem('twofold.language', tag), language);
      await page.goto(`${url}/demo/mailbox`);
      await page.locator('.bubble').first().waitFor();
      const [left, right] = await Promise.all(['.inbox', '.phone'].map((part) => page.locator(part).boundingBox()));
      if (width > 1000) assert.ok(right.x >= left.x + left.width && right.y === left.y, 'side by side');
      else assert.ok(right.y >= left.y + left.height, 'stacked');
      assert.equal(await overflow(page), 0);
      await shoot(page, `mailbox-both.${name}`);
      await clean(tab, name);
    }, { viewport: { width, height: 860 }, colorScheme });
  }
});
