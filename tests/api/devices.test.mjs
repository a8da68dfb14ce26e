// Remembered browsers over HTTP: the cookie, its rotation, the copied cookie, what it never opens, and
// how it ends; on both databases.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { challenge, enrol, person, userWithFactor } from './people.mjs';
import { databases, Site } from './server.mjs';

/** A browser: both cookies, as Set-Cookie tells. */
class Browser {
  constructor(site, account) {
    Object.assign(this, { site, account, jar: new Map(), client: site.client() });
  }
  async call(method, path, body, headers = {}) {
    const { client } = this;
    client.cookie = undefined;
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await client.call(method, path, body, {
      ...(cookie && { Cookie: cookie }),
      ...(this.csrf && method !== 'GET' && path !== '/client/sign-in' && { 'X-CSRF-Token': this.csrf }),
      ...headers,
    });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      if (/Max-Age=0(;|$)/.test(line)) this.jar.delete(name);
      else this.jar.set(name, value);
    }
    if (answer.status < 400 && answer.body?.csrf_token) this.csrf = answer.body.csrf_token;
    return answer;
  }
  get device() { return this.jar.get('twofold_device'); }
  set device(value) { this.jar.set('twofold_device', value); }
  /** The password step, and the second one where it is asked for. */
  async password() {
    const { email, password } = this.account;
    const answer = await this.call('POST', '/client/sign-in', { email, password });
    assert.equal(answer.status, 200, answer.text);
    return answer;
  }
  async signIn(remember) {
    const asked = await this.password();
    assert.equal(asked.body.status, 'second_factor_required');
    const answer = await this.call('POST', '/client/sign-in/verify', { code: await this.account.app.fresh(), ...(remember !== undefined && { remember }) });
    assert.equal(answer.status, 200, answer.text);
    return answer;
  }
}

async function account(site) {
  const { client, email, password } = await person(site);
  const { app, id, codes } = await enrol(client, 'me', { algorithm: 'SHA1', digits: 6, period: 15 });
  return { email, password, app, factor: id, codes };
}

async function remembered(site, who) {
  const browser = new Browser(site, who ?? (await account(site)));
  const answer = await browser.signIn(true);
  assert.ok(browser.device, answer.text);
  return browser;
}

for (const database of databases) {
  describe(`remembered browsers on ${database.name}`, () => {
    let site;
    before(async () => {
      site = await Site.open(database, { TWOFOLD_SIGN_INS_PER_ACCOUNT: '100', TWOFOLD_SIGN_INS_PER_IP: '10000' });
      await site.serve();
    });
    after(() => site.close());

    it('security 53: the cookie is HttpOnly, SameSite=Strict, on the whole host, for 30 days; it comes only when asked for', async () => {
      const who = await account(site);
      const browser = new Browser(site, who);
      const offered = await browser.password();
      assert.deepEqual(offered.body.challenge.remember, { days: 30 });
      const unasked = await new Browser(site, who).signIn();
      assert.equal(unasked.headers['set-cookie'].length, 1);
      assert.equal(unasked.body.remembered_until, undefined);
      const answer = await new Browser(site, who).signIn(true);
      assert.match(answer.headers['set-cookie'][1], /^twofold_device=[\w-]{43}\.[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/);
      const days = (Date.parse(answer.body.remembered_until) - Date.now()) / 86400e3;
      assert.ok(days > 29.9 && days <= 30, String(days));
    });

    it('the next sign-in from that browser needs no code, and each use changes the token', async () => {
      const browser = await remembered(site);
      const seen = new Set([browser.device]);
      for (let i = 0; i < 3; ++i) {
        const answer = await browser.password();
        assert.equal(answer.body.status, 'signed_in');
        assert.ok(!seen.has(browser.device));
        seen.add(browser.device);
        assert.equal((await browser.call('GET', '/v1/users/me')).status, 200);
      }
      assert.equal((await new Browser(site, browser.account).password()).body.status, 'second_factor_required');
    });

    it('two tabs at once, and an answer that was lost, are no theft', async () => {
      const browser = await remembered(site);
      const { email, password } = browser.account;
      const cookie = `twofold_device=${browser.device}`;
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => site.client().call('POST', '/client/sign-in', { email, password }, { Cookie: cookie })),
      );
      for (const answer of answers) assert.equal(answer.body.status, 'signed_in', answer.text);
      assert.equal(new Set(answers.map((a) => a.headers['set-cookie'][1])).size <= 2, true, 'one token (its days may differ by a second)');
      browser.device = answers[5].headers['set-cookie'][1].split(/[=;]/)[1];
      assert.equal((await browser.password()).body.status, 'signed_in');
    });

    it('a copied cookie: all remembered browsers and sessions end, the owner is told, a code is asked for', async () => {
      const first = await remembered(site);
      const second = await remembered(site, first.account);
      const thief = new Browser(site, first.account);
      thief.device = first.device;
      await first.password();
      await first.password(); // two uses later the copy is no lost answer
      const answer = await thief.password();
      assert.equal(answer.body.status, 'second_factor_required');
      assert.equal(thief.device, undefined, 'its cookie is cleared');
      for (const browser of [first, second]) {
        assert.equal((await browser.call('GET', '/v1/users/me')).code, 'unauthenticated');
        assert.equal((await browser.password()).body.status, 'second_factor_required');
      }
      assert.equal(site.mails().filter((m) => m.kind === 'device_token_reused' && m.to === first.account.email).length, 1);
    });

    it('rule 8, security 46: it never stands in for a proof, a step-up, a reauthentication or the password', async () => {
      const browser = await remembered(site);
      assert.equal((await browser.password()).body.status, 'signed_in');
      const { factor } = browser.account;
      for (const [path, body] of [
        ['/v1/users/me/disable', {}],
        ['/v1/users/me/backup-codes', {}],
        [`/v1/users/me/enrollments/${factor}/remove`, {}],
        ['/v1/users/me/enrollments', { method: 'totp' }],
      ]) {
        assert.equal((await browser.call('POST', path, body)).code, 'proof_required', path);
      }
      const manage = await browser.call('POST', '/v1/users/me/challenges', { purpose: 'manage', action: 'disable' });
      assert.equal(manage.body.status, 'pending');
      assert.equal(manage.body.remember, undefined);
      assert.equal((await browser.call('POST', '/v1/users/me/disable', { challenge_id: manage.body.id })).code, 'proof_required');
      assert.equal((await browser.call('POST', '/client/reauthenticate', { password: 'not this one' })).code, 'credentials_invalid');
      const wrong = await browser.call('POST', '/client/sign-in', { email: browser.account.email, password: 'not this one' });
      assert.equal(wrong.code, 'credentials_invalid');
      assert.equal((await browser.call('GET', '/client/me')).body.session.recover, undefined);
    });

    it('they are listed in words with where, when and which is this one; forgotten by their owner alone', async () => {
      const browser = await remembered(site);
      const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
      const { email, password, app } = browser.account;
      await browser.call('POST', '/client/sign-in', { email, password }, { 'User-Agent': agent });
      const list = await browser.call('GET', '/v1/users/me/devices');
      assert.equal(list.body.items.length, 1);
      const [device] = list.body.items;
      assert.equal(device.browser, 'Firefox');
      assert.equal(device.system, 'Linux');
      assert.equal(device.ip, '127.0.0.1');
      assert.equal(device.current, true);
      for (const member of ['created_at', 'last_used_at', 'expires_at']) assert.ok(Date.parse(device[member]), member);

      const stranger = await remembered(site);
      const other = await stranger.call('DELETE', `/v1/users/me/devices/${device.id}`);
      assert.equal(other.code, 'not_found');
      assert.equal((await stranger.call('DELETE', '/v1/users/me/devices/dev_none')).code, 'not_found');
      assert.equal((await browser.call('DELETE', `/v1/users/me/devices/${device.id}`, undefined, { 'X-CSRF-Token': 'x' })).code, 'csrf_required');

      const elsewhere = new Browser(site, browser.account);
      await elsewhere.signIn();
      assert.equal((await elsewhere.call('GET', '/v1/users/me/devices')).body.items[0].current, false);
      assert.equal((await elsewhere.call('DELETE', `/v1/users/me/devices/${device.id}`)).status, 204);
      assert.equal((await browser.call('GET', '/v1/users/me')).code, 'unauthenticated', 'what ran in it ends');
      assert.equal((await browser.password()).body.status, 'second_factor_required');
      assert.ok(app);
    });

    it('forgetting the browser one sits at clears its cookie and leaves one signed in', async () => {
      const browser = await remembered(site);
      const { items } = (await browser.call('GET', '/v1/users/me/devices')).body;
      assert.equal((await browser.call('DELETE', `/v1/users/me/devices/${items[0].id}`)).status, 204);
      assert.equal(browser.device, undefined);
      assert.deepEqual((await browser.call('GET', '/v1/users/me/devices')).body.items, []);
    });

    it('security 50, 51, rule 9: disabling, and a new password, end them', async () => {
      const browser = await remembered(site);
      const device = browser.device;
      const off = await browser.call('POST', '/v1/users/me/disable', { code: await browser.account.app.fresh() });
      assert.equal(off.status, 204, off.text);
      assert.deepEqual((await browser.call('GET', '/v1/users/me/devices')).body.items, []);
      assert.equal((await browser.password()).body.status, 'signed_in', 'no second step any more');
      browser.client.cookie = `twofold_session=${browser.jar.get('twofold_session')}`;
      browser.client.csrf = browser.csrf;
      browser.account = { ...browser.account, ...(await enrol(browser.client, 'me', { algorithm: 'SHA1', digits: 6, period: 15 })) };
      browser.device = device;
      assert.equal((await browser.password()).body.status, 'second_factor_required');

      const changed = await remembered(site);
      const next = 'another long and private sentence';
      const answer = await changed.call('POST', '/client/password', { current_password: changed.account.password, new_password: next });
      assert.equal(answer.status, 200, answer.text);
      changed.account = { ...changed.account, password: next };
      assert.equal((await changed.password()).body.status, 'second_factor_required');
    });

    it('a backup code is not remembered, and at an integrator\'s challenge `remember` has no effect', async () => {
      const who = await account(site);
      const browser = new Browser(site, who);
      await browser.password();
      const answer = await browser.call('POST', '/client/sign-in/verify', { code: who.codes[0], remember: true });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(browser.device, undefined);

      const key = site.client(undefined, { key: site.key('Shop') });
      const { user, app } = await userWithFactor(key, { algorithm: 'SHA1', digits: 6, period: 15 });
      const made = await challenge(key, user);
      assert.equal(made.remember, undefined);
      const verified = await key.call('POST', `/v1/challenges/${made.id}/verify`, { code: await app.fresh(), remember: true });
      assert.equal(verified.body.status, 'approved');
      assert.equal(verified.headers['set-cookie'], undefined);
      assert.deepEqual((await key.call('GET', `/v1/users/${user}/devices`)).body.items, []);
      const narrow = site.client(undefined, { key: site.key('Shop', 'users,verify') });
      assert.equal((await narrow.call('GET', `/v1/users/${user}/devices`)).code, 'forbidden');
      const foreign = site.client(undefined, { key: site.key('Another') });
      assert.equal((await foreign.call('GET', `/v1/users/${user}/devices`)).code, 'not_found', 'security 55');
    });

    it('the operator can switch it off for an application, and on again', async () => {
      const browser = await remembered(site);
      site.run('application', 'set', '--application', 'Client Area', '--remember', 'off');
      try {
        const asked = await browser.password();
        assert.equal(asked.body.status, 'second_factor_required');
        assert.equal(asked.body.challenge.remember, undefined);
        assert.ok(browser.device, 'kept for when it is on again');
      } finally {
        site.run('application', 'set', '--application', 'Client Area', '--remember', 'on');
      }
      assert.equal((await browser.password()).body.status, 'signed_in');
      assert.throws(() => site.run('application', 'set', '--application', 'Client Area'), 'nothing to set: a usage error');
      assert.throws(() => site.run('application', 'set', '--application', 'Client Area', '--remember', 'perhaps'));
    });

    it('security 82: remembering, use and end are on record, without the cookie', async () => {
      const browser = await remembered(site);
      const cookie = browser.device;
      await browser.password();
      const { items } = (await browser.call('GET', '/v1/users/me/devices')).body;
      await browser.call('DELETE', `/v1/users/me/devices/${items[0].id}`);
      const audit = await browser.call('GET', '/v1/users/me/audit');
      const mine = audit.body.items.filter((e) => e.action.startsWith('device.'));
      assert.deepEqual(mine.map((e) => e.action), ['device.ended', 'device.used', 'device.remembered']);
      for (const event of mine) assert.equal(event.object, items[0].id);
      for (const part of cookie.split('.')) assert.ok(!audit.text.includes(part));
      for (const server of site.servers) for (const part of cookie.split('.')) assert.ok(!server.log.includes(part));
    });
  });
}

describe('remembered browsers under other settings', () => {
  it('security 53: with an https public URL the cookie is __Host- and Secure', async () => {
    const site = await Site.open(databases[0], { TWOFOLD_PUBLIC_URL: 'https://area.example' });
    try {
      await site.serve();
      site.account('a@example.com', 'a long and private sentence');
      const client = site.client(undefined, { host: 'area.example', origin: 'https://area.example' });
      const body = { email: 'a@example.com', password: 'a long and private sentence' };
      await client.call('POST', '/client/sign-in', body);
      const { app } = await enrol(client, 'me', { algorithm: 'SHA1', digits: 6, period: 15 });
      await client.call('POST', '/client/sign-in', body);
      const answer = await client.call('POST', '/client/sign-in/verify', { code: await app.fresh(), remember: true });
      assert.match(answer.headers['set-cookie'][1], /^__Host-twofold_device=[\w-]{43}\.[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-Age=2592000$/);
    } finally {
      await site.close();
    }
  });

  it('TWOFOLD_REMEMBER_DAYS: 0 is off, 90 the most', async () => {
    const site = await Site.open(databases[0], { TWOFOLD_REMEMBER_DAYS: '0' });
    try {
      await site.serve();
      const who = await account(site);
      const browser = new Browser(site, who);
      assert.equal((await browser.password()).body.challenge.remember, undefined);
      const answer = await browser.call('POST', '/client/sign-in/verify', { code: await who.app.fresh(), remember: true });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(browser.device, undefined);
      site.env.TWOFOLD_REMEMBER_DAYS = '91';
      assert.throws(() => site.run('check-config'));
      site.env.TWOFOLD_REMEMBER_DAYS = '90';
      site.run('check-config');
    } finally {
      await site.close();
    }
  });
});
