// devices.test.mjs - a remembered browser by a person's hand: asked for at the code, listed in Security
// Settings, forgotten there; a stolen cookie; axe and pictures at 1280 and 360 px, dark and in Arabic.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Authenticator, makeAccount, openPage, overflow, shoot, startBrowser, startServer, traces, violations } from './client_area_support.mjs';

let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const heading = (page, name) => page.getByRole('heading', { name, exact: true });
const asked = (page) => heading(page, 'Two-step verification').waitFor();
const cookieOf = async (context, name) => (await context.cookies()).find((c) => c.name === name);

function inTab(name, body, options) {
  test(name, async () => {
    const tab = await openPage(browser, server.url, options);
    try {
      await body(tab);
      assert.deepEqual(tab.faults, []);
    } catch (error) {
      await shoot(tab.page, `failed ${name.replace(/\W+/g, '-').slice(0, 40)}`).catch(() => undefined);
      throw error;
    } finally {
      await tab.context.close();
    }
  });
}

/** An account with an authenticator app, made over the API, in the person's language. */
async function enrolled(locale = 'en') {
  const account = await makeAccount(server.url);
  let cookie = '';
  let csrf = '';
  const post = async (path, body, method = 'POST') => {
    const answer = await fetch(server.url + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...(cookie && { Cookie: cookie, 'X-CSRF-Token': csrf }) },
      body: JSON.stringify(body),
    });
    const json = await answer.json();
    assert.ok(answer.ok, `${path}: ${JSON.stringify(json)}`);
    cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    csrf = json.csrf_token ?? csrf;
    return json;
  };
  await post('/client/sign-in', account);
  await post('/client/me', { locale }, 'PATCH');
  const made = await post('/v1/users/me/enrollments', { method: 'totp', label: 'Phone' });
  const app = new Authenticator(made.totp.otpauth_uri);
  await post(`/v1/users/me/enrollments/${made.id}/confirm`, { code: await app.next() });
  return { ...account, app };
}

async function password({ page, url }, { email, password: secret }) {
  await page.goto(`${url}/#/sign-in`);
  await page.locator('page-sign-in [name=email]').fill(email);
  await page.locator('page-sign-in [name=password]').fill(secret);
  await page.locator('page-sign-in button[type=submit]').click();
}

/** The code, with the choice to remember; waits until the person is inside. */
async function enterCode({ page }, { app }, remember) {
  const verify = page.locator('twofold-verify');
  if (remember) await verify.locator('input[type=checkbox]').check();
  await verify.locator('#field').fill(await app.next());
  await verify.locator('form button[type=submit]').click();
  await page.waitForURL((to) => !/sign-in|verify/.test(to.hash));
}

/** The browser is closed and opened again: what lasts is the cookie with a date. */
async function reopen({ context, page }) {
  await page.goto('about:blank');
  await context.clearCookies({ name: 'twofold_session' });
}

async function settings({ page, url }) {
  await page.goto(`${url}/#/security`);
  await page.locator('twofold-settings').getByRole('heading', { level: 2 }).first().waitFor();
}

async function seen(tab, name) {
  await tab.page.evaluate(() => document.fonts.ready);
  assert.deepEqual(await violations(tab), [], `axe, ${name}`);
  assert.equal(await overflow(tab.page), 0, `${name} is not wider than its window`);
  await shoot(tab.page, name);
}

inTab('remember this browser: no code next time; listed as this browser; forgotten, a code is asked for again', async (tab) => {
  const { page, context } = tab;
  const account = await enrolled();
  await password(tab, account);
  await asked(page);
  const box = page.getByRole('checkbox', { name: 'Remember this browser for 30 days' });
  assert.equal(await box.isChecked(), false, 'nobody is remembered unasked');
  await seen(tab, 'devices-1280-verify');
  await enterCode(tab, account, true);
  const cookie = await cookieOf(context, 'twofold_device');
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, 'Strict');
  assert.ok(Math.abs(cookie.expires - Date.now() / 1000 - 30 * 86400) < 60, String(cookie.expires));
  assert.ok(!(await traces(tab)).includes(cookie.value.split('.')[0]), 'security 64: not in history or storage');
  assert.equal(await page.evaluate(() => document.cookie), '');

  await reopen(tab);
  await password(tab, account);
  await settings(tab);
  assert.notEqual((await cookieOf(context, 'twofold_device')).value, cookie.value, 'the token was replaced');
  const item = page.locator('twofold-settings [part=device]');
  await item.getByText('This browser', { exact: true }).waitFor();
  assert.match(await item.textContent(), /Chrome on Linux[\s\S]*127\.0\.0\.1[\s\S]*Remembered until/);
  await seen(tab, 'devices-1280-settings');

  await page.getByRole('button', { name: 'Forget: “Chrome on Linux”' }).press('Enter');
  await page.getByRole('status').filter({ hasText: 'was forgotten and will be asked for a code again' }).waitFor();
  assert.equal(await item.count(), 0);
  const focused = await page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at.tagName;
  });
  assert.equal(focused, 'H2', 'its button is gone, the focus is not lost');
  assert.equal(await cookieOf(context, 'twofold_device'), undefined);
  await seen(tab, 'devices-1280-forgotten');
  await reopen(tab);
  await password(tab, account);
  await asked(page);
});

inTab('a backup code is no reason to remember a browser; the choice is kept while ways are changed', async (tab) => {
  const { page } = tab;
  const account = await enrolled();
  await password(tab, account);
  await asked(page);
  const box = page.getByRole('checkbox', { name: /^Remember this browser/ });
  await box.check();
  await page.getByRole('button', { name: /backup code/i }).click();
  await page.getByLabel('Backup code', { exact: true }).waitFor();
  assert.equal(await box.count(), 0);
  await page.getByRole('button', { name: /another way/i }).click();
  await page.locator('twofold-verify .option').first().click();
  await box.waitFor();
  assert.equal(await box.isChecked(), true);
});

inTab('a stolen cookie: its second use ends everything remembered, in the browser of its owner, too', async (tab) => {
  const { page, context } = tab;
  const account = await enrolled();
  await password(tab, account);
  await asked(page);
  await enterCode(tab, account, true);
  const stolen = await cookieOf(context, 'twofold_device');
  for (let use = 0; use < 2; use += 1) {
    await reopen(tab);
    await password(tab, account);
    await settings(tab);
  }
  const thief = await openPage(browser, server.url);
  try {
    await thief.context.addCookies([stolen]);
    await password(thief, account);
    await asked(thief.page);
    assert.equal(await cookieOf(thief.context, 'twofold_device'), undefined);
  } finally {
    await thief.context.close();
  }
  await page.reload();
  await page.locator('page-sign-in').waitFor();
  await password(tab, account);
  await asked(page);
  const { items } = await (await fetch(`${server.url}/demo/mailbox.json`)).json();
  const told = items.filter((m) => m.to === account.email && m.kind === 'device_token_reused');
  assert.equal(told.length, 1);
  assert.match(told[0].text, /Chrome, Linux/);
});

for (const [name, options] of [
  ['360', { viewport: { width: 360, height: 740 } }],
  ['dark', { colorScheme: 'dark' }],
  ['arabic', { locale: 'ar-EG' }],
  ['arabic-360', { locale: 'ar-EG', viewport: { width: 360, height: 740 } }],
  ['german-360', { locale: 'de-DE', viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
]) {
  inTab(`the choice and the list: ${name}, axe clean`, async (tab) => {
    const { page } = tab;
    const account = await enrolled(options.locale?.slice(0, 2));
    await password(tab, account);
    const box = page.locator('twofold-verify input[type=checkbox]');
    await box.waitFor();
    const area = await page.locator('twofold-verify label.check').boundingBox();
    assert.ok(area.height >= 24, 'WCAG 2.5.8: large enough to hit');
    await seen(tab, `devices-${name}-verify`);
    await enterCode(tab, account, true);
    await settings(tab);
    await page.locator('twofold-settings [part=device]').waitFor();
    await seen(tab, `devices-${name}-settings`);
  }, options);
}
