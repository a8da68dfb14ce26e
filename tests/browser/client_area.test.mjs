// client_area.test.mjs - the Client Area by a person's hand: the whole flow, by keyboard alone, in
// five languages, light and dark, from 360 px; nothing secret stays behind; axe finds nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import {
  Authenticator, mailLink, makeAccount, openPage, overflow, readQr, shoot, startBrowser, startServer, traces, violations,
} from './client_area_support.mjs';

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
const press = (page, name, exact = true) => page.getByRole('button', { name, exact }).click();

async function axeClean(tab, where) {
  assert.deepEqual(await violations(tab), [], `axe, ${where}`);
}

async function signIn(tab, { email, password }) {
  const { page, url } = tab;
  await page.goto(`${url}/#/sign-in`);
  await page.locator('page-sign-in [name=email]').fill(email);
  await page.locator('page-sign-in [name=password]').fill(password);
  await page.locator('page-sign-in button[type=submit]').click();
}

async function openSettings({ page }) {
  await page.getByRole('navigation').getByRole('link', { name: 'Security Settings' }).click();
  await page.locator('twofold-settings').getByRole('heading', { level: 2 }).first().waitFor();
}

/** A test with a tab of its own; when it fails, a picture of where it stood is kept. */
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

/** From the wizard's first step to its code field; answers with the app that scanned the QR. */
async function scan(page, label) {
  if (label) await page.getByLabel(/name/i).last().fill(label);
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.url().endsWith('/enrollments') && r.request().method() === 'POST' && r.status() === 201),
    press(page, 'Continue'),
  ]);
  const { totp } = await answer.json();
  const qr = page.getByRole('img', { name: /QR/ });
  await qr.waitFor();
  assert.equal(await readQr(qr), totp.otpauth_uri, 'zbarimg reads what the server gave');
  return new Authenticator(totp.otpauth_uri);
}

/** Reads the backup codes off the page, types the one asked for, and leaves. */
async function keepCodes(page) {
  const list = page.getByRole('list', { name: 'Backup codes' });
  await list.waitFor();
  const codes = await list.getByRole('listitem').allTextContents();
  assert.equal(codes.length, 10);
  for (const code of codes) assert.match(code, /^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){2}$/);
  const [file] = await Promise.all([page.waitForEvent('download'), press(page, 'Download')]);
  const lines = readFileSync(await file.path(), 'utf8');
  for (const code of codes) assert.ok(lines.includes(code), 'the download holds every code');
  await press(page, 'I have saved them');
  const field = page.getByLabel(/^Backup code number/);
  const number = Number(/\d+/.exec(await page.getByText(/^Type backup code number/).textContent())[0]);
  await field.fill(codes[number - 1].toLowerCase().replaceAll('-', ' '));
  await press(page, 'Check');
  return codes;
}

inTab('security 15, 32, 64: the whole flow: register, enable, sign in, second authenticator, backup code, recover, disable', async (tab) => {
  const { page, url } = tab;
  const secrets = [];
  const clean = async (where) => {
    const kept = await traces(tab);
    for (const secret of secrets) assert.ok(!kept.includes(secret), `a secret stayed behind: ${where}`);
  };
  const person = { email: `flow-${process.pid}-${Date.now()}@example.net`, password: 'seven green bicycles' };
  secrets.push(person.password);

  // Register, and confirm by the link of the message.
  await page.goto(url);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await heading(page, 'Create an account').waitFor();
  await page.getByLabel('Your name').fill('Flora Flow');
  await page.getByRole('textbox', { name: 'Email address' }).fill(person.email);
  await page.locator('[name=password]').fill(person.password);
  await press(page, 'Create account');
  await heading(page, 'Check your email').waitFor();
  const link = await mailLink(url, person.email, 'confirm-email');
  secrets.push(link.split('token=')[1]);
  await page.goto(`${url}/demo/mailbox`);
  await page.getByRole('link', { name: link }).first().click();
  await heading(page, 'Confirm your email address').waitFor();
  assert.equal(new URL(page.url()).hash, '#/confirm-email', 'the token left the address');
  // A stranger's password gains nothing, and the link still works after.
  await page.locator('[name=password]').fill('not the password');
  await press(page, 'Confirm and sign in');
  await page.getByText('That is not the password you chose').waitFor();
  await page.locator('[name=password]').fill(person.password);
  await press(page, 'Confirm and sign in');
  await heading(page, 'Hello, Flora Flow').waitFor();
  await clean('after registering');

  // Enable.
  await openSettings(tab);
  await press(page, 'Set up two-factor authentication');
  const app = await scan(page);
  secrets.push(app.secret);
  await page.getByLabel('Code from your app').fill('000000');
  await press(page, 'Confirm');
  await page.getByRole('alert').filter({ hasText: 'That code is not right' }).waitFor();
  await page.getByLabel('Code from your app').fill(await app.next());
  await press(page, 'Confirm');
  const codes = await keepCodes(page);
  secrets.push(...codes, ...codes.map((c) => c.replaceAll('-', '')));
  await heading(page, 'Two-factor authentication is on').waitFor();
  await press(page, 'Done');
  await page.getByRole('heading', { name: 'Your methods' }).waitFor();
  await clean('after enabling');
  await page.reload();
  await page.getByRole('heading', { name: 'Your methods' }).waitFor();
  const shown = await page.locator('body').innerText();
  const told = await page.evaluate(async () => (await fetch('/v1/users/me/backup-codes')).text());
  for (const code of codes) assert.ok(!shown.includes(code) && !told.includes(code), 'backup codes are shown once');

  // Sign out, sign in with a code.
  await press(page, 'Sign out');
  await page.getByText('You are signed out.').waitFor();
  await signIn(tab, person);
  await heading(page, 'Second step').waitFor();
  await page.goto(`${url}/#/account`);
  await heading(page, 'Second step').waitFor();
  await page.reload();
  await heading(page, 'Second step').waitFor();
  await page.getByLabel('Code', { exact: true }).fill(await app.next());
  await press(page, 'Verify');
  await page.getByRole('navigation').waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Home' }).click();
  await heading(page, 'Hello, Flora Flow').waitFor();
  await page.getByText('You have 10 backup codes left.').waitFor();

  // A second authenticator: add, rename, remove.
  await openSettings(tab);
  await press(page, 'Add another method');
  await page.getByLabel(/name/i).last().fill('Tablet');
  await press(page, 'Continue');
  await page.getByLabel('Code', { exact: true }).fill(await app.next());
  const tablet = await scan(page);
  secrets.push(tablet.secret);
  await page.getByLabel('Code from your app').fill(await tablet.next());
  await press(page, 'Confirm');
  await heading(page, 'Method added').waitFor();
  await press(page, 'Done');
  await press(page, 'Rename: Tablet', false).catch(() => press(page, /Rename.*Tablet/, false));
  await page.getByLabel(/name/i).last().fill('Old tablet');
  await press(page, 'Save');
  await page.getByText('Old tablet', { exact: true }).waitFor();
  await page.getByRole('button', { name: /Remove.*Old tablet/ }).click();
  await page.getByLabel('Code', { exact: true }).fill(await tablet.next());
  await press(page, 'Remove');
  await page.getByText('Old tablet', { exact: true }).waitFor({ state: 'detached' });

  // Lost phone: a backup code, then straight to setting up anew.
  await press(page, 'Sign out');
  await signIn(tab, person);
  await press(page, 'Use a backup code');
  // A slip is found in the browser and costs nothing.
  const slip = codes[0].slice(0, -1) + (codes[0].endsWith('7') ? '8' : '7');
  await page.getByLabel('Backup code', { exact: true }).fill(slip);
  await press(page, 'Verify');
  await page.getByText(/did not count as a try/).waitFor();
  await page.getByLabel('Backup code', { exact: true }).fill(codes[0]);
  await press(page, 'Verify');
  await heading(page, 'You signed in with a backup code').waitFor();
  assert.equal(new URL(page.url()).hash, '#/after-backup-code');
  await page.getByText('9 backup codes left').waitFor();
  await page.getByRole('button', { name: /^I no longer have “Authenticator app”/ }).click();
  const phone = await scan(page);
  secrets.push(phone.secret);
  await page.getByLabel('Code from your app').fill(await phone.next());
  await press(page, 'Confirm');
  secrets.push(...(await keepCodes(page)));
  await press(page, 'Done');
  await page.getByRole('heading', { name: 'Your methods' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Remove/ }).count(), 1, 'the lost authenticator is gone');

  // Disable.
  await press(page, 'Turn off');
  await page.getByLabel('Code', { exact: true }).fill(await phone.next());
  await page.getByRole('button', { name: 'Turn off', exact: true }).last().click();
  await page.getByRole('button', { name: 'Set up two-factor authentication' }).waitFor();
  await press(page, 'Sign out');
  await signIn(tab, person);
  await heading(page, 'Hello, Flora Flow').waitFor();
  await clean('at the end');
});

inTab('by keyboard alone: sign in, enable, sign out', async (tab) => {
  const person = await makeAccount(server.url);
  const { page, url } = tab;
  /** Presses Tab until what has the focus is called so; the focus must be visible on the way. */
  const tabTo = async (pattern, key = 'Tab') => {
    for (let i = 0; i < 60; i += 1) {
      await page.keyboard.press(key);
      const at = await page.evaluate(() => {
        let e = document.activeElement;
        while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
        if (!e || e === document.body) return { name: '', ring: true };
        const style = getComputedStyle(e);
        const label = e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent ?? '';
        return { name: label.trim().replace(/\s+/g, ' '), ring: style.outlineStyle !== 'none' || style.boxShadow !== 'none' };
      });
      assert.ok(at.ring, `no visible focus on “${at.name}”`);
      if (pattern.test(at.name)) return;
    }
    assert.fail(`${pattern} is not reached by Tab`);
  };

  await page.goto(url);
  await heading(page, 'Sign in').waitFor();
  await tabTo(/^Skip to the content/);
  await page.keyboard.press('Enter');
  await tabTo(/^Email address/);
  await page.keyboard.type(person.email);
  await tabTo(/^Password/);
  await page.keyboard.type(person.password);
  await page.keyboard.press('Enter');
  await heading(page, 'Hello, Ria Reader').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the new page has the focus');
  assert.match(await page.title(), /^Home – /);
  await tabTo(/^Enable it now/);
  await page.keyboard.press('Enter');
  await heading(page, 'Security Settings').waitFor();
  await tabTo(/^Set up two-factor/);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Continue' }).waitFor();
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.url().endsWith('/enrollments') && r.status() === 201),
    tabTo(/^Continue/).then(() => page.keyboard.press('Enter')),
  ]);
  const app = new Authenticator((await answer.json()).totp.otpauth_uri);
  await tabTo(/^Code from your app/);
  await page.keyboard.type(await app.next());
  await page.keyboard.press('Enter');
  const list = page.getByRole('list', { name: 'Backup codes' });
  await list.waitFor();
  const codes = await list.getByRole('listitem').allTextContents();
  await tabTo(/^I have saved them/);
  await page.keyboard.press('Enter');
  await page.getByText(/^Type backup code number/).waitFor();
  const number = Number(/\d+/.exec(await page.getByText(/^Type backup code number/).textContent())[0]);
  await page.getByLabel(/^Backup code number/).focus();
  await page.keyboard.type(codes[number - 1]);
  await page.keyboard.press('Enter');
  await tabTo(/^Done/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Your methods' }).waitFor();
  await tabTo(/^Sign out/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('You are signed out.').waitFor();
});

inTab('refusals say what to do, beside the field and in a summary with the focus', async (tab) => {
  const { page, url } = tab;
  await page.goto(`${url}/#/register`);
  await page.getByRole('textbox', { name: 'Email address' }).fill('nobody@');
  await page.locator('[name=password]').fill('short');
  await press(page, 'Create account');
  assert.equal(await page.evaluate(() => document.activeElement.hasAttribute('data-summary')), true);
  assert.equal(await page.locator('[data-summary] button').count(), 2);
  await page.locator('[data-summary] button').first().click();
  assert.equal(await page.evaluate(() => document.activeElement.name), 'email');
  assert.equal(await page.locator('#email').getAttribute('aria-invalid'), 'true');
  assert.match(await page.locator('#email').getAttribute('aria-describedby'), /email-error/);

  await page.goto(`${url}/#/sign-in`);
  await heading(page, 'Sign in').waitFor();
  await page.getByRole('textbox', { name: 'Email address' }).fill('nobody@example.net');
  await page.locator('[name=password]').fill('not the password');
  await page.locator('button[type=submit]').click();
  await page.getByText('Check both, or reset your password').waitFor();
  const unknown = await page.locator('[data-summary]').textContent();
  const person = await makeAccount(url);
  await page.getByRole('textbox', { name: 'Email address' }).fill(person.email);
  await page.locator('button[type=submit]').click();
  await page.getByText('Check both, or reset your password').waitFor();
  assert.equal(await page.locator('[data-summary]').textContent(), unknown, 'known and unknown read alike');

  await page.goto(`${url}/#/reset-password?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
  await page.locator('[name=password]').fill('eleven quiet lanterns');
  await press(page, 'Change the password');
  await page.getByText('This link has expired or has already been used. Ask for a new one.').waitFor();
  await page.getByRole('link', { name: 'Ask for a new link' }).waitFor();

  await page.goto(`${url}/#/no-such-page`);
  await heading(page, 'Page not found').waitFor();
  assert.match(await page.title(), /^Page not found – /);
  // So does any other address that this page is served at; the way back leads home.
  await page.route(`${url}/nowhere`, async (route) => route.fulfill({ response: await route.fetch({ url: `${url}/` }) }));
  await page.goto(`${url}/nowhere`);
  await heading(page, 'Page not found').waitFor();
  await page.getByRole('link', { name: 'Go to the home page' }).click();
  await heading(page, 'Sign in').waitFor();
});

inTab('passwords: shown on demand, pasted, changed, reset by a link that is used once', async (tab) => {
  const person = await makeAccount(server.url);
  const { page, url } = tab;
  await page.goto(`${url}/#/sign-in`);
  const field = page.locator('[name=password]');
  await field.waitFor();
  assert.equal(await field.getAttribute('autocomplete'), 'current-password');
  assert.equal(await page.locator('[name=email]').getAttribute('autocomplete'), 'username');
  await page.evaluate((text) => navigator.clipboard.writeText(text), person.password);
  await field.focus();
  await page.keyboard.press('Control+V');
  assert.equal(await field.inputValue(), person.password, 'a password can be pasted');
  await press(page, 'Show password');
  assert.equal(await field.getAttribute('type'), 'text');
  await press(page, 'Show password');
  assert.equal(await field.getAttribute('type'), 'password');
  await page.locator('[name=email]').fill(person.email);
  await field.press('Enter');
  await heading(page, 'Hello, Ria Reader').waitFor();

  await page.goto(`${url}/#/account`);
  await page.locator('[name=current]').fill('wrong password');
  await page.locator('[name=next]').fill('eleven quiet lanterns');
  await press(page, 'Change the password');
  await page.getByText('That is not your current password').waitFor();
  await page.locator('[name=current]').fill(person.password);
  await press(page, 'Change the password');
  await page.getByText('Your password is changed, and your other sessions have ended.').waitFor();
  assert.equal(await page.locator('[name=current]').inputValue(), '', 'what was typed is gone');
  await page.getByLabel('Your name').fill('Rita Renamed');
  await press(page, 'Save');
  await page.getByText('Saved.').waitFor();
  await press(page, 'Sign out');
  await page.getByText('You are signed out.').waitFor();

  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await heading(page, 'Reset your password').waitFor();
  await page.getByRole('textbox', { name: 'Email address' }).fill(person.email);
  await press(page, 'Send the link');
  await heading(page, 'Check your email').waitFor();
  const link = await mailLink(url, person.email, 'reset-password');
  await page.goto(link);
  await heading(page, 'Choose a new password').waitFor();
  assert.equal(new URL(page.url()).hash, '#/reset-password');
  await page.locator('[name=password]').fill('fourteen amber kettles');
  await press(page, 'Change the password');
  await page.getByText('Your password is changed, and every session of yours has ended.').waitFor();
  await page.goto(link);
  await page.locator('[name=password]').fill('fourteen amber kettles');
  await press(page, 'Change the password');
  await page.getByText('This link has expired or has already been used').waitFor();
  assert.ok(!(await traces(tab)).includes(link.split('token=')[1]), 'the token is not in the history');
  await signIn(tab, { ...person, password: 'fourteen amber kettles' });
  await heading(page, 'Hello, Rita Renamed').waitFor();
}, { permissions: ['clipboard-read', 'clipboard-write'] });

inTab('a session that ended elsewhere: told so, and back to the same page after signing in', async (tab) => {
  const person = await makeAccount(server.url);
  const { page, context } = tab;
  await signIn(tab, person);
  await heading(page, 'Hello, Ria Reader').waitFor();
  await page.goto(`${tab.url}/#/account`);
  await heading(page, 'My Account').waitFor();
  await context.clearCookies();
  await page.getByLabel('Your name').fill('Too Late');
  await press(page, 'Save');
  await page.getByText('Your session has ended, so you were signed out.').waitFor();
  await page.locator('[name=email]').fill(person.email);
  await page.locator('[name=password]').fill(person.password);
  await page.locator('button[type=submit]').click();
  await heading(page, 'My Account').waitFor();
});

inTab('security 52: signed out, neither Back nor another tab shows what was there', async (tab) => {
  const { page, context } = tab;
  await signIn(tab, await makeAccount(server.url));
  await page.locator('page-home h1').waitFor();
  await page.goto(`${tab.url}/#/account`);
  await heading(page, 'My Account').waitFor();
  const other = await context.newPage();
  await other.goto(`${tab.url}/#/account`);
  await heading(other, 'My Account').waitFor();
  const cookies = await context.cookies();
  assert.ok(cookies.every((c) => c.httpOnly && c.sameSite === 'Strict'), 'no script reads the session');
  await press(page, 'Sign out');
  await page.getByText('You are signed out.').waitFor();
  await context.addCookies(cookies);
  const me = await page.evaluate(async () => (await fetch('/client/me')).json());
  assert.equal(me.state, 'signed_out', 'the old cookie is worth nothing');
  await page.goBack();
  await page.locator('page-sign-in h1').waitFor();
  // The other tab is told as soon as somebody looks at it.
  await other.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await other.getByText('Your session has ended, so you were signed out.').waitFor();
});

inTab('security 62: the page runs under its CSP, which lets no inline script or style in', async (tab) => {
  const { page, url } = tab;
  for (const path of ['/', '/demo/mailbox']) {
    const csp = (await page.goto(url + path)).headers()['content-security-policy'];
    for (const part of ["default-src 'none'", "'wasm-unsafe-eval'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'", "form-action 'self'"]) {
      assert.ok(csp.includes(part), `${path}: ${part}`);
    }
    assert.ok(!csp.includes('unsafe-inline'));
  }
  const blocked = await page.evaluate(() => new Promise((done) => {
    const seen = [];
    document.addEventListener('securitypolicyviolation', (e) => {
      if (seen.push(e.effectiveDirective) === 2) done(seen.sort());
    });
    const script = document.createElement('script');
    script.textContent = 'window.intruder = true';
    document.head.append(script);
    const style = document.createElement('style');
    style.textContent = 'body { display: none }';
    document.head.append(style);
  }));
  assert.deepEqual(blocked, ['script-src-elem', 'style-src-elem']);
  assert.equal(await page.evaluate(() => 'intruder' in window), false);
  // The browser's own word about the two that were asked for here is no fault of the page.
  tab.faults.length = 0;
});

inTab('a message in the demo mailbox is text: markup is shown, foreign addresses are no links', async (tab) => {
  const { page, url } = tab;
  await page.route('**/demo/mailbox.json', (route) =>
    route.fulfill({
      json: {
        items: [{
          id: 'm1', at: '2026-01-02T03:04:05Z', channel: 'email', to: 'a@example.net', subject: '<b>Subject</b>',
          text: `<img src=x onerror=alert(1)> https://elsewhere.example/x ${url}/#/sign-in`, link: 'https://elsewhere.example/y',
        }],
      },
    }));
  await page.goto(`${url}/demo/mailbox`);
  await page.getByRole('heading', { name: '<b>Subject</b>' }).waitFor();
  assert.equal(await page.locator('.mail img').count(), 0);
  assert.deepEqual(await page.locator('.mail a').evaluateAll((all) => all.map((a) => a.href)), [`${url}/#/sign-in`]);
});

inTab('one click on a demo account signs in', async (tab) => {
  const { page, url } = tab;
  await page.goto(url);
  await page.getByRole('region', { name: 'Demo accounts' }).getByRole('button').first().click();
  await page.locator('page-home h1, page-second-step h1').first().waitFor();
});

/** Signs in, opens the settings and goes to the wizard's code field; answers with the app. */
async function toCodeField(tab, person) {
  await signIn(tab, person);
  await tab.page.getByRole('navigation').waitFor();
  await openSettings(tab);
  await press(tab.page, 'Set up two-factor authentication');
  return scan(tab.page);
}

async function enable(tab, person) {
  const app = await toCodeField(tab, person);
  await tab.page.getByLabel('Code from your app').fill(await app.next());
  await press(tab.page, 'Confirm');
  const codes = await keepCodes(tab.page);
  await press(tab.page, 'Done');
  await heading(tab.page, 'Your methods').waitFor();
  return { app, codes };
}

inTab('clock doctor and wrong-app detector: found on the pending secret, in the browser', async (tab) => {
  const { page } = tab;
  const app = await toCodeField(tab, await makeAccount(server.url));
  const field = page.getByLabel('Code from your app');
  const alert = page.getByRole('alert');
  const now = Date.now() / 1000;
  // Off the half minutes, so that a step that turns meanwhile does not change the rounded answer.
  await field.fill(app.at(now - 285));
  await press(page, 'Confirm');
  await alert.filter({ hasText: /clock is about 5 minutes behind/ }).waitFor();
  await field.fill(app.at(now + 420));
  await press(page, 'Confirm');
  await alert.filter({ hasText: /clock is about 7 minutes ahead/ }).waitFor();
  await field.fill(app.at(Date.now() / 1000, ['--totp=SHA256']));
  await press(page, 'Confirm');
  await alert.filter({ hasText: /SHA256 instead of SHA1/ }).waitFor();
  await shoot(page, 'wrong-app');
  await axeClean(tab, 'wrong app');
  await field.fill(await app.next());
  await press(page, 'Confirm');
  await page.getByRole('list', { name: 'Backup codes' }).waitFor();
});

inTab('security 28, 40: too many wrong codes: says how long, and another way stays open', async (tab) => {
  const { page } = tab;
  const person = await makeAccount(server.url);
  const { codes } = await enable(tab, person);
  await press(page, 'Sign out');
  await signIn(tab, person);
  const field = page.getByLabel('Code', { exact: true });
  await field.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.id), 'field', 'the code field has the focus');
  assert.equal(await page.locator('twofold-verify input:not([type=checkbox])').count(), 1, 'one field, not six');
  assert.equal(await field.getAttribute('autocomplete'), 'one-time-code');
  assert.equal(await field.getAttribute('inputmode'), 'numeric');
  await field.fill('12345');
  await press(page, 'Verify');
  await page.getByRole('alert').filter({ hasText: 'A code has 6 to 8 digits' }).waitFor();
  for (let i = 0; i < 5; i += 1) {
    await field.fill('000000');
    const [answer] = await Promise.all([page.waitForResponse((r) => r.url().endsWith('/verify')), press(page, 'Verify')]);
    if (answer.status() === 429) break;
    await page.getByRole('alert').filter({ hasText: /not right/ }).waitFor();
  }
  if (!(await page.getByRole('alert').filter({ hasText: /Too many wrong codes/ }).count())) {
    await field.fill('000000');
    await press(page, 'Verify');
  }
  await page.getByRole('alert').filter({ hasText: /Too many wrong codes/ }).waitFor();
  await shoot(page, 'second-step-locked');
  await axeClean(tab, 'locked');
  await press(page, 'Use a backup code');
  await page.getByLabel('Backup code', { exact: true }).fill(codes[3]);
  await press(page, 'Verify');
  await heading(page, 'You signed in with a backup code').waitFor();
  await shoot(page, 'recover');
  await axeClean(tab, 'recover');
});

inTab('the password is asked again when its step is old', async (tab) => {
  const { page } = tab;
  const person = await makeAccount(server.url);
  await signIn(tab, person);
  await openSettings(tab);
  // The five minutes are over, as far as the first call is told.
  await page.route('**/v1/users/me/enrollments', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify({ status: 403, code: 'reauthentication_required', request_id: 'req_test' }) })
      : route.continue());
  await press(page, 'Set up two-factor authentication');
  await press(page, 'Continue');
  const password = page.getByLabel('Password', { exact: true });
  await password.waitFor();
  assert.equal(await password.getAttribute('autocomplete'), 'current-password');
  await page.unroute('**/v1/users/me/enrollments');
  await password.fill('not the password');
  await press(page, 'Continue');
  await page.getByRole('alert').filter({ hasText: 'That password is not right' }).waitFor();
  await shoot(page, 'reauthenticate');
  await axeClean(tab, 'reauthenticate');
  await password.fill(person.password);
  await press(page, 'Continue');
  await page.getByLabel('Code from your app').waitFor();
});

inTab('few backup codes: the home page warns', async (tab) => {
  const { page, url } = tab;
  const person = await makeAccount(server.url);
  await enable(tab, person);
  await page.route('**/client/me', async (route) => {
    const answer = await route.fetch();
    const me = await answer.json();
    if (me.user) me.user.two_factor.backup_codes_remaining = 3;
    await route.fulfill({ response: answer, json: me });
  });
  await page.goto(`${url}/#/`);
  await page.reload();
  await heading(page, 'Hello, Ria Reader').waitFor();
  await page.getByText('Your backup codes are running out').waitFor();
  await page.getByText('You have 3 backup codes left. They are the way back in').waitFor();
  await shoot(page, 'home-few-codes');
  await axeClean(tab, 'few codes');
  await page.getByRole('link', { name: 'Make new backup codes' }).click();
  await heading(page, 'Backup codes').waitFor();
});

inTab('on a phone: open in the authenticator app or copy the key, no scanning of its own screen', async (tab) => {
  const { page } = tab;
  const person = await makeAccount(server.url);
  await signIn(tab, person);
  await page.locator('page-home h1').waitFor();
  await press(page, 'Menu');
  await openSettings(tab);
  await press(page, 'Set up two-factor authentication');
  await press(page, 'Continue');
  await page.getByRole('button', { name: 'Open in my authenticator app' }).waitFor();
  await press(page, 'Copy key');
  const key = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(key.replaceAll(' ', ''), /^[A-Z2-7]{32,}$/);
  assert.equal(await overflow(page), 0);
  await shoot(page, 'phone-connect');
  await axeClean(tab, 'phone');
}, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, permissions: ['clipboard-read', 'clipboard-write'] });

inTab('the language switch turns the whole page, elements included, and is kept', async (tab) => {
  const { page, url } = tab;
  await signIn(tab, await makeAccount(server.url));
  await page.locator('page-home h1').waitFor();
  await openSettings(tab);
  for (const [tag, dir, title] of [['ar', 'rtl', 'إعدادات الأمان'], ['de', 'ltr', 'Sicherheitseinstellungen'], ['fr', 'ltr', 'Paramètres de sécurité'], ['es', 'ltr', 'Ajustes de seguridad']]) {
    await page.locator('.foot select').first().selectOption(tag);
    await heading(page, title).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.dir), dir);
    await page.locator(`twofold-settings [part=root][lang=${tag}][dir=${dir}]`).first().waitFor();
    assert.ok((await page.title()).startsWith(title));
  }
  await page.reload();
  await heading(page, 'Ajustes de seguridad').waitFor();
  const me = await page.evaluate(async () => (await fetch('/client/me')).json());
  assert.equal(me.user.locale, 'es', 'messages follow the page');
  await page.locator('.foot select').last().selectOption('dark');
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark');
  await page.goto(url);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
});

inTab('no server: says so, and goes on when it is back', async (tab) => {
  const { page, url } = tab;
  await page.route('**/client/me', (route) => route.abort());
  await page.goto(url);
  await page.getByText('The server cannot be reached.').waitFor();
  await axeClean(tab, 'no server');
  await page.unroute('**/client/me');
  await press(page, 'Try again');
  await heading(page, 'Sign in').waitFor();
});

inTab('forced colours: every control keeps an outline', async (tab) => {
  const { page, url } = tab;
  await page.goto(url);
  await heading(page, 'Sign in').waitFor();
  await shoot(page, 'sign-in.forced-colors');
  for (const button of await page.locator('main button:not(.plain-link):not(.reveal)').all()) {
    assert.notEqual(await button.evaluate((b) => getComputedStyle(b).borderTopStyle), 'none');
  }
  await axeClean(tab, 'forced colours');
}, { forcedColors: 'active' });

describe('every page, in every dress', () => {
  const dresses = [
    { name: 'en-1280-light', width: 1280, colorScheme: 'light', language: 'en' },
    { name: 'en-1280-dark', width: 1280, colorScheme: 'dark', language: 'en' },
    { name: 'en-360-light', width: 360, colorScheme: 'light', language: 'en' },
    { name: 'ar-1280-light', width: 1280, colorScheme: 'light', language: 'ar' },
    { name: 'ar-360-dark', width: 360, colorScheme: 'dark', language: 'ar' },
    { name: 'de-360-light', width: 360, colorScheme: 'light', language: 'de' },
    { name: 'fr-1280-light', width: 1280, colorScheme: 'light', language: 'fr' },
    { name: 'es-360-light', width: 360, colorScheme: 'light', language: 'es' },
  ];
  for (const { name, width, colorScheme, language } of dresses) {
    inTab(name, async (tab) => {
      const { page, url } = tab;
      const look = async (what) => {
        await page.evaluate(() => document.fonts.ready);
        await shoot(page, `${what}.${name}`);
        assert.equal(await overflow(page), 0, `${what}: wider than the window`);
        await axeClean(tab, `${what} ${name}`);
      };
      const visit = async (path, selector) => {
        await page.goto(`${url}/#${path}`);
        await page.locator(selector).first().waitFor();
      };
      await page.goto(url);
      await page.evaluate((tag) => localStorage.setItem('twofold.language', tag), language);
      await page.reload();
      await page.locator('page-sign-in h1').waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.lang), language);
      assert.equal(await page.evaluate(() => document.documentElement.dir), language === 'ar' ? 'rtl' : 'ltr');
      await look('sign-in');
      await page.locator('button[type=submit]').click();
      await page.locator('[data-summary]').waitFor();
      await look('sign-in-refused');
      await visit('/register', 'page-register h1');
      await look('register');
      await visit('/forgot-password', 'page-forgot-password h1');
      await look('forgot-password');
      await visit('/reset-password?token=AAAA', 'page-reset-password form');
      await look('reset-password');
      await visit('/confirm-email?token=AAAA', 'page-confirm-email form');
      await look('confirm-email');
      await visit('/nowhere', 'page-not-found h1');
      await look('not-found');

      const person = await makeAccount(url);
      await page.goto(`${url}/demo/mailbox`);
      await page.locator('.mail').first().waitFor();
      await look('mailbox');
      await visit('/sign-in', 'page-sign-in form');
      await page.locator('[name=email]').fill(person.email);
      await page.locator('[name=password]').fill(person.password);
      await page.locator('[name=password]').press('Enter');
      await page.locator('page-home h1').waitFor();
      await look('home');
      await visit('/account', 'account-profile form');
      await look('account');
      await visit('/security', 'twofold-settings button');
      await look('security-off');
      await page.locator('twofold-settings button').first().click();
      await page.locator('twofold-setup form').waitFor();
      await look('setup-method');
      const [answer] = await Promise.all([
        page.waitForResponse((r) => r.url().endsWith('/enrollments') && r.status() === 201),
        page.locator('twofold-setup button[type=submit]').click(),
      ]);
      const app = new Authenticator((await answer.json()).totp.otpauth_uri);
      await page.locator('twofold-setup [part=qr], twofold-setup [part=key]').first().waitFor();
      await look('setup-connect');
      await page.locator('twofold-setup input').last().fill(await app.next());
      await page.locator('twofold-setup form button[type=submit]').click();
      await page.locator('twofold-setup [part=codes]').waitFor();
      const codes = await page.locator('twofold-setup [part=codes] li').allTextContents();
      await look('setup-codes');
      await page.locator('twofold-setup button').last().click();
      await page.locator('twofold-setup form input').waitFor();
      await look('setup-check');
      const number = Number(/\d+/.exec(await page.locator('twofold-setup label').last().textContent())[0]);
      await page.locator('twofold-setup form input').fill(codes[number - 1]);
      await page.locator('twofold-setup form button[type=submit]').click();
      await page.locator('twofold-setup [part=codes], twofold-setup form').first().waitFor({ state: 'detached' });
      await look('setup-done');
      await page.locator('twofold-setup button').last().click();
      await page.locator('twofold-settings [part=method]').waitFor();
      await look('security-on');
      if (width < 900) await page.locator('.menu-button').click();
      await page.locator('.who button').click();
      await page.locator('page-sign-in form').waitFor();
      await page.locator('[name=email]').fill(person.email);
      await page.locator('[name=password]').fill(person.password);
      await page.locator('[name=password]').press('Enter');
      await page.locator('twofold-verify #field').waitFor();
      await look('second-step');
    }, { viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' });
  }
});
