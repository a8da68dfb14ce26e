// desk.test.mjs - the support desk by the hands of those who work there: their own factor first, evidence
// by one and approval by another, a case opened for someone, the keyboard alone, and how it all looks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../api/client.mjs';
import { enrol } from '../api/people.mjs';
import { Authenticator, makeAccount, openPage, overflow, shoot, startBrowser, startServer, traces, violations } from './client_area_support.mjs';

// Long enough to see the time run, short enough to wait for its end.
process.env.TWOFOLD_SUPPORT_WAIT = '25';
process.env.TWOFOLD_SUPPORT_WAIT_STRONG = '25';

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
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const said = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();

function inTab(name, body, options) {
  test(name, async () => {
    const tabs = [];
    const open = async (more = {}) => {
      const tab = await openPage(browser, server.url, { ...options, ...more });
      tabs.push(tab);
      return tab;
    };
    try {
      await body(open);
      for (const tab of tabs) assert.deepEqual(tab.faults, []);
    } catch (error) {
      for (const [i, tab] of tabs.entries()) await shoot(tab.page, `failed desk ${name.replace(/\W+/g, '-').slice(0, 40)} ${i}`).catch(() => undefined);
      throw error;
    } finally {
      for (const tab of tabs) await tab.context.close();
    }
  });
}

/** What the page's own session is answered. */
const ask = (page, path, body) =>
  page.evaluate(
    async ([url, sent]) => {
      const me = await (await fetch('/client/me')).json();
      const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf_token };
      const answer = await fetch(url, sent === null ? {} : { method: 'POST', headers, body: JSON.stringify(sent) });
      return { status: answer.status, code: (await answer.json()).code };
    },
    [path, body ?? null],
  );

const kPeople = { agent: 'A support agent', supervisor: 'A support supervisor' };
const inside = new Map();

/** The cookies of a demo person of the desk, who is led to a factor of their own the first time. */
async function enter(role) {
  if (inside.has(role)) return inside.get(role);
  const tab = await openPage(browser, server.url);
  const { page } = tab;
  await page.goto(`${server.url}/desk/`);
  await page.getByRole('button', { name: new RegExp(kPeople[role]) }).click();
  await heading(page, 'First, your own second factor').waitFor();
  assert.equal(await page.getByRole('navigation').count(), 0, 'nothing else is offered');
  assert.deepEqual(await ask(page, '/v1/support-cases'), { status: 403, code: 'own_factor_required' });
  assert.deepEqual(await violations(tab), [], 'axe, own factor');
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.url().endsWith('/enrollments') && r.request().method() === 'POST' && r.status() === 201),
    press(page, 'Continue'),
  ]);
  const app = new Authenticator((await answer.json()).totp.otpauth_uri);
  await page.getByLabel('Code from your app').fill(await app.next());
  await press(page, 'Confirm');
  const list = page.getByRole('list', { name: 'Backup codes' });
  await list.waitFor();
  const codes = await list.getByRole('listitem').allTextContents();
  await press(page, 'I have saved them');
  const number = Number(/\d+/.exec(await page.getByText(/^Type backup code number/).textContent())[0]);
  await page.getByLabel(/^Backup code number/).fill(codes[number - 1]);
  await press(page, 'Check');
  await press(page, 'Done');
  await heading(page, 'Queue').waitFor();
  assert.deepEqual(tab.faults, []);
  const entered = { storageState: await tab.context.storageState(), app };
  await tab.context.close();
  inside.set(role, entered);
  return entered;
}

/** A person of the desk in a tab of their own, at a place of it. */
async function at(open, role, hash = '#/', more = {}) {
  const { storageState } = await enter(role);
  const tab = await open({ storageState, ...more });
  await tab.page.goto(`${server.url}/desk/${hash}`);
  return tab;
}

let owners = 0;

/** Somebody with 2FA who took the password step and asked support for help. */
async function lockedOut(request) {
  owners += 1;
  const name = `Olivia Owner ${process.pid}-${owners}`;
  const account = await makeAccount(server.url, name);
  const { port } = new URL(server.url);
  const client = () => new Client({ port: Number(port), host: `localhost:${port}`, origin: server.url, checked: false });
  const whole = client();
  const signIn = (who) => who.call('POST', '/client/sign-in', account);
  assert.equal((await signIn(whole)).body.status, 'signed_in');
  await enrol(whole, 'me');
  const half = client();
  assert.equal((await signIn(half)).body.status, 'second_factor_required');
  const { id } = (await whole.call('GET', '/v1/users/me')).body;
  const person = { ...account, id, name, half };
  if (!request) return person;
  const opened = await half.call('POST', '/v1/users/me/support-cases', request);
  assert.equal(opened.status, 201, opened.text);
  return { ...person, case: opened.body };
}

async function record(page, kind, note) {
  await page.locator('desk-evidence').getByRole('radio', { name: new RegExp(`^${kind}`) }).check();
  if (note) await page.getByLabel(/^Note for colleagues/).fill(note);
  await press(page, 'Record evidence');
  await said(page, 'The evidence is recorded.');
}

const decision = (page, name) => page.locator('desk-decide').getByRole('button', { name, exact: true }).first();
const reason = async (button) => {
  assert.equal(await button.getAttribute('aria-disabled'), 'true');
  return button.page().locator(`#${await button.getAttribute('aria-describedby')}`).textContent();
};

inTab('security 57: an agent records the evidence, a supervisor approves; the waiting time runs to the link', async (open) => {
  const contact = `elsewhere-${process.pid}@example.org`;
  const owner = await lockedOut();
  const agent = await at(open, 'agent');
  const { page } = agent;
  // She rang: the address she names is taken down by the desk. One typed after the password alone would not do.
  assert.equal((await ask(page, '/v1/support-cases', { user_id: owner.id, reason: 'lost_phone', channel: 'phone', contact })).status, 201);
  [owner.case] = (await owner.half.call('GET', '/v1/users/me/support-cases')).body.items;
  await page.reload();
  const row = page.getByRole('listitem').filter({ hasText: owner.name });
  await row.getByText('Needs evidence').waitFor();
  assert.match(await row.textContent(), /Phone lost/);
  await row.getByRole('link').click();
  await heading(page, owner.name).waitFor();

  assert.match(await reason(decision(page, 'Approve')), /Only a supervisor/);
  await press(page, 'Record evidence');
  await page.getByText('Choose what you checked.').first().waitFor();
  await record(page, 'Reply from the registered email address', 'Ticket 4711');
  await page.getByText('50 of 100 points, 1 kind of proof').waitFor();
  await record(page, 'Identity document');
  await page.getByText('110 of 100 points, 2 kinds of proof').waitFor();
  assert.deepEqual(await ask(page, `/v1/support-cases/${owner.case.id}/approve`, {}), { status: 403, code: 'forbidden' });

  const supervisor = await at(open, 'supervisor', `#/case/${owner.case.id}`);
  const other = supervisor.page;
  await heading(other, owner.name).waitFor();
  await other.getByText('Ticket 4711').waitFor();
  await decision(other, 'Approve').click();
  const dialog = other.getByRole('dialog');
  // The channel that was evidence does not carry the link, and the page says so.
  assert.equal(await dialog.getByRole('radio', { name: /^By email/ }).isDisabled(), true);
  await dialog.getByText('It served as evidence').waitFor();
  assert.deepEqual(await violations(supervisor), [], 'axe, dialog');
  await dialog.getByRole('radio', { name: /^To the address given/ }).check();
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await said(other, 'Your approval is recorded.');

  // The sentence counts by itself, in both tabs; then the link leaves without anybody pressing anything.
  const clock = other.locator('.desk-next desk-countdown');
  const before = await clock.textContent();
  await other.waitForFunction((text) => document.querySelector('.desk-next desk-countdown')?.textContent !== text, before);
  await page.getByText('The link is sent in').waitFor({ timeout: 30_000 });
  await other.locator('.desk-title').getByText('Link sent').waitFor({ timeout: 60_000 });
  await page.locator('.desk-title').getByText('Link sent').waitFor({ timeout: 60_000 });

  const lines = (await other.locator('.desk-timeline li').allTextContents()).map((l) => l.replace(/\s+/g, ' '));
  for (const step of ['Case opened', 'Evidence recorded', 'Approved', 'Waiting time started', 'Link sent']) {
    assert.ok(lines.some((l) => l.includes(step)), `${step} in ${lines.join(' | ')}`);
  }
  // security 57, 83: neither the link nor a whole address is anywhere at the desk.
  for (const tab of [agent, supervisor]) {
    const shown = `${await tab.page.content()} ${await traces(tab)}`;
    assert.ok(!shown.includes(owner.email), 'the address is masked');
    assert.ok(!/recover\?token/.test(shown), 'no link at the desk');
  }
});

inTab('security 57: a withdrawal pauses the case, a review resumes it, and a recorder cannot approve', async (open) => {
  const owner = await lockedOut({ reason: 'lost_codes' });
  const { page } = await at(open, 'agent', `#/case/${owner.case.id}`);
  await heading(page, owner.name).waitFor();
  await record(page, 'Identity document');
  const withdrawn = await owner.half.call('POST', `/v1/users/me/support-cases/${owner.case.id}/cancel`, {});
  assert.equal(withdrawn.body.state, 'paused', withdrawn.text);
  // Without loading the page again.
  await page.locator('.desk-title').getByText('Paused').waitFor();
  await page.getByText('the user asked to withdraw the case').first().waitFor();

  const other = (await at(open, 'supervisor', `#/case/${owner.case.id}`)).page;
  await decision(other, 'Resume').click();
  const dialog = other.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await dialog.getByText('Say why, in a few words.').first().waitFor();
  await dialog.getByLabel('Why').fill('She rang from her own number and wants to go on.');
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await said(other, 'The case goes on');
  await other.locator('.desk-title').getByText('Being checked').waitFor();

  // Whoever adds to the evidence is no second person any more, supervisor or not.
  assert.match(await reason(decision(other, 'Approve')), /The evidence is not enough yet/);
  await record(other, 'In person');
  await other.getByText('160 of 100 points, 2 kinds of proof').waitFor();
  assert.match(await reason(decision(other, 'Approve')), /You recorded evidence/);
  assert.deepEqual(await ask(other, `/v1/support-cases/${owner.case.id}/approve`, {}), { status: 403, code: 'four_eyes' });
  await decision(other, 'Reject').click();
  await dialog.getByLabel('Why').fill('The document is of somebody else.');
  await dialog.getByRole('button', { name: 'Reject' }).click();
  await said(other, 'The case is rejected.');
  await other.getByText('Nothing more. The case is closed: Rejected.').waitFor();
});

inTab('security 57: somebody is found by the whole address only; who opens a case for them cannot approve it', async (open) => {
  const owner = await lockedOut();
  const supervisor = await at(open, 'supervisor', '#/find');
  const { page } = supervisor;
  const field = page.getByLabel('Email address or user ID');
  await field.fill(owner.email.slice(0, -4));
  await press(page, 'Find');
  await heading(page, 'Nobody found').waitFor();
  await field.fill(owner.email.toUpperCase());
  await press(page, 'Find');
  await heading(page, owner.name).waitFor();
  assert.ok(!(await traces(supervisor)).toLowerCase().includes(owner.email), 'what was searched for is in no address');
  assert.ok(!(await page.content()).includes(owner.email), 'the address is masked');

  await press(page, 'Open the case');
  await page.getByText('Choose a reason.').first().waitFor();
  await page.getByLabel('Reason').selectOption({ label: 'Phone stolen' });
  await page.getByLabel('How they reached us').selectOption({ label: 'Phone' });
  await page.getByRole('group', { name: 'What was stolen' }).getByRole('checkbox').first().check();
  await page.getByLabel(/^How to reach them/).fill('by phone, after 5 pm');
  await press(page, 'Open the case');
  await page.getByText('Reported stolen:').waitFor();
  await page.getByText('by phone, after 5 pm').waitFor();

  const agent = (await at(open, 'agent', new URL(page.url()).hash)).page;
  await record(agent, 'In person');
  await record(agent, 'Identity document');
  assert.match(await reason(decision(agent, 'Cancel the case')), /Only a supervisor/);
  // The stolen factor is suspended now, and says so.
  await agent.locator('section', { has: heading(agent, 'Who') }).getByText('Suspended: reported stolen').waitFor();
  // The other tab learns of it without being loaded again.
  await page.getByText('160 of 100 points, 2 kinds of proof').waitFor();
  assert.match(await reason(decision(page, 'Approve')), /You opened this case/);
  await decision(page, 'Cancel the case').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the case' }).click();
  await said(page, 'The case is cancelled.');
});

inTab('a failed sign-in is explained without a code', async (open) => {
  const owner = await lockedOut();
  const wrong = await owner.half.call('POST', '/client/sign-in/verify', { code: '000000' });
  assert.equal(wrong.code, 'code_invalid', wrong.text);
  const { page } = await at(open, 'agent', '#/find');
  await page.getByLabel('Email address or user ID').fill(owner.email);
  await page.keyboard.press('Enter');
  const panel = page.locator('section', { has: heading(page, 'Sign-ins explained') });
  await panel.getByText('A wrong code.').waitFor();
  assert.ok(!(await page.content()).includes('000000'));
});

inTab('customers do not work here: neither at the door nor with a session from elsewhere', async (open) => {
  const customer = await makeAccount(server.url, 'Carla Customer');
  const tab = await open();
  const { page } = tab;
  await page.goto(`${server.url}/desk/`);
  await page.locator('[name=email]').fill(customer.email);
  await page.locator('[name=password]').fill(customer.password);
  await press(page, 'Sign in');
  await page.getByText('The email address or the password is wrong.').first().waitFor();
  await page.goto(`${server.url}/#/sign-in`);
  assert.equal(await page.getByRole('link', { name: /A support agent/ }).getAttribute('href'), '/desk/');
  await page.locator('[name=email]').fill(customer.email);
  await page.locator('[name=password]').fill(customer.password);
  await press(page, 'Sign in');
  await heading(page, 'Hello, Carla Customer').waitFor();
  await page.goto(`${server.url}/desk/`);
  await heading(page, 'This account does not work here').waitFor();
  assert.ok((await ask(page, '/v1/support-cases')).status >= 401);
  await page.locator('main').getByRole('button', { name: 'Sign out' }).click();
  await heading(page, 'Sign in to the support desk').waitFor();
});

inTab('who comes back gives a code of their own before the queue', async (open) => {
  const { app } = await enter('agent');
  const { page } = await open();
  await page.goto(`${server.url}/desk/#/find`);
  await page.getByRole('button', { name: /A support agent/ }).click();
  await page.getByLabel('Code', { exact: true }).waitFor();
  assert.ok((await ask(page, '/v1/support-cases')).status >= 401, 'the password alone opens nothing');
  await page.getByLabel('Code', { exact: true }).fill(await app.next());
  await page.keyboard.press('Enter');
  // To where they meant to go.
  await heading(page, 'Find a user').waitFor();
  await press(page, 'Sign out');
  await heading(page, 'Sign in to the support desk').waitFor();
});

inTab('by keyboard alone: through the queue, into a case, a proof recorded, back, search, help', async (open) => {
  const first = await lockedOut({ reason: 'lost_phone' });
  const second = await lockedOut({ reason: 'new_phone' });
  const { page } = await at(open, 'agent');
  const key = (...keys) => keys.reduce((done, k) => done.then(() => page.keyboard.press(k)), Promise.resolve());
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
  /** The focus moves once the page is drawn: waits until it is there. */
  const focusIs = async (wanted, what) => {
    const there = (text) => (wanted instanceof RegExp ? wanted.test(text) : text === wanted);
    let now = await focused();
    for (const end = Date.now() + 3000; !there(now) && Date.now() < end; now = await focused()) await page.waitForTimeout(20);
    assert.ok(there(now), `${what ?? 'focus'}: ${now}`);
  };
  await page.getByRole('link', { name: second.name }).waitFor();
  const names = await page.locator('a[data-case]').allTextContents();
  await key('j');
  await focusIs(names[0].trim());
  await key('j');
  await focusIs(names[1].trim());
  await key('k');
  await focusIs(names[0].trim());
  for (let i = 0; i < names.findIndex((n) => n.trim() === first.name); i += 1) await key('j');
  await focusIs(first.name);
  await key('Enter');
  await heading(page, first.name).waitFor();

  await page.locator('desk-evidence [name=kind]').first().waitFor();
  await key('e', 'Space', 'Tab');
  await page.keyboard.type('jkq? /e');
  assert.equal(await page.getByLabel(/^Note for colleagues/).inputValue(), 'jkq? /e', 'keys rest while somebody types');
  await key('Enter');
  await said(page, 'The evidence is recorded.');
  await focusIs(/The evidence is recorded/, 'the focus is at the news');

  await key('g', 'q');
  await heading(page, 'Queue').waitFor();
  await page.locator('a[data-case]').first().waitFor();
  await key('j');
  await focusIs(first.name, 'the queue stands where one left it');
  await key('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await key('j');
  await key('Escape');
  await focusIs(first.name, 'the help gives the focus back');
  await key('/');
  await heading(page, 'Find a user').waitFor();
  await page.keyboard.type(second.email);
  await key('Enter');
  await heading(page, second.name).waitFor();

  // Switched off, the keys do nothing; the overview stays a button.
  await key('?');
  await page.getByLabel('Use these keys').press('Space');
  await key('Escape', 'g', 'q');
  await heading(page, second.name).waitFor();
  await press(page, 'Keys');
  await page.getByLabel('Use these keys').press('Space');
  await key('Escape', 'g', 'q');
  await heading(page, 'Queue').waitFor();
});

const kLooks = [
  ['1280', {}],
  ['360', { viewport: { width: 360, height: 780 } }],
  ['dark', { colorScheme: 'dark' }],
  ['Arabic', { locale: 'ar' }],
  ['Arabic 360', { locale: 'ar', viewport: { width: 360, height: 780 } }],
];

for (const [look, options] of kLooks) {
  inTab(`the desk at ${look}: axe finds nothing, nothing is wider than the window`, async (open) => {
    const owner = await lockedOut({ reason: 'stolen', contact: 'by phone' });
    const tab = await at(open, 'agent', '#/', { ...options, storageState: (await enter('agent')).storageState });
    const { page } = tab;
    if (options.locale === 'ar') {
      // Chosen in this browser, so that the profile's language does not come over it.
      await page.evaluate(() => localStorage.setItem('twofold.language', 'ar'));
      await page.reload();
      await page.waitForFunction(() => document.dir === 'rtl');
    }
    const check = async (where) => {
      assert.deepEqual(await violations(tab), [], `axe, ${where}`);
      assert.equal(await overflow(page), 0, `width, ${where}`);
      await shoot(page, `desk ${where} ${look}`);
    };
    await page.locator('a[data-case]').first().waitFor();
    await check('queue');
    await page.getByRole('link', { name: owner.name }).click();
    await page.locator('desk-evidence form').waitFor();
    await page.locator('.desk-timeline li').first().waitFor();
    await check('case');
    await page.locator('desk-decide .button:not([aria-disabled=true])').first().click();
    await page.locator('dialog[open]').waitFor();
    await check('dialog');
    await page.keyboard.press('Escape');
    await page.locator('.card-head a[href^="#/user/"]').click();
    await page.locator('desk-user .desk-facts').waitFor();
    await check('user');
    await page.goto(`${server.url}/desk/#/find`);
    await page.locator('desk-find form').waitFor();
    await check('find');
    const guest = await open({ ...options });
    await guest.page.goto(`${server.url}/desk/`);
    await guest.page.locator('desk-sign-in form').waitFor();
    assert.deepEqual(await violations(guest), [], 'axe, sign in');
    assert.equal(await overflow(guest.page), 0, 'width, sign in');
    await shoot(guest.page, `desk sign in ${look}`);
  });
}

inTab('a person made on the command line chooses a password by the link and is led to the desk', async (open) => {
  const { page } = await open();
  const email = `new-${process.pid}@desk.example`;
  const { link } = JSON.parse(server.run('agent', 'add', '--role', 'agent', '--email', email, '--name', 'Nora New', '--json'));
  assert.match(link, /\/#\/reset-password\?for=desk&token=[\w-]{43}$/);
  await page.goto(link);
  assert.equal(new URL(page.url()).hash, '#/reset-password', 'the token is not in the address any more');
  const secret = 'a sentence of her own, and long';
  await page.locator('[name=password]').fill(secret);
  await press(page, 'Change the password');
  await page.waitForURL(`${server.url}/desk/**`);
  await page.locator('[name=email]').fill(email);
  await page.locator('[name=password]').fill(secret);
  await press(page, 'Sign in');
  await heading(page, 'First, your own second factor').waitFor();
});
