// history.test.mjs - a person reads, downloads and checks their own history; what is done to the database
// behind the server's back is found and located in the browser (security 85, issue 4 acceptance 4).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeAccount, openPage, overflow, shoot, startBrowser, startServer, violations } from './client_area_support.mjs';

let server;
let browser;
let person;
const folder = mkdtempSync(join(tmpdir(), 'twofold-history-'));
const database = join(folder, 'twofold.db');

const sql = (text) => execFileSync('sqlite3', ['-cmd', '.timeout 5000', database, text], { encoding: 'utf8' }).trim();

before(async () => {
  server = await startServer({ TWOFOLD_DATABASE: `sqlite:${database}` });
  browser = await startBrowser();
  person = await makeAccount(server.url, 'Hedy History');
  // A history worth the name, longer than one page of it.
  for (let i = 0; i < 28; i += 1)
    await fetch(`${server.url}/client/sign-in`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email: person.email, password: i % 9 ? person.password : 'wrong bicycles' }) });
});

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function inHistory(body, options) {
  const tab = await openPage(browser, server.url, options);
  const { page } = tab;
  try {
    await page.goto(`${server.url}/#/sign-in`);
    await page.locator('page-sign-in [name=email]').fill(person.email);
    await page.locator('page-sign-in [name=password]').fill(person.password);
    await page.locator('page-sign-in button[type=submit]').click();
    await page.locator('page-home h1').waitFor();
    await page.goto(`${server.url}/#/account/history`);
    await page.locator('page-history .history li').first().waitFor();
    await body(tab);
    assert.deepEqual(tab.faults, []);
  } finally {
    await tab.context.close();
  }
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
/** Presses Check now; the answer's element. */
async function check(page) {
  await button(page, 'Check now').click();
  const answer = page.locator('page-history [role=status] .notice').first();
  await answer.waitFor();
  return answer;
}

/** Until a checkpoint (there is one every 30 s) vouches for the whole chain. */
async function vouched(chain) {
  for (let i = 0; i < 200; i += 1) {
    const [covered, length] = sql(`SELECT (SELECT COALESCE(MAX(length), 0) FROM checkpoint_entry WHERE chain = '${chain}'), (SELECT length FROM audit_chain WHERE chain = '${chain}')`).split('|').map(Number);
    if (covered === length) return length;
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error('no checkpoint within 50 s');
}

test('security 85: the history is listed, whole, and taken along; the check is loaded only when it is asked for', async () => {
  await inHistory(async ({ page }) => {
    const loaded = [];
    page.on('request', (r) => loaded.push(r.url()));
    const items = page.locator('.history li');
    assert.equal(await items.count(), 25);
    assert.match(await items.first().textContent(), /Password entered.*Entry \d+ · .*127\.0\.0\.1/s);
    assert.ok(await items.filter({ hasText: 'Sign-in with a wrong password' }).count() >= 2);
    await button(page, 'Show earlier entries').click();
    await page.waitForFunction(() => document.querySelectorAll('.history li').length > 25);
    const numbers = await items.evaluateAll((list) => list.map((li) => li.value));
    assert.deepEqual(numbers, [...numbers.keys()].reverse().map((i) => i + 1), 'every entry once, newest first');
    assert.ok(!loaded.some((u) => /twofold_audit/.test(u)));

    const answer = await check(page);
    assert.equal(await answer.getAttribute('data-whole'), 'true');
    assert.match(await answer.textContent(), new RegExp(`This history is whole\\.\\s*${numbers.length} entries: nothing was changed`));
    assert.ok(loaded.some((u) => /twofold_audit.*\.wasm$/.test(u)));
    assert.ok(loaded.some((u) => u.endsWith('/.well-known/jwks.json')));

    const [jsonl] = await Promise.all([page.waitForEvent('download'), button(page, 'Download JSON lines').click()]);
    assert.equal(jsonl.suggestedFilename(), 'history.jsonl');
    const lines = readFileSync(await jsonl.path(), 'utf8').trimEnd().split('\n').map((l) => JSON.parse(l));
    assert.equal(lines.filter((l) => l.type === 'event').length, numbers.length);
    assert.equal(lines.at(-1).type, 'end');
    const [csv] = await Promise.all([page.waitForEvent('download'), button(page, 'Download CSV').click()]);
    assert.equal(csv.suggestedFilename(), 'history.csv');
    const text = readFileSync(await csv.path(), 'utf8');
    assert.ok(text.startsWith('\ufeff"number","time","user"'));
    assert.equal(text.trimEnd().split('\r\n').length, numbers.length + 1);
  });
});

test('security 85: rows edited, removed, swapped or cut in the database are found and located in the browser', { timeout: 170_000 }, async () => {
  await inHistory(async ({ page }) => {
    const chain = JSON.parse(await page.evaluate(() => fetch('/v1/users/me/audit/export').then((r) => r.text()).then((t) => t.split('\n')[0]))).chain;
    const n = await vouched(chain);
    const where = (s) => `chain = '${chain}' AND sequence = ${s}`;
    sql(`CREATE TABLE kept AS SELECT * FROM audit WHERE chain = '${chain}'; CREATE TABLE kept_head AS SELECT * FROM audit_chain WHERE chain = '${chain}'`);
    const restore = () => sql(`DELETE FROM audit WHERE chain = '${chain}'; INSERT INTO audit SELECT * FROM kept; UPDATE audit_chain SET (length, mac) = (SELECT length, mac FROM kept_head) WHERE chain = '${chain}'`);
    const whole = await check(page);
    assert.match(await whole.textContent(), new RegExp(`vouches for everything up to entry ${n}\\.`));

    const latest = n - 1;  // on the page that is shown
    for (const [what, text, wanted] of [
      ['edited', `UPDATE audit SET result = 'ok2' WHERE ${where(latest)}`, [`Entry ${latest} is not what was written there.`]],
      ['time edited', `UPDATE audit SET occurred_at = occurred_at - 86400 WHERE ${where(latest)}`, [`Entry ${latest} is not what was written there.`]],
      ['details of another', `UPDATE audit SET details = (SELECT details FROM audit WHERE ${where(latest - 1)}) WHERE ${where(latest)}`, [`Entry ${latest} is not what was written there.`]],
      ['removed', `DELETE FROM audit WHERE ${where(5)}`, ['Entries are missing from number 5 on.']],
      ['swapped', `UPDATE audit SET sequence = -1 WHERE ${where(6)}; UPDATE audit SET sequence = 6 WHERE ${where(7)}; UPDATE audit SET sequence = 7 WHERE ${where(-1)}`, ['Entry 6 is not what was written there.', 'Entry 7 is not what was written there.']],
      ['cut', `DELETE FROM audit WHERE chain = '${chain}' AND sequence > ${n - 3}; UPDATE audit_chain SET length = ${n - 3}, mac = (SELECT mac FROM audit WHERE ${where(n - 3)}) WHERE chain = '${chain}'`, [`The end is missing, from entry ${n - 2} on.`]],
    ]) {
      sql(text);
      const answer = await check(page);
      assert.equal(await answer.getAttribute('data-whole'), 'false', what);
      const said = await answer.textContent();
      for (const sentence of wanted) assert.ok(said.includes(sentence), `${what}: ${said}`);
      if (what === 'edited') {
        assert.equal(await page.locator('.history li.wrong').count(), 1);
        assert.match(await page.locator('.history li.wrong').textContent(), new RegExp(`Does not fit\\s*Entry ${latest} `));
        await shoot(page, 'history not whole en-1280');
      }
      restore();
    }
    // A signature that is not the server's.
    const number = sql(`SELECT MAX(checkpoint_number) FROM checkpoint_entry WHERE chain = '${chain}'`);
    sql(`CREATE TABLE kept_signature AS SELECT signature FROM checkpoint WHERE number = ${number}; UPDATE checkpoint SET signature = (SELECT signature FROM checkpoint WHERE number <> ${number} LIMIT 1) WHERE number = ${number}`);
    assert.match(await (await check(page)).textContent(), new RegExp(`signed record number ${number} does not fit`));
    sql(`UPDATE checkpoint SET signature = (SELECT signature FROM kept_signature) WHERE number = ${number}; DROP TABLE kept; DROP TABLE kept_head; DROP TABLE kept_signature`);
    assert.equal(await (await check(page)).getAttribute('data-whole'), 'true');
  });
});

test('security 85: an answer changed on the way is found too', async () => {
  await inHistory(async ({ page }) => {
    await page.route('**/audit/export*', async (route) => {
      const answer = await route.fetch();
      const lines = (await answer.text()).split('\n');
      lines[4] = lines[4].replace('"ip":"127.0.0.1"', '"ip":"203.0.113.77"');
      await route.fulfill({ response: answer, body: lines.join('\n') });
    });
    assert.match(await (await check(page)).textContent(), /Entry 4 is not what was written there\./);
  });
});

test('by keyboard alone: from My Account to the check and its answer', async () => {
  const tab = await openPage(browser, server.url);
  const { page } = tab;
  try {
    await page.goto(`${server.url}/#/sign-in`);
    await page.locator('page-sign-in [name=email]').fill(person.email);
    await page.locator('page-sign-in [name=password]').fill(person.password);
    await page.keyboard.press('Enter');
    await page.locator('page-home h1').waitFor();
    await page.goto(`${server.url}/#/account`);
    await page.locator('page-account h1').waitFor();
    const reach = async (name) => {
      for (let i = 0; i < 60; i += 1) {
        await page.keyboard.press('Tab');
        if (await page.evaluate((wanted) => document.activeElement?.textContent?.trim() === wanted, name)) return;
      }
      throw new Error(`Tab does not reach "${name}"`);
    };
    await reach('Open the history');
    await page.keyboard.press('Enter');
    await page.locator('page-history .history li').first().waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1');
    await reach('Check now');
    await page.keyboard.press('Enter');
    await page.locator('[role=status] .notice').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'Check now', 'the focus stays where it was');
    assert.deepEqual(tab.faults, []);
  } finally {
    await tab.context.close();
  }
});

test('axe, 360 px, dark and Arabic', async () => {
  for (const [name, width, colorScheme, language] of [
    ['en-1280-light', 1280, 'light', 'en'],
    ['en-360-dark', 360, 'dark', 'en'],
    ['ar-360-light', 360, 'light', 'ar'],
    ['ar-1280-dark', 1280, 'dark', 'ar'],
    ['de-360-light', 360, 'light', 'de'],
  ]) {
    await inHistory(async (tab) => {
      const { page } = tab;
      await page.locator('.foot select').first().selectOption(language);
      await page.waitForFunction((l) => document.documentElement.lang === l, language);
      await page.waitForFunction(() => !document.querySelector('.history-what')?.textContent.includes('.'), undefined);
      await page.locator('section[aria-labelledby=check] button').click();
      await page.locator('[role=status] .notice').waitFor();
      assert.equal(await overflow(page), 0, name);
      assert.deepEqual(await violations(tab), [], `axe, ${name}`);
      await shoot(page, `history ${name}`);
    }, { viewport: { width, height: 860 }, colorScheme });
  }
});
