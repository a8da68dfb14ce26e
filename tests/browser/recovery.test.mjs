// recovery.test.mjs - locked out, by a person's hand: the phone is lost, then phone and codes. Support is
// asked; an agent and a supervisor act; the owner objects in one run and gets back in by the link in another.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Authenticator, mailLink, openPage, overflow, shoot, startBrowser, startServer, traces, violations } from './client_area_support.mjs';
import { deskPerson, ownerWithApp, until } from './recovery_support.mjs';

/** The shortened wait, in seconds: long enough for an owner who objects by hand. */
const kWait = '5';
let server;
let browser;
let agent;
let supervisor;
before(async () => {
  server = await startServer({ TWOFOLD_SUPPORT_WAIT: kWait, TWOFOLD_SUPPORT_WAIT_STRONG: kWait });
  browser = await startBrowser();
  agent = await deskPerson(server.url, 'agent');
  supervisor = await deskPerson(server.url, 'supervisor');
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const heading = (page, name) => page.getByRole('heading', { name, exact: true });
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const narrow = { viewport: { width: 360, height: 740 } };
const looks = [
  ['1280', {}],
  ['dark, 360', { ...narrow, colorScheme: 'dark' }],
  ['Arabic, 360', { ...narrow, locale: 'ar-EG' }],
];

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

async function seen(tab, what) {
  assert.deepEqual(await violations(tab), [], `axe, ${what}`);
  assert.equal(await overflow(tab.page), 0, what);
  await shoot(tab.page, `recovery ${what}`);
}

async function password({ page, url }, { email, password: secret }) {
  await page.goto(`${url}/#/sign-in`);
  await page.locator('page-sign-in [name=email]').fill(email);
  await page.locator('page-sign-in [name=password]').fill(secret);
  await page.locator('page-sign-in button[type=submit]').click();
}

/** From the wizard's first page to its last: an app is connected and the new backup codes are kept. */
async function setUpApp(page) {
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.url().endsWith('/enrollments') && r.request().method() === 'POST' && r.status() === 201),
    press(page, 'Continue'),
  ]);
  const app = new Authenticator((await answer.json()).totp.otpauth_uri);
  await page.getByLabel('Code from your app').fill(await app.next());
  await press(page, 'Confirm');
  return { app, codes: await keepCodes(page) };
}

async function keepCodes(page) {
  const list = page.getByRole('list', { name: 'Backup codes' });
  await list.waitFor();
  await page.getByText('Your earlier backup codes no longer work').waitFor();
  const codes = await list.getByRole('listitem').allTextContents();
  await press(page, 'I have saved them');
  const number = Number(/\d+/.exec(await page.getByText(/^Type backup code number/).textContent())[0]);
  await page.getByLabel(/^Backup code number/).fill(codes[number - 1]);
  await press(page, 'Check');
  return codes;
}

/** Password, then "contact support", the form and its button. @returns the case's id */
async function askSupport(tab, owner, reason = /lost or broken/) {
  const { page } = tab;
  await password(tab, owner);
  await press(page, 'I have lost my phone and my codes');
  await heading(page, 'Get help from support').waitFor();
  await page.getByRole('radio', { name: reason }).check();
  await page.getByLabel(/How can we reach you/).fill('After five, by phone');
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.url().endsWith('/support-cases') && r.request().method() === 'POST'),
    press(page, 'Ask support for help'),
  ]);
  assert.equal(answer.status(), 201);
  await heading(page, 'Your request to support').waitFor();
  return (await answer.json()).id;
}

async function proveIdentity(id) {
  await agent.record(id, 'identity_document');
  await agent.record(id, 'in_person');
  const own = await agent.approve(id);
  assert.equal(own.status, 403, `who records does not approve: ${own.text}`);
}

async function approveBySupervisor(id) {
  const answer = await supervisor.approve(id);
  assert.equal(answer.status, 200, answer.text);
}

inTab('the phone is lost: a backup code is one click away, then straight to setting up a new phone', async (tab) => {
  const { page } = tab;
  const owner = await ownerWithApp(tab.url, 'Bea Backup');
  await password(tab, owner);
  await press(page, 'Use a backup code');
  const field = page.getByLabel('Backup code', { exact: true });
  // A slip is found in the browser: no request, no try lost.
  const calls = [];
  page.on('request', (r) => r.url().endsWith('/verify') && calls.push(r.url()));
  await field.fill(owner.codes[0].slice(0, -1) + (owner.codes[0].endsWith('7') ? '8' : '7'));
  await press(page, 'Verify');
  await page.getByText(/did not count as a try/).waitFor();
  assert.deepEqual(calls, []);
  await field.fill(owner.codes[0]);
  await press(page, 'Verify');
  await heading(page, 'You signed in with a backup code').waitFor();
  await page.getByText('9 backup codes left').waitFor();
  await seen(tab, 'signed in by a backup code');
  await page.getByRole('button', { name: /^I no longer have/ }).click();
  const { app } = await setUpApp(page);
  await press(page, 'Done');
  await heading(page, 'Your methods').waitFor();
  assert.equal(await page.locator('twofold-settings [part=method]').count(), 1, 'the lost phone is gone');
  await mailLink(tab.url, owner.email, '/#/not-me');
  await press(page, 'Sign out');
  await password(tab, owner);
  await page.getByLabel('Code', { exact: true }).fill(await app.next());
  await press(page, 'Verify');
  await page.getByRole('navigation').waitFor();
});

inTab('three codes left: told so after the sign-in, and a new set is made without another code', async (tab) => {
  const { page } = tab;
  const owner = await ownerWithApp(tab.url, 'Fay Few');
  for (let used = 0; used < 7; used += 1) {
    await password(tab, owner);
    await press(page, 'Use a backup code');
    await page.getByLabel('Backup code', { exact: true }).fill(owner.codes[used]);
    await press(page, 'Verify');
    await heading(page, 'You signed in with a backup code').waitFor();
    if (used < 6) await press(page, 'Sign out');
  }
  await page.getByText('You have only 3 backup codes left').waitFor();
  await seen(tab, 'three codes left');
  await page.getByRole('button', { name: /^Only make a new set/ }).click();
  const codes = await keepCodes(page);
  assert.ok(codes.every((code) => !owner.codes.includes(code)));
  await heading(page, 'Your methods').waitFor();
  await page.getByText('10 backup codes left').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Change number' }).count(), 0);
});

inTab('both are lost: support is asked, two people act, the wait runs, the link sets up a new phone; it works once', async (tab) => {
  const { page } = tab;
  const owner = await ownerWithApp(tab.url, 'Ben Both');
  const id = await askSupport(tab, owner);
  await seen(tab, 'asked');
  // The server knows the request; a reload finds it.
  await page.reload();
  await heading(page, 'Your request to support').waitFor();
  await proveIdentity(id);
  await page.getByText('A second person looks at it and approves it').waitFor();
  await approveBySupervisor(id);
  await page.reload();
  await page.getByText(/^Waiting until/).waitFor();
  await seen(tab, 'waiting');
  await until(supervisor, id, 'link_issued');
  await page.getByText(/^Open the link in the email we sent you/).waitFor();
  await seen(tab, 'link sent');
  const link = await mailLink(tab.url, owner.email, '/#/recover');
  const token = link.split('token=')[1];

  await page.goto('about:blank');
  await page.goto(link);
  await heading(page, 'Set up a new method').waitFor();
  assert.equal(new URL(page.url()).hash, '#/recover', 'the token left the address');
  await seen(tab, 'link opened');
  const secret = page.locator('page-recover [name=password]');
  await secret.fill('not the password');
  await press(page, 'Continue');
  await page.getByText('That password is not right').waitFor();
  await secret.fill(owner.password);
  await press(page, 'Continue');
  await heading(page, 'Set up your authenticator again').waitFor();
  await seen(tab, 'link redeemed');

  // Somebody else who has the link, and even the password, comes too late.
  const other = await openPage(browser, tab.url);
  await other.page.goto(link);
  await other.page.locator('page-recover [name=password]').fill(owner.password);
  await press(other.page, 'Continue');
  await heading(other.page, 'This link no longer works').waitFor();
  await seen(other, 'link used');
  await other.context.close();

  const { app, codes } = await setUpApp(page);
  await press(page, 'Done');
  await page.getByText('Your new method is set up').waitFor();
  await seen(tab, 'done');
  const kept = await traces(tab);
  for (const word of [token, owner.password, ...codes]) assert.ok(!kept.includes(word), 'nothing secret stays behind');
  await password(tab, owner);
  const field = page.getByLabel('Code', { exact: true });
  await field.fill(await owner.app.fresh());
  await press(page, 'Verify');
  await page.getByRole('alert').filter({ hasText: 'That code is not right' }).waitFor();
  await field.fill(await app.next());
  await press(page, 'Verify');
  await page.getByRole('navigation').waitFor();
  assert.equal((await supervisor.see(id)).state, 'done');
});

inTab('"this was not me": opening the link changes nothing, the button pauses the case; reviewed, it goes on', async (tab) => {
  const { page } = tab;
  const owner = await ownerWithApp(tab.url, 'Olga Objects');
  const thief = await openPage(browser, tab.url);
  const id = await askSupport(thief, owner);
  await proveIdentity(id);
  await approveBySupervisor(id);

  // From the notice in the mailbox, by a click.
  await mailLink(tab.url, owner.email, '/#/not-me');
  await page.goto(`${tab.url}/demo/mailbox`);
  // Chosen by hand: the newest one opens by itself, and the link may leave at any moment now.
  await page.getByRole('button', { name: /was approved/ }).filter({ hasText: owner.email }).click();
  const notMe = page.frameLocator('iframe').getByRole('link', { name: /#\/not-me/ });
  await notMe.waitFor();
  const [opened] = await Promise.all([tab.context.waitForEvent('page'), notMe.click()]);
  const stopping = { ...tab, page: opened, cdp: await tab.context.newCDPSession(opened) };
  await heading(opened, 'This was not me').waitFor();
  assert.equal(new URL(opened.url()).hash, '#/not-me', 'the token left the address');
  assert.notEqual((await supervisor.see(id)).state, 'paused', 'looking changes nothing');
  await seen(stopping, 'not me');
  await press(opened, 'It was not me: stop it');
  await heading(opened, 'We have stopped it').waitFor();
  await opened.getByText('The request to support is stopped').waitFor();
  await seen(stopping, 'not me, stopped');
  assert.ok(!(await traces(stopping)).includes('token='), 'no link stays in the history');
  const paused = await supervisor.see(id);
  assert.equal(paused.state, 'paused');
  assert.equal(paused.pause.reason, 'objection');
  await thief.context.close();

  // The owner sees it when they come back, and support goes on after a review.
  await password(tab, owner);
  await page.getByText('It is stopped. Nothing happens').waitFor();
  await seen(tab, 'paused');
  await supervisor.resume(id, 'Spoke to the owner in the shop; the notice was misread.');
  await page.getByText(/^Waiting until/).waitFor();
  await until(supervisor, id, 'link_issued');
});

inTab('the owner signs in with the phone after all: the case is stopped, and Security Settings tell of it first', async (tab) => {
  const { page } = tab;
  const owner = await ownerWithApp(tab.url, 'Sue Settings');
  const id = await askSupport(tab, owner);
  await press(page, 'Enter a code instead');
  await page.getByLabel('Code', { exact: true }).fill(await owner.app.fresh());
  await press(page, 'Verify');
  await page.getByRole('navigation').waitFor();
  const paused = await supervisor.see(id);
  assert.deepEqual([paused.state, paused.pause.reason], ['paused', 'factor_used']);
  await page.goto(`${tab.url}/#/security`);
  await heading(page, 'Your request to support').waitFor();
  await page.getByText(/^One of your methods was used to sign in meanwhile/).waitFor();
  await seen(tab, 'security settings, request stopped');
});

inTab('somebody with the password asks while the owner is signed in: Security Settings offer "this was not me"', async (tab) => {
  const { page } = tab;
  const owner = await ownerWithApp(tab.url, 'Tom Told');
  await password(tab, owner);
  await page.getByLabel('Code', { exact: true }).fill(await owner.app.fresh());
  await press(page, 'Verify');
  await page.getByRole('navigation').waitFor();
  const thief = await openPage(browser, tab.url);
  const id = await askSupport(thief, owner);
  await thief.context.close();
  await page.goto(`${tab.url}/#/security`);
  await page.getByText('Somebody asked support').waitFor();
  await seen(tab, 'security settings with a request');
  await press(page, 'This was not me');
  await page.getByText('Change your password now').waitFor();
  await seen(tab, 'security settings, not me');
  assert.equal((await supervisor.see(id)).state, 'cancelled');
  await page.getByRole('link', { name: 'Change the password' }).click();
  await heading(page, 'My Account').waitFor();
});

inTab('withdrawn before anybody looked: it is over, and can be asked again', async (tab) => {
  const { page } = tab;
  const owner = await ownerWithApp(tab.url, 'Wim Withdraws');
  const id = await askSupport(tab, owner, /stolen/);
  await press(page, 'Withdraw the request');
  await page.getByRole('group').getByRole('button', { name: 'Withdraw the request' }).click();
  await heading(page, 'Your request to support has ended').waitFor();
  assert.equal((await supervisor.see(id)).state, 'cancelled');
  await press(page, 'Ask again');
  await heading(page, 'Get help from support').waitFor();
});

for (const [name, options] of looks) {
  inTab(`by eye and axe, keyboard alone: ${name}`, async (tab) => {
    const { page } = tab;
    if (options.locale) await tab.context.addInitScript(() => location.protocol === 'http:' && localStorage.setItem('twofold.language', 'ar'));
    const owner = await ownerWithApp(tab.url, 'Kim Keys');
    await password(tab, owner);
    const links = page.locator('twofold-verify .links button');
    await links.last().waitFor();
    await seen(tab, `${name} 1 code`);
    await links.last().focus();
    await page.keyboard.press('Enter');
    await page.locator('twofold-support input[value=lost_phone]').waitFor();
    await seen(tab, `${name} 2 form`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.locator('twofold-support input[value=stolen]').isChecked(), true);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await seen(tab, `${name} 3 stolen`);
    await page.keyboard.press('Tab');
    await page.keyboard.type('kim@example.org');
    await page.keyboard.press('Tab');
    const [answer] = await Promise.all([
      page.waitForResponse((r) => r.url().endsWith('/support-cases') && r.request().method() === 'POST'),
      page.keyboard.press('Enter'),
    ]);
    const { id } = await answer.json();
    await page.locator('twofold-support .story').waitFor();
    await seen(tab, `${name} 4 asked`);
    await proveIdentity(id);
    await approveBySupervisor(id);
    await until(supervisor, id, 'link_issued');
    await page.reload();
    await page.locator('twofold-support .story .now').waitFor();
    await seen(tab, `${name} 5 link sent`);
    const notice = await mailLink(tab.url, owner.email, '/#/not-me');
    await page.goto('about:blank');
    await page.goto(notice);
    await page.locator('page-not-me button[type=submit]').waitFor();
    await seen(tab, `${name} 6 not me`);
    await page.goto('about:blank');
    await page.goto(await mailLink(tab.url, owner.email, '/#/recover'));
    await page.locator('page-recover [name=password]').fill(owner.password);
    await seen(tab, `${name} 7 link`);
    await page.keyboard.press('Enter');
    await page.locator('twofold-setup input[type=radio]').first().waitFor();
    await seen(tab, `${name} 8 new method`);
  }, options);
}
