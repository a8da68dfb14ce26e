// codes.test.mjs - codes by email and WhatsApp by a person's hand: enable, sign in, see the states move,
// change an address, remove and turn off by a code that was sent; by keyboard alone, in Arabic, at 360 px.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeAccount, openPage, overflow, shoot, startBrowser, startServer, traces, violations } from './client_area_support.mjs';

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

/** The demo's mailbox, by a reader who takes each message once. */
class Mailbox {
  #read = new Set();

  async code(channel, to) {
    for (let i = 0; i < 100; i += 1) {
      const { items } = await (await fetch(`${server.url}/demo/mailbox.json`)).json();
      const hit = items.find((m) => m.channel === channel && m.code && m.to === to && !this.#read.has(m.id));
      if (hit) {
        items.forEach((m) => m.to === to && this.#read.add(m.id));
        return hit.code;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`no code by ${channel} for ${to}`);
  }

  async notices(to) {
    const { items } = await (await fetch(`${server.url}/demo/mailbox.json`)).json();
    return items.filter((m) => m.to === to && !m.code).map((m) => m.kind);
  }
}

let numbers = 0;
/** A Spanish mobile number that nobody else here has: as typed, and as the mailbox names it. */
function mobile() {
  numbers += 1;
  const national = `612 34 ${String(10 + (process.pid % 80))} ${String(10 + numbers)}`;
  return { national, e164: `+34${national.replaceAll(' ', '')}` };
}

const heading = (page, name) => page.getByRole('heading', { name, exact: true });
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const code = (page) => page.getByLabel('Code', { exact: true });
const status = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();

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

async function axeClean(tab, where) {
  assert.deepEqual(await violations(tab), [], `axe, ${where}`);
}

async function password(tab, { email, password: secret }) {
  const { page, url } = tab;
  await page.goto(`${url}/#/sign-in`);
  await page.locator('page-sign-in [name=email]').fill(email);
  await page.locator('page-sign-in [name=password]').fill(secret);
  await page.locator('page-sign-in button[type=submit]').click();
}

async function openSettings({ page, url }) {
  await page.goto(`${url}/#/security`);
  await page.locator('twofold-settings').getByRole('heading', { level: 2 }).first().waitFor();
}

async function keepCodes(page) {
  const list = page.getByRole('list', { name: 'Backup codes' });
  await list.waitFor();
  const codes = await list.getByRole('listitem').allTextContents();
  await press(page, 'I have saved them');
  const number = Number(/\d+/.exec(await page.getByText(/^Type backup code number/).textContent())[0]);
  await page.getByLabel(/^Backup code number/).fill(codes[number - 1]);
  await press(page, 'Check');
  return codes;
}

async function enableEmail(tab, person, mailbox) {
  const { page } = tab;
  await openSettings(tab);
  await press(page, 'Set up two-factor authentication');
  await page.getByRole('radio', { name: /^Email code/ }).check();
  await press(page, 'Continue');
  await heading(page, 'Codes by email').waitFor();
  await press(page, 'Send the code');
  await heading(page, 'Enter the code from the message').waitFor();
  await code(page).fill(await mailbox.code('email', person.email));
  await press(page, 'Confirm');
  const codes = await keepCodes(page);
  await press(page, 'Done');
  await heading(page, 'Your methods').waitFor();
  return codes;
}

async function addWhatsApp(tab, person, mailbox, number) {
  const { page } = tab;
  await press(page, 'Add another method');
  await page.getByRole('radio', { name: /^WhatsApp code/ }).check();
  await press(page, 'Continue');
  await page.getByLabel('Country').selectOption('ES');
  await page.getByLabel('Phone number').fill(number.national);
  await press(page, 'Send the code');
  await heading(page, 'Confirm it’s you').waitFor();
  await code(page).fill(await mailbox.code('email', person.email));
  await press(page, 'Continue');
  await heading(page, 'Enter the code from the message').waitFor();
  await code(page).fill(await mailbox.code('whatsapp', number.e164));
  await press(page, 'Confirm');
  await heading(page, 'Method added').waitFor();
  await press(page, 'Done');
  await heading(page, 'Your methods').waitFor();
}

inTab('the whole way: enable email, sign in with it, enable WhatsApp, sign in with it, the states move, turn off by a WhatsApp code', async (tab) => {
  const { page } = tab;
  const mailbox = new Mailbox();
  const person = await makeAccount(tab.url, 'Cora Codes');
  const number = mobile();
  await password(tab, person);
  await heading(page, 'Hello, Cora Codes').waitFor();
  await enableEmail(tab, person, mailbox);
  const row = page.locator('twofold-settings [part=method]');
  assert.match(await row.innerText(), /c•••@e•••\.net/);
  assert.ok(!(await row.innerText()).includes(person.email));

  // The code leaves by itself, since email is the only method.
  await press(page, 'Sign out');
  await password(tab, person);
  await heading(page, 'Second step').waitFor();
  await status(page, 'Sent to c•••@e•••.net');
  await page.getByText(/^You can ask for another code in 0:\d\d/).waitFor();
  const first = await mailbox.code('email', person.email);
  // The page loaded again does not send another one.
  await page.reload();
  await status(page, 'Sent to c•••@e•••.net');
  await code(page).fill(first);
  await press(page, 'Verify');
  await page.getByRole('navigation').waitFor();

  await openSettings(tab);
  await addWhatsApp(tab, person, mailbox, number);
  assert.equal(await row.count(), 2);
  await axeClean(tab, 'settings with both');

  await press(page, 'Sign out');
  await password(tab, person);
  await heading(page, 'Second step').waitFor();
  // As long as a person needs at least; the server's times are whole seconds.
  await status(page, 'Sent to c•••@e•••.net');
  await press(page, 'Try another way');
  await axeClean(tab, 'the choice of ways');
  await page.getByRole('button', { name: /WhatsApp code/ }).click();
  await status(page, /Delivered to .*34 ••• •• \d\d/);
  await axeClean(tab, 'a code on its way');
  const sent = await mailbox.code('whatsapp', number.e164); // looking at the phone is reading
  await status(page, 'was read');
  await code(page).fill(sent);
  await press(page, 'Verify');
  await page.getByRole('navigation').waitFor();

  await openSettings(tab);
  await press(page, 'Turn off');
  await heading(page, 'Turn off two-factor authentication?').waitFor();
  await press(page, 'Try another way');
  await page.getByRole('button', { name: /WhatsApp code/ }).click();
  await code(page).fill(await mailbox.code('whatsapp', number.e164));
  await press(page, 'Turn off');
  await page.getByRole('button', { name: 'Set up two-factor authentication' }).waitFor();
  assert.ok((await mailbox.notices(person.email)).some((kind) => /disabled|turned_off|two_factor/.test(kind)), 'the owner was told');
});

inTab('a way is put first, an address is changed with proof for that very change and both are told, a method is removed', async (tab) => {
  const { page } = tab;
  const mailbox = new Mailbox();
  const person = await makeAccount(tab.url, 'Mia Moves');
  const number = mobile();
  await password(tab, person);
  await heading(page, 'Hello, Mia Moves').waitFor();
  await enableEmail(tab, person, mailbox);
  await addWhatsApp(tab, person, mailbox, number);
  await page.getByRole('button', { name: /^Ask for it first.*WhatsApp code/ }).click();
  await page.getByText('First choice').waitFor();

  // Proof by the first choice: the code leaves by WhatsApp.
  const moved = `moved-${process.pid}-${Date.now()}@example.org`;
  await page.getByRole('button', { name: /^Change address/ }).click();
  await heading(page, 'Change the email address for codes').waitFor();
  await page.getByLabel('Email address').fill('nobody');
  await press(page, 'Send the code');
  await page.getByRole('alert').filter({ hasText: 'That is not an email address' }).waitFor();
  await page.getByLabel('Email address').fill(moved);
  await press(page, 'Send the code');
  await heading(page, 'Confirm it’s you').waitFor();
  await code(page).fill(await mailbox.code('whatsapp', number.e164));
  await press(page, 'Continue');
  await heading(page, 'Enter the code from the message').waitFor();
  await code(page).fill(await mailbox.code('email', moved));
  await press(page, 'Confirm');
  await heading(page, 'Codes now go to the new place').waitFor();
  await press(page, 'Done');
  await page.getByText('m•••@e•••.org').waitFor();
  for (const to of [person.email, moved]) {
    for (let i = 0; i < 50 && (await mailbox.notices(to)).length === 0; i += 1) await page.waitForTimeout(100);
    assert.notEqual((await mailbox.notices(to)).length, 0, `${to} was told`);
  }
  const kept = await traces(tab);
  for (const secret of [moved, number.e164, number.national]) assert.ok(!kept.includes(secret), 'no address stays behind');

  await page.getByRole('button', { name: /^Remove.*Email code/ }).click();
  await code(page).waitFor();
  await code(page).fill(await mailbox.code('whatsapp', number.e164));
  await press(page, 'Remove');
  await page.getByRole('status').filter({ hasText: '“Email code” was removed' }).waitFor();
  assert.equal(await page.locator('twofold-settings [part=method]').count(), 1);
});

inTab('security 27, 28: email is labelled the weakest and the app recommended; the code field is one input for one-time codes; keyboard alone', async (tab) => {
  const { page } = tab;
  const { keyboard } = page;
  const mailbox = new Mailbox();
  const person = await makeAccount(tab.url, 'Kay Keys');
  await password(tab, person);
  await heading(page, 'Hello, Kay Keys').waitFor();
  await openSettings(tab);
  await page.getByRole('button', { name: 'Set up two-factor authentication' }).focus();
  await keyboard.press('Enter');
  const radios = page.getByRole('radio');
  await radios.nth(2).waitFor();
  assert.match(await page.locator('label').filter({ hasText: 'Authenticator app' }).innerText(), /Authenticator app\s+Recommended/);
  assert.match(await page.locator('label').filter({ hasText: 'Email code' }).innerText(), /Email code\s+Weakest/);
  await axeClean(tab, 'the choice of methods');
  await radios.first().focus();
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  assert.equal(await radios.nth(2).isChecked(), true);
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await heading(page, 'Codes by email').waitFor();
  await axeClean(tab, 'the address');
  await keyboard.press('Tab');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await heading(page, 'Enter the code from the message').waitFor();
  await axeClean(tab, 'the code');
  const fields = page.locator('twofold-setup input');
  assert.equal(await fields.count(), 1);
  assert.equal(await fields.getAttribute('autocomplete'), 'one-time-code');
  assert.equal(await fields.getAttribute('inputmode'), 'numeric');
  const right = await mailbox.code('email', person.email);
  await fields.focus();
  await keyboard.type(right === '000000' ? '111111' : '000000');
  await keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'Enter the one from the newest message' }).waitFor();
  await keyboard.type(`${right.slice(0, 3)} ${right.slice(3)}`); // the wrong one is selected: typing replaces it
  await keyboard.press('Enter');
  await page.getByRole('list', { name: 'Backup codes' }).waitFor();
  const shown = await page.evaluate(() => {
    const attributes = [];
    const walk = (node) => {
      for (const a of node.attributes ?? []) attributes.push(a.value);
      if (node.shadowRoot) walk(node.shadowRoot);
      for (const child of node.childNodes) walk(child);
    };
    walk(document.querySelector('twofold-settings'));
    return attributes.join('\n');
  });
  for (const secret of [right, person.email]) {
    assert.ok(!shown.includes(secret), 'nothing secret in an attribute');
    assert.ok(!(await traces(tab)).includes(secret), 'nothing secret in address, title or storage');
  }
});

for (const [name, options] of [
  ['light, 1280 px', { viewport: { width: 1280, height: 900 } }],
  ['dark, 360 px', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
  ['Arabic, 360 px', { viewport: { width: 360, height: 740 }, locale: 'ar-EG' }],
  ['Arabic, dark, 1280 px', { viewport: { width: 1280, height: 900 }, locale: 'ar-EG', colorScheme: 'dark' }],
]) {
  inTab(`every new screen without overflow and clean under axe: ${name}`, async (tab) => {
    const { page } = tab;
    const seen = async (what) => {
      assert.equal(await overflow(page), 0, what);
      await axeClean(tab, what);
      await shoot(page, `codes ${name} ${what}`);
    };
    const primary = page.locator('twofold-setup [part~=button-primary]');
    if (options.locale) await tab.context.addInitScript(() => location.protocol === 'http:' && localStorage.setItem('twofold.language', 'ar'));
    const person = await makeAccount(tab.url, 'Sami Screens');
    const mailbox = new Mailbox();
    await password(tab, person);
    await page.locator('page-home').waitFor();
    await openSettings(tab);
    await page.locator('twofold-settings [part~=button-primary]').click();
    await page.getByRole('radio').nth(2).waitFor();
    await seen('1 methods');
    await page.locator('input[value=whatsapp]').check();
    await primary.click();
    await page.locator('#country option').nth(50).waitFor({ state: 'attached' });
    await page.locator('#country').selectOption('ES');
    await seen('2 number');
    await page.locator('#field').fill('12345');
    await primary.click();
    await page.locator('twofold-setup .notice').waitFor();
    await seen('3 no such number');
    const number = mobile();
    await page.locator('#country').selectOption('DE');
    await page.locator('#field').fill(`+34 ${number.national}`);
    assert.equal(await page.locator('#country').inputValue(), 'ES', 'a pasted number brings its country');
    await primary.click();
    await page.locator('twofold-setup [part=delivery] .arrived').waitFor();
    await seen('4 code sent');
    await page.locator('#field').fill(await mailbox.code('whatsapp', number.e164));
    await primary.click();
    const list = page.locator('twofold-setup ol.codes li');
    await list.first().waitFor();
    const codes = await list.allTextContents();
    await primary.click();
    const lead = await page.locator('twofold-setup .lead').last().innerText();
    await page.locator('#field').fill(codes[Number(/\d+/.exec(lead)[0]) - 1]);
    await primary.click();
    await page.locator('twofold-setup .advice').waitFor();
    await seen('5 done');
    await primary.click();
    await page.locator('twofold-settings [part=method]').waitFor();
    await seen('6 settings');
    await page.locator('twofold-settings .danger-outline').click();
    await page.locator('twofold-verify [part=delivery] .arrived').waitFor();
    await seen('7 proof');
    await page.evaluate(() => fetch('/client/me').then((r) => r.json()).then(({ csrf_token }) =>
      fetch('/client/sign-out', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf_token }, body: '{}' })));
    await page.goto('about:blank');
    await password(tab, person);
    await page.locator('page-second-step twofold-verify [part=delivery] .arrived').waitFor();
    await seen('8 second step');
    await page.locator('twofold-verify .links button').first().click();
    await page.locator('twofold-verify input.backup').waitFor();
    await seen('9 backup code');
  }, options);
}
