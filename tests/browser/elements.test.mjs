// elements.test.mjs - the three elements in a page that is not ours: their flows, words for refusals,
// focus and announcements, what they leave behind, five languages, two schemes, 360 px, axe.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { openPage, overflow, readQr, shoot, startBrowser, traces, violations } from './client_area_support.mjs';
import { backupCode, factor, startFixture, supportCase, totp } from './elements_fixture.mjs';

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());

const query = (element, { attributes = [], ...more } = {}) =>
  `?${new URLSearchParams([['element', element], ...attributes.map((a) => ['attribute', a]), ...Object.entries(more)])}`;

/** A test with a server and a tab of its own. */
function inPage(name, { element, state = {}, page: given = {}, options = {} }, body) {
  test(name, async () => {
    const fixture = await startFixture(typeof state === 'function' ? state() : state);
    const tab = await openPage(browser, fixture.url, { permissions: ['clipboard-read', 'clipboard-write'], ...options });
    try {
      await tab.page.goto(fixture.url + query(element, given));
      await tab.page.locator(`twofold-${element} [part=root]`).first().waitFor();
      await body({ ...tab, fixture, state: fixture.state });
      assert.deepEqual(tab.faults, []);
    } finally {
      await tab.context.close();
      await fixture.stop();
    }
  });
}

const field = (page) => page.getByRole('textbox');
const heading = (page, name) => page.getByRole('heading', { name, exact: true });
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const events = (page) => page.evaluate(() => window.events);
const eventNames = async (page) => (await events(page)).map(([name]) => name);
const focused = (page) =>
  page.evaluate(() => {
    let e = document.activeElement;
    while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
    return `${e.tagName.toLowerCase()}:${e.id || e.textContent.trim()}`;
  });
/** The focus moves once the new step is drawn: waits until it is there. */
async function focusIs(page, wanted) {
  const there = (now) => (wanted instanceof RegExp ? wanted.test(now) : now === wanted);
  let now = await focused(page);
  for (const end = Date.now() + 3000; !there(now) && Date.now() < end; now = await focused(page)) await page.waitForTimeout(20);
  if (wanted instanceof RegExp) assert.match(now, wanted);
  else assert.equal(now, wanted);
}
async function enter(page, text) {
  await field(page).fill(text);
  await page.keyboard.press('Enter');
}
const saw = (page, text) => page.getByRole('alert').getByText(text).waitFor();

/** All text and attributes on the page, shadow roots included; of the QR code only its attributes' names. */
const everything = (page) =>
  page.evaluate(() => {
    const out = [];
    const walk = (node) => {
      if (node.nodeType === 3) out.push(node.data);
      for (const a of node.attributes ?? []) if (node.localName !== 'path') out.push(`${a.name}=${a.value}`);
      if (node.value) out.push(`value=${node.value}`);
      if (node.shadowRoot) walk(node.shadowRoot);
      for (const child of node.childNodes) walk(child);
    };
    walk(document);
    return out.join('\n');
  });
const attributesOf = (text) => text.split('\n').filter((l) => /^[\w-]+=/.test(l)).join('\n');

describe('<twofold-setup>', () => {
  inPage('the whole wizard by keyboard; the QR is the URI; backup codes are copied, downloaded and typed back; nothing stays', { element: 'setup' }, async (tab) => {
    const { page, state } = tab;
    const { keyboard } = page;
    await field(page).waitFor();
    await field(page).focus();
    await field(page).fill('My phone');
    await keyboard.press('Enter');
    await heading(page, 'Connect your authenticator app').waitFor();
    await focusIs(page, 'h2:Connect your authenticator app');
    assert.equal(state.pending.label, 'My phone');

    const { secret } = state.pending;
    const uri = await readQr(page.getByRole('img'));
    assert.equal(new URL(uri).searchParams.get('secret'), secret);
    const now = await everything(page);
    assert.ok(!attributesOf(now).includes(secret), 'the secret is in an attribute');
    assert.ok(!attributesOf(now).includes(secret.slice(0, 8)));
    assert.ok(!(await traces(tab)).includes(secret));

    const shown = (await page.locator('.preview-code').innerText()).replace(/\s/g, '');
    assert.match(shown, /^\d{3}•••$/);
    assert.ok([-30, 0, 30].some((o) => totp(secret, o).startsWith(shown.slice(0, 3))));
    await press(page, 'Hide preview');
    await page.locator('.preview-code').waitFor({ state: 'detached' });
    await press(page, 'Show preview');

    await page.getByText('Can’t scan?').click();
    await press(page, 'Copy key');
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);

    const code = totp(secret);
    await page.evaluate((text) => navigator.clipboard.writeText(text), ` ${code.slice(0, 3)} ${code.slice(3)}\n`);
    await field(page).focus();
    await keyboard.press('Control+V');
    assert.deepEqual(await eventNames(page), [], 'nothing is sent before Confirm');
    await keyboard.press('Enter');
    await heading(page, 'Save your backup codes').waitFor();
    await focusIs(page, 'h2:Save your backup codes');
    assert.deepEqual((await events(page)).at(-1), ['twofold-enabled', { enrollmentId: state.factors[0].id, method: 'totp' }]);
    assert.ok(!(await everything(page)).includes(secret), 'the secret outlived its use');

    await press(page, 'Copy');
    assert.deepEqual((await page.evaluate(() => navigator.clipboard.readText())).split('\n'), state.codes);
    await page.getByRole('status').getByText('Backup codes copied').waitFor({ state: 'attached' });
    await page.locator('.help').getByText('Backup codes copied').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'Download')]);
    assert.equal(download.suggestedFilename(), 'backup-codes.txt');
    const file = readFileSync(await download.path(), 'utf8');
    for (const c of state.codes) assert.ok(file.includes(c));
    assert.ok(file.includes('alice@example.com') && file.includes('Each code works once'));
    // The print frame is made, filled and gone again; what it held is looked at when print() is called.
    await page.evaluate(() => {
      const append = document.body.append.bind(document.body);
      document.body.append = (frame) => {
        append(frame);
        frame.contentWindow.print = () => {
          window.printed = frame.contentDocument.body.innerText;
          frame.contentWindow.dispatchEvent(new Event('afterprint'));
        };
      };
    });
    await press(page, 'Print');
    const printed = await page.evaluate(() => window.printed);
    for (const c of state.codes) assert.ok(printed.includes(c));
    assert.equal(await page.locator('iframe').count(), 0);
    await page.evaluate(() => delete window.printed);

    await press(page, 'I have saved them');
    const number = Number(/\d+/.exec(await page.getByText(/^Type backup code number/).innerText())[0]);
    assert.ok(!state.codes.some((c) => page.url().includes(c)));
    const before = await everything(page);
    for (const c of state.codes) assert.ok(!before.includes(c), 'codes are on the page while one is asked back');
    await enter(page, state.codes[number % 10]);
    await saw(page, `not number ${number}`);
    await enter(page, state.codes[number - 1].toLowerCase().replaceAll('-', ' '));
    await heading(page, 'Two-factor authentication is on').waitFor();
    await press(page, 'Done');
    assert.deepEqual((await eventNames(page)).slice(-2), ['twofold-backup-codes-saved', 'twofold-setup-done']);

    const left = `${await everything(page)}\n${await traces(tab)}\n${JSON.stringify(await events(page))}`;
    for (const s of [secret, ...state.codes]) assert.ok(!left.includes(s));
    await page.getByText('before you give the old one away').waitFor();
  });

  inPage('clock doctor and wrong-app detector, with codes of a real clock and other settings', { element: 'setup' }, async ({ page, state }) => {
    await press(page, 'Continue');
    await heading(page, 'Connect your authenticator app').waitFor();
    const { secret } = state.pending;
    await enter(page, totp(secret, -240));
    await saw(page, /about 4 minutes behind.*automatic/);
    await focusIs(page, 'input:field');
    await enter(page, totp(secret, 300));
    await saw(page, /about 5 minutes ahead/);
    await enter(page, totp(secret, 0, { algorithm: 'sha256', digits: 8 }));
    await saw(page, 'SHA256 instead of SHA1 and 8 digits instead of 6');
    await enter(page, totp(secret, 0, { period: 60 }));
    await saw(page, '60 seconds instead of 30');
    await enter(page, '12345');
    await saw(page, 'The code has 6 digits');
    assert.equal(state.requests.filter((r) => r.what.endsWith('/confirm')).length, 4, 'an impossible code is not sent');
  });

  inPage('on a phone: the link opens the app, the key is there, the QR is folded away', { element: 'setup', page: { attributes: ['phone'] }, options: { viewport: { width: 360, height: 740 } } }, async ({ page, state }) => {
    await press(page, 'Continue');
    await press(page, 'Open in my authenticator app');
    const [uri] = await page.evaluate(() => window.opened);
    assert.equal(new URL(uri).searchParams.get('secret'), state.pending.secret);
    assert.equal((await page.locator('[part=key]').innerText()).replace(/\s/g, ''), state.pending.secret);
    assert.equal(await page.getByRole('img').isVisible(), false);
    await page.getByText('Show the QR code for another device').click();
    assert.equal(await readQr(page.getByRole('img')), uri);
  });

  inPage('an old password step asks for the password', { element: 'setup', state: { fresh: false } }, async ({ page }) => {
    await press(page, 'Continue');
    await heading(page, 'Confirm your password').waitFor();
    await page.locator('#field').fill('wrong');
    await page.keyboard.press('Enter');
    await saw(page, 'That password is not right');
    await page.locator('#field').fill('correct horse');
    await page.keyboard.press('Enter');
    await heading(page, 'Connect your authenticator app').waitFor();
  });

  inPage('taken out of the page it forgets; put back it starts anew; moved within the page it stays', { element: 'setup' }, async ({ page, state }) => {
    await press(page, 'Continue');
    await heading(page, 'Connect your authenticator app').waitFor();
    await page.evaluate(() => document.body.append(document.querySelector('twofold-setup')));
    await heading(page, 'Connect your authenticator app').waitFor();
    await page.evaluate(() => (window.kept = document.querySelector('twofold-setup')).remove());
    await page.evaluate(() => document.querySelector('main').append(window.kept));
    await heading(page, 'Set up two-factor authentication').waitFor();
    assert.ok(!(await everything(page)).includes(state.pending.secret.slice(0, 4)));
  });

  inPage('a name the server would refuse is told at its field', { element: 'setup' }, async ({ page, state }) => {
    await enter(page, '   ');
    await saw(page, '1 to 64 characters');
    assert.equal(await field(page).getAttribute('aria-invalid'), 'true');
    assert.match(await field(page).getAttribute('aria-describedby'), /problem/);
    assert.equal(state.requests.some((r) => r.what.startsWith('POST')), false);
  });
});

const twoFactors = () => ({ factors: [factor('My phone'), factor('Tablet')], codes: Array.from({ length: 10 }, backupCode) });

describe('<twofold-verify>', () => {
  inPage('one code field for autofill; a right code is told to the page', { element: 'verify', state: twoFactors, page: { attributes: ['autofocus'] } }, async ({ page, state }) => {
    await field(page).waitFor();
    assert.equal(await page.getByRole('textbox').count(), 1);
    assert.equal(await field(page).getAttribute('autocomplete'), 'one-time-code');
    assert.equal(await field(page).getAttribute('inputmode'), 'numeric');
    assert.equal(await field(page).getAttribute('maxlength'), null);
    await page.waitForFunction(() => document.activeElement.localName === 'twofold-verify');
    await focusIs(page, 'input:field');
    await enter(page, '000000');
    await saw(page, 'That code is not right. Enter the one your app shows now. 4 tries left.');
    await enter(page, totp(state.factors[1].secret));
    await page.getByText('Verified').waitFor();
    const [name, detail] = (await events(page)).at(-1);
    assert.deepEqual([name, detail.mode, detail.method, detail.result.status], ['twofold-verified', 'sign-in', 'totp', 'signed_in']);
    assert.deepEqual(state.requests.at(-1).body, { code: totp(state.factors[1].secret), method: 'totp' });
  });

  inPage('another way: a slip in a backup code is found before it costs a try', { element: 'verify', state: twoFactors }, async ({ page, state }) => {
    await press(page, 'Try another way');
    await focusIs(page, 'h2:Choose another way');
    await page.getByRole('button', { name: 'Backup code' }).click();
    await focusIs(page, 'input:field');
    const code = state.codes[3];
    const slip = code.startsWith('7') ? `8${code.slice(1)}` : `7${code.slice(1)}`;
    await enter(page, slip);
    await saw(page, 'typing slip');
    await enter(page, code.slice(0, 10));
    await saw(page, '15 letters and digits');
    assert.equal(state.requests.some((r) => r.what.endsWith('/verify')), false);
    await enter(page, code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l'));
    await page.getByText('Verified').waitFor();
    assert.deepEqual(state.requests.at(-1).body, { code: code.replaceAll('-', ''), method: 'backup_code' });
  });

  inPage('a named authenticator is the only one asked', { element: 'verify', state: twoFactors }, async ({ page, state }) => {
    await press(page, 'Try another way');
    await page.getByRole('button', { name: 'Tablet' }).click();
    await page.getByText('Enter the code from “Tablet”.').waitFor();
    await enter(page, totp(state.factors[1].secret));
    await page.getByText('Verified').waitFor();
    assert.equal(state.requests.at(-1).body.enrollment_id, state.factors[1].id);
  });

  inPage('locked: counts down, leaves the other ways, and opens again', { element: 'verify', state: twoFactors }, async ({ page, state }) => {
    state.answers['POST /client/sign-in/verify'] = [429, { code: 'factor_locked' }, { 'Retry-After': '3' }];
    await enter(page, '123456');
    await saw(page, /Too many wrong codes.*another way/);
    const waiting = page.getByRole('button', { name: /^Wait 0:0[123]$/ });
    await waiting.waitFor();
    assert.equal(await waiting.getAttribute('aria-disabled'), 'true');
    await page.keyboard.press('Enter');
    assert.equal(state.requests.filter((r) => r.what.endsWith('/verify')).length, 1);
    delete state.answers['POST /client/sign-in/verify'];
    await page.getByRole('button', { name: 'Verify' }).waitFor();
    await page.getByRole('status').getByText('You can try again now.').waitFor({ state: 'attached' });
    await enter(page, totp(state.factors[0].secret));
    await page.getByText('Verified').waitFor();
  });

  inPage('a used code waits for the next one', { element: 'verify', state: twoFactors }, async ({ page, state }) => {
    state.answers['POST /client/sign-in/verify'] = [422, { code: 'code_already_used', retry_after_s: 2 }];
    await enter(page, '123456');
    await saw(page, 'already been used. Wait until your app shows the next one');
    await page.getByRole('button', { name: /^Wait 0:0[12]$/ }).waitFor();
    await page.getByRole('button', { name: 'Verify' }).waitFor();
    await page.waitForFunction(() => document.querySelector('twofold-verify').shadowRoot.querySelector('[role=alert]').textContent === '');
  });

  inPage('an expired challenge starts again, and the page is told', { element: 'verify', state: twoFactors }, async ({ page, state }) => {
    state.answers['POST /client/sign-in/verify'] = [409, { code: 'challenge_expired' }];
    await enter(page, '123456');
    await heading(page, 'This took too long').waitFor();
    await press(page, 'Start again');
    assert.deepEqual((await events(page)).at(-1), ['twofold-restart', { code: 'challenge_expired' }]);
  });

  inPage('a server that cannot answer, and one newer than the page', { element: 'verify', state: () => ({ ...twoFactors(), answers: { 'GET /client/challenge': [503, { code: 'unavailable' }] } }) }, async ({ page, state }) => {
    await page.getByText('The service cannot answer right now. Nothing was changed.').waitFor();
    state.answers = { 'POST /client/sign-in/verify': [403, { code: 'moon_phase_wrong', request_id: 'req_9' }] };
    await press(page, 'Try again');
    await enter(page, '123456');
    await saw(page, 'The server gave an answer we do not understand');
    assert.deepEqual((await events(page)).at(-1), ['twofold-error', { code: 'moon_phase_wrong', status: 403, requestId: 'req_9' }]);
  });

  test('as a widget in another origin: the token is in a header, no cookie, no CSRF, the assertion is handed on', async () => {
    const fixture = await startFixture(twoFactors());
    const tab = await openPage(browser, fixture.url);
    try {
      const attributes = ['challenge-id=chl_1', `api-base=${fixture.otherOrigin}`];
      await tab.page.goto(fixture.url + query('verify', { attributes, token: 'tfw_secret' }));
      await enter(tab.page, totp(fixture.state.factors[0].secret));
      await tab.page.getByText('Verified').waitFor();
      const [, detail] = (await events(tab.page)).at(-1);
      assert.deepEqual([detail.mode, detail.result.assertion], ['challenge', 'a.b.c']);
      const { what, headers } = fixture.state.requests.at(-1);
      assert.equal(what, 'POST /v1/challenges/chl_1/verify');
      assert.equal(headers.authorization, 'Bearer tfw_secret');
      assert.match(headers['idempotency-key'], /^[0-9a-f]{32}$/);
      assert.equal(headers['x-csrf-token'], undefined);
      assert.equal(headers.cookie, undefined);
      assert.ok(!attributesOf(await everything(tab.page)).includes('tfw_secret'));
      assert.deepEqual(tab.faults, []);
    } finally {
      await tab.context.close();
      await fixture.stop();
    }
  });
});

describe('<twofold-settings>', () => {
  inPage('rename, add, move to a new phone, remove: each with a code in the same request', { element: 'settings', state: twoFactors }, async ({ page, state }) => {
    await press(page, 'Rename: “My phone”');
    await enter(page, 'Work phone');
    await page.getByText('Renamed to “Work phone”').first().waitFor();

    await press(page, 'Add another method');
    await field(page).fill('Laptop');
    await press(page, 'Continue');
    await heading(page, 'Confirm it’s you').waitFor();
    await enter(page, '000000');
    await saw(page, 'That code is not right');
    await enter(page, totp(state.factors[0].secret));
    await heading(page, 'Connect your authenticator app').waitFor();
    await enter(page, totp(state.pending.secret));
    await heading(page, 'Method added').waitFor();
    await press(page, 'Done');
    await page.getByText('Laptop').waitFor();

    await press(page, 'Move to a new phone: “Laptop”');
    await heading(page, 'Move to a new phone').waitFor();
    assert.equal(await field(page).inputValue(), 'Laptop');
    await press(page, 'Continue');
    await enter(page, totp(state.factors[0].secret));
    await heading(page, 'Connect your authenticator app').waitFor();
    await enter(page, totp(state.pending.secret));
    await heading(page, 'Your new phone is connected').waitFor();
    await press(page, 'Done');
    assert.equal(state.factors.length, 3);

    await press(page, 'Remove: “Tablet”');
    await heading(page, 'Remove “Tablet”?').waitFor();
    await enter(page, totp(state.factors[0].secret));
    await page.getByText('“Tablet” was removed').first().waitFor();
    assert.deepEqual(state.factors.map((f) => f.label), ['Work phone', 'Laptop']);
    const changes = (await events(page)).filter(([name]) => name === 'twofold-changed').map(([, d]) => d.change);
    assert.deepEqual(changes, ['renamed', 'added', 'replaced', 'removed']);
    for (const { what, body } of state.requests) if (/remove$/.test(what)) assert.match(body.code, /^\d{6}$/);
  });

  inPage('few backup codes warn; new ones take a code, and one is typed back', { element: 'settings', state: () => ({ ...twoFactors(), codes: [backupCode(), backupCode(), backupCode()] }) }, async ({ page, state }) => {
    await page.getByText('You have only 3 backup codes left. Get new ones now').waitFor();
    await press(page, 'Get new backup codes');
    await page.getByText('stop working at once').waitFor();
    await enter(page, totp(state.factors[0].secret));
    await page.getByText('Your earlier backup codes no longer work').waitFor();
    await press(page, 'I have saved them');
    const number = Number(/\d+/.exec(await page.getByText(/^Type backup code number/).innerText())[0]);
    await enter(page, state.codes[number - 1]);
    await page.getByText('Your new backup codes are active').first().waitFor();
    await page.getByText('10 backup codes left').waitFor();
    assert.equal(await page.getByText('You have only').count(), 0);
  });

  inPage('turning off says what it means and takes a code; the last one removed is the same', { element: 'settings', state: () => ({ ...twoFactors(), factors: [factor('My phone')] }) }, async ({ page, state }) => {
    await press(page, 'Remove: “My phone”');
    await heading(page, 'Turn off two-factor authentication?').waitFor();
    await page.getByText('Anyone who learns your password could then sign in as you').waitFor();
    await press(page, 'Cancel');
    await press(page, 'Turn off');
    await enter(page, totp(state.factors[0].secret));
    await page.getByText('Two-factor authentication is off').first().waitFor();
    assert.ok((await eventNames(page)).includes('twofold-disabled'));
    await page.getByRole('button', { name: 'Set up two-factor authentication' }).waitFor();
  });

  const recovering = () => ({ ...twoFactors(), recover: { expires_at: new Date(Date.now() + 600_000).toISOString() } });
  inPage('after a sign-in by backup code: straight to setting up anew, no code asked, new backup codes', { element: 'settings', state: recovering }, async ({ page, state }) => {
    await heading(page, 'You signed in with a backup code').waitFor();
    const lost = state.factors[1];
    await page.getByRole('button', { name: /^I no longer have “Tablet”/ }).click();
    await heading(page, 'Set up your authenticator again').waitFor();
    await press(page, 'Continue');
    await heading(page, 'Connect your authenticator app').waitFor();
    assert.equal(state.pending.replaces, lost.id);
    await enter(page, totp(state.pending.secret));
    await heading(page, 'Save your backup codes').waitFor();
    await page.getByText('Your earlier backup codes no longer work').waitFor();
  });

  inPage('a session that ended is told to the page', { element: 'settings', state: twoFactors }, async ({ page, state }) => {
    await press(page, 'Rename: “My phone”');
    state.answers[`PATCH /v1/users/me/enrollments/${state.factors[0].id}`] = [401, { code: 'unauthenticated' }];
    await enter(page, 'Other');
    await saw(page, 'You are signed out');
    assert.ok((await eventNames(page)).includes('twofold-signed-out'));
  });

  inPage('names cannot break out of their place', { element: 'settings', state: () => ({ factors: [factor('<img src=x onerror=alert(1)>'), factor('هاتفي')], codes: [] }) }, async ({ page }) => {
    await page.getByText('<img src=x onerror=alert(1)>').first().waitFor();
    assert.equal(await page.locator('twofold-settings img').count(), 0);
  });
});

describe('locked out', () => {
  const oneApp = () => ({ factors: [factor('My phone')], codes: Array.from({ length: 10 }, backupCode) });

  inPage('a backup code is one click from the code, and back again', { element: 'verify', state: oneApp }, async ({ page, state }) => {
    assert.equal(await page.getByRole('button', { name: 'Try another way' }).count(), 0, 'there is only one');
    await press(page, 'Use a backup code');
    await focusIs(page, 'input:field');
    await press(page, 'Try another way');
    await page.getByRole('button', { name: 'My phone' }).click();
    await press(page, 'Use a backup code');
    await enter(page, state.codes[0]);
    await page.getByText('Verified').waitFor();
    assert.equal(state.requests.at(-1).body.method, 'backup_code');
  });

  inPage('asking support: the channels, what is missing, stolen methods, the story, withdrawing; a reload finds it', { element: 'verify', state: twoFactors }, async (tab) => {
    const { page, state, fixture } = tab;
    const clean = async (where) => {
      assert.deepEqual(await violations(tab), [], `axe, ${where}`);
      assert.ok((await overflow(page)) <= 0, where);
    };
    assert.equal(state.requests.some((r) => r.what.includes('support-cases')), false, 'who is not locked out asks nothing');
    await press(page, 'I have lost my phone and my codes');
    await heading(page, 'Get help from support').waitFor();
    await focusIs(page, 'h2:Get help from support');
    assert.equal(await page.getByRole('link', { name: 'help@example.com' }).getAttribute('href'), 'mailto:help@example.com');
    assert.equal(await page.getByRole('link', { name: '+34 912 34 56 78' }).getAttribute('href'), 'tel:+34912345678');
    assert.equal(await page.getByRole('link', { name: /Calle Mayor/ }).count(), 0, 'text stays text');
    await clean('form');
    await press(page, 'Ask support for help');
    await saw(page, 'Choose what happened.');
    await focusIs(page, /^input/);
    await page.getByRole('radio', { name: /stolen/ }).check();
    await page.getByRole('checkbox', { name: 'Tablet' }).check();
    await page.getByLabel(/How can we reach you/).fill('+34 600 00 00 00, after five');
    await clean('form, stolen');
    await press(page, 'Ask support for help');
    await heading(page, 'Your request to support').waitFor();
    assert.deepEqual(state.requests.find((r) => r.what.startsWith('POST') && r.what.endsWith('support-cases')).body, {
      reason: 'stolen', contact: '+34 600 00 00 00, after five', stolen: [state.factors[1].id],
    });
    await focusIs(page, 'h2:Your request to support');
    assert.equal(await page.locator('[aria-current=step]').innerText(), 'Support checks that it is you, and may call or write to you');
    await clean('open');
    const opened = (await events(page)).find(([name]) => name === 'twofold-support-opened');
    assert.deepEqual(opened[1], { caseId: 'case_1', reason: 'stolen' });

    // The server knows the request: it is there after a reload, and a code can still be entered.
    state.cases[0] = supportCase('waiting');
    await page.goto(fixture.url + query('verify'));
    await heading(page, 'Your request to support').waitFor();
    await page.getByText(/^Waiting until/).waitFor();
    await clean('waiting');
    await press(page, 'Enter a code instead');
    await focusIs(page, 'input:field');
    await press(page, 'I have lost my phone and my codes');
    await press(page, 'Withdraw the request');
    await focusIs(page, /^p:ask/);
    await clean('asked back');
    await press(page, 'Keep it');
    await press(page, 'Withdraw the request');
    await page.getByRole('group').getByRole('button', { name: 'Withdraw the request' }).click();
    await page.getByText('It is stopped. Nothing happens').waitFor();
    assert.deepEqual((await events(page)).find(([name]) => name === 'twofold-support-withdrawn')[1], { caseId: 'case_1', state: 'paused', notMe: false });
    await clean('paused');
  });

  inPage('Security Settings show an open request on top, with "this was not me"', { element: 'settings', state: () => ({ ...twoFactors(), cases: [supportCase('open')] }) }, async (tab) => {
    const { page } = tab;
    await heading(page, 'Your request to support').waitFor();
    await page.getByText('Somebody asked support').waitFor();
    assert.deepEqual(await violations(tab), []);
    await press(page, 'This was not me');
    await page.getByText('Whoever asked may know your password').waitFor();
    assert.deepEqual((await events(page)).find(([name]) => name === 'twofold-support-withdrawn')[1], { caseId: 'case_1', state: 'cancelled', notMe: true });
    await heading(page, 'Your methods').waitFor();
  });

  inPage('the part of the page that is fetched later does not come: told, and the code can still be entered', { element: 'verify', state: oneApp }, async ({ page, state, faults }) => {
    await page.route('**/support_element*', (route) => route.abort());
    await press(page, 'I have lost my phone and my codes');
    await saw(page, 'No connection to the server');
    await enter(page, totp(state.factors[0].secret));
    await page.getByText('Verified').waitFor();
    faults.length = 0;
  });
});

describe('every language and scheme, from 360 px', () => {
  const history = [['sign_in.second_step', 'ok'], ['factor.renamed', 'ok'], ['proof.checked', 'code_invalid'], ['two_factor.enabled', 'ok']].map(([action, result], i) => ({
    id: `evt_${i}`, at: new Date(Date.now() - i * 86_400_000).toISOString(), action, result, method: 'totp', label: 'My phone',
  }));
  const modes = [
    ...['en', 'ar', 'es', 'fr', 'de'].map((lang, i) => ({ lang, width: 360, colorScheme: i % 2 ? 'dark' : 'light' })),
    { lang: 'en', width: 1280, colorScheme: 'dark' },
    { lang: 'ar', width: 1280, colorScheme: 'light' },
    { lang: 'en', width: 360, colorScheme: 'light', forcedColors: 'active', reducedMotion: 'reduce' },
  ];
  for (const { lang, width, ...media } of modes) {
    test(`${lang} ${width} ${Object.values(media).join(' ')}`, async () => {
      const check = async (tab, where) => {
        assert.deepEqual(await violations(tab), [], `axe, ${where}`);
        assert.ok((await overflow(tab.page)) <= 0, `${where} is wider than the window`);
        const text = await tab.page.locator('main').innerText();
        assert.doesNotMatch(text, /\b(setup|verify|settings|support|common|codes|error|activity)\.[a-z_]+\b|undefined|\{\w+\}/, where);
      };
      for (const element of ['setup', 'verify', 'settings']) {
        const fixture = await startFixture(element === 'setup' ? {} : { ...twoFactors(), codes: [backupCode()], audit: history });
        const tab = await openPage(browser, fixture.url, { viewport: { width, height: 800 }, ...media });
        const { page } = tab;
        try {
          await page.goto(fixture.url + query(element, { lang }));
          await page.locator('h2').waitFor();
          assert.equal(await page.locator(`twofold-${element} [part=root]`).first().getAttribute('dir'), lang === 'ar' ? 'rtl' : 'ltr');
          await check(tab, `${element}, first`);
          if (element === 'setup') {
            await page.locator('button.primary').click();
            await page.getByRole('img').waitFor();
            await page.locator('summary').click();
            await enter(page, totp(fixture.state.pending.secret, -240));
            await page.locator('.notice.danger').waitFor();
            await check(tab, 'setup, connect');
            assert.ok(await readQr(page.getByRole('img')), 'the QR is read in this scheme');
            await enter(page, totp(fixture.state.pending.secret));
            await page.locator('ol.codes').waitFor();
            await check(tab, 'setup, codes');
            await page.locator('button.primary').click();
            await page.locator('#field').waitFor();
            await enter(page, 'AAAAA');
            await page.locator('.notice.danger').waitFor();
            await check(tab, 'setup, check');
          }
          if (element === 'verify') {
            await enter(page, '000000');
            await page.locator('.notice.danger').waitFor();
            await check(tab, 'verify, wrong');
            await page.locator('.links button').first().click();
            await page.locator('button.option').last().waitFor();
            await check(tab, 'verify, another way');
            await page.locator('button.link').click();
            await page.locator('.links button').last().click();
            await page.locator('twofold-support textarea').waitFor();
            await page.locator('input[value=stolen]').check();
            await page.locator('button.primary').click();
            await page.locator('.story').waitFor();
            for (const state of ['open', 'evidence', 'waiting', 'link_issued', 'paused', 'rejected']) {
              fixture.state.cases = [supportCase(state)];
              await page.goto(fixture.url + query('support', { lang }));
              await page.locator('.story').waitFor();
              await check(tab, `support, ${state}`);
              if (process.env.SHOTS) await shoot(page, `support ${lang} ${width} ${Object.values(media).join(' ')} ${state}`);
            }
          }
          if (element === 'settings') {
            await page.locator('[part=method] button').first().click();
            await page.locator('#field').waitFor();
            await check(tab, 'settings, rename');
            await page.locator('.danger-outline').click();
            await page.locator('.danger-button').waitFor();
            await check(tab, 'settings, turn off');
          }
          assert.deepEqual(tab.faults, []);
        } finally {
          await tab.context.close();
          await fixture.stop();
        }
      }
    });
  }
});
