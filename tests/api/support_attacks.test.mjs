// Attacks on support cases over HTTP: who is fooled, bribed or has the password, the phone or the
// mailbox. The ordinary way and its refusals are support.test.mjs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';

import { startSmtp } from '../support/smtp_server.mjs';
import { enrol, person, userWithFactor } from './people.mjs';
import { databases, Site } from './server.mjs';
import { App } from './totp.mjs';

const binary = process.env.TWOFOLD_BINARY ?? new URL('../../build/release/twofold', import.meta.url).pathname;
const kPassword = 'a long and private sentence';
const quick = { algorithm: 'SHA1', digits: 6, period: 15 };
let made = 0;

/** A site with a mail server and a desk. */
class Desk {
  static async open(database) {
    const self = new Desk();
    self.smtp = await startSmtp();
    self.site = await Site.open(database, {
      TWOFOLD_SMTP: self.smtp.url, TWOFOLD_MAIL_FROM: 'Example Hosting <no-reply@example.com>',
      TWOFOLD_SIGN_INS_PER_IP: '100000', TWOFOLD_SIGN_INS_PER_ACCOUNT: '100', TWOFOLD_SUPPORT_CASES_PER_USER: '2',
    });
    await self.site.serve();
    self.agent = await self.colleague('agent');
    self.supervisor = await self.colleague('supervisor');
    self.key = self.site.client(undefined, { key: self.site.key('Hosting') });
    return self;
  }
  async close() {
    await this.site.close();
    await this.smtp.close();
  }

  /** Straight from, and into, the database. */
  async rows(statement) {
    const { url, db } = this.site.database;
    const text = db ? await db.sql(`USE ${url.split('/').pop()}; ${statement}`)
      : execFileSync('sqlite3', ['-cmd', '.timeout 5000', '-separator', '\t', url.replace('sqlite:', ''), statement], { encoding: 'utf8' });
    return text.split('\n').filter(Boolean).map((line) => line.split('\t'));
  }
  agents(...args) {
    return execFileSync(binary, ['agent', ...args], { env: this.site.env, input: `${kPassword}\n`, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  }
  /** A person of the desk, signed in, with their own second factor. */
  async colleague(role, email = `${role}-${++made}@desk.example`) {
    const { id } = JSON.parse(this.agents('add', '--role', role, '--email', email, '--name', `${role} ${++made}`, '--password-stdin', '--json'));
    const client = this.site.client();
    const signed = await client.call('POST', '/desk/sign-in', { email, password: kPassword });
    assert.equal(signed.status, 200, signed.text);
    client.app = (await enrol(client, 'me')).app;
    return Object.assign(client, { id, email });
  }
  /** Someone with 2FA who has only the password left: `half`. `client` is still signed in. */
  async lockedOut() {
    const who = await person(this.site);
    const enrolled = await enrol(who.client, 'me', quick);
    return { ...who, app: enrolled.app, factor: enrolled.id, codes: enrolled.codes, half: await this.password(who) };
  }
  async password({ email }, password = kPassword) {
    const half = this.site.client();
    const answer = await half.call('POST', '/client/sign-in', { email, password });
    assert.equal(answer.body.status, 'second_factor_required', answer.text);
    return half;
  }
  async userId({ client }) { return (await client.call('GET', '/v1/users/me')).body.id; }
  async open(who, more = {}) {
    const answer = await who.half.call('POST', '/v1/users/me/support-cases', { reason: 'lost_phone', ...more });
    assert.equal(answer.status, 201, answer.text);
    return answer.body.id;
  }
  act(client, id, action, body = {}) { return client.call('POST', `/v1/support-cases/${id}/${action}`, body); }
  async must(client, id, action, body) {
    const answer = await this.act(client, id, action, body);
    assert.equal(answer.status, 200, `${action}: ${answer.text}`);
    return answer.body;
  }
  async proven(who, kinds = ['identity_document', 'in_person'], more = {}) {
    const id = await this.open(who, more);
    for (const kind of kinds) await this.must(this.agent, id, 'evidence', { kind });
    return id;
  }
  async waiting(who, more) {
    const id = await this.proven(who, undefined, more);
    await this.must(this.supervisor, id, 'approve', {});
    return id;
  }
  async linked(who) {
    const id = await this.waiting(who);
    await this.timeIsOver(id);
    return { id, token: await this.token(who, 'recover') };
  }
  async timeIsOver(id, state = 'link_issued') {
    await this.rows(`UPDATE support_case SET due_at = 1 WHERE id = '${id}'`);
    return this.until(async () => (await this.state(id)) === state);
  }
  async state(id) { return (await this.rows(`SELECT state FROM support_case WHERE id = '${id}'`))[0][0]; }
  async until(look, within = 25_000) {
    for (const end = Date.now() + within; Date.now() < end; await new Promise((go) => setTimeout(go, 100))) {
      const found = await look();
      if (found) return found;
    }
    throw new Error('it did not happen');
  }
  text(mail) { return mail.raw.replace(/=\r?\n/g, '').replace(/=3D/g, '='); }
  /** The token of the newest link to that page in a mail to that address. */
  token({ email }, page, than = undefined) {
    return this.until(() => {
      for (const mail of this.smtp.mails.filter((m) => m.to[0] === email).reverse()) {
        const found = this.text(mail).match(new RegExp(`/#/${page}\\?token=([\\w-]{43})`));
        if (found && found[1] !== than) return found[1];
      }
      return undefined;
    });
  }
  redeem(client, token, password = kPassword) { return client.call('POST', '/v1/recovery-links/redeem', { token, password }); }
}

for (const database of databases) {
  describe(`attacks on support cases on ${database.name}`, { concurrency: false }, () => {
    let s;
    before(async () => { s = await Desk.open(database); });
    after(() => s.close());

    it('security 57: nobody works on an account whose mailbox is theirs, however it is spelled', async () => {
      const who = await s.lockedOut();
      const [local, host] = who.email.split('@');
      const id = await s.open(who);
      for (const email of [who.email.toUpperCase(), `${local}+desk@${host}`, `${local[0]}.${local.slice(1)}@${host}`]) {
        const self = await s.colleague('supervisor', email);
        assert.equal((await s.act(self, id, 'evidence', { kind: 'in_person' })).code, 'own_account', email);
        assert.equal((await s.act(self, id, 'reject', { reason: 'mine' })).code, 'own_account', email);
      }
    });

    it('security 57: two desk accounts of one mailbox are one pair of eyes', async () => {
      const one = await s.colleague('supervisor', `twin-${++made}@desk.example`);
      const other = await s.colleague('supervisor', one.email.replace('@', '+2@'));
      const id = await s.open(await s.lockedOut());
      await s.must(one, id, 'evidence', { kind: 'identity_document' });
      await s.must(one, id, 'evidence', { kind: 'in_person' });
      assert.equal((await s.act(other, id, 'approve', {})).code, 'four_eyes');
      await s.must(s.supervisor, id, 'approve', {});
      const opened = await other.call('POST', '/v1/support-cases', { user_id: await s.userId(await s.lockedOut()), reason: 'lost_phone', channel: 'phone' });
      assert.equal(opened.status, 201, opened.text);
      for (const kind of ['identity_document', 'in_person']) await s.must(s.agent, opened.body.id, 'evidence', { kind });
      assert.equal((await s.act(one, opened.body.id, 'approve', {})).code, 'four_eyes');
    });

    it('the mailbox that was evidence does not get the link under another spelling either', async () => {
      const who = await s.lockedOut();
      const opened = await s.agent.call('POST', '/v1/support-cases', {
        user_id: await s.userId(who), reason: 'lost_phone', channel: 'phone', contact: who.email.replace('@', '+new@'),
      });
      const { id } = opened.body;
      for (const kind of ['email_reply', 'identity_document']) await s.must(s.agent, id, 'evidence', { kind });
      const detail = (await s.supervisor.call('GET', `/v1/support-cases/${id}`)).body;
      assert.equal(detail.deliver.find((d) => d.to === 'given').allowed, false, JSON.stringify(detail.deliver));
      assert.equal((await s.act(s.supervisor, id, 'approve', { deliver: 'given' })).code, 'delivery_missing');
    });

    it('a stranger with the password who opens and withdraws cases does not close the desk to the owner', async () => {
      const who = await s.lockedOut();
      let last;
      for (let i = 0; i < 5; ++i) {
        last = await who.half.call('POST', '/v1/users/me/support-cases', { reason: 'lost_phone' });
        if (last.status !== 201) break;
        await who.half.call('POST', `/v1/users/me/support-cases/${last.body.id}/cancel`, {});
      }
      assert.equal(last.code, 'rate_limited', 'a flood is stopped');
      const helped = await s.agent.call('POST', '/v1/support-cases', { user_id: await s.userId(who), reason: 'lost_phone', channel: 'in_person' });
      assert.equal(helped.status, 201, helped.text);
    });

    it('the password alone does not veto: what a review has let go on, a second withdrawal does not stop', async () => {
      const who = await s.lockedOut();
      const id = await s.waiting(who);
      const withdraw = (client) => client.call('POST', `/v1/users/me/support-cases/${id}/cancel`, {});
      assert.equal((await withdraw(who.half)).body.state, 'paused');
      await s.must(s.supervisor, id, 'resume', { reason: 'spoke to the owner' });
      const again = await withdraw(await s.password(who));
      assert.equal(again.code, 'case_state', again.text);
      assert.equal(await s.state(id), 'waiting');
      // Who also has the second factor is heard as often as they like.
      assert.equal((await withdraw(who.client)).body.state, 'paused');
    });

    it('stolen: what is no proof by itself suspends nothing', async () => {
      const who = await s.lockedOut();
      const id = await s.open(who, { reason: 'stolen', stolen: [who.factor] });
      const trouble = async () => (await s.rows(`SELECT trouble FROM factor WHERE id = '${who.factor}'`))[0][0];
      await s.must(s.agent, id, 'evidence', { kind: 'phone_call_back' });  // no number: counts for nothing
      assert.notEqual(await trouble(), 'stolen');
      await s.must(s.agent, id, 'evidence', { kind: 'known_device' });
      assert.notEqual(await trouble(), 'stolen');
      await s.must(s.agent, id, 'evidence', { kind: 'identity_document' });
      assert.equal(await trouble(), 'stolen');
      await s.must(s.agent, id, 'reject', { reason: 'a test' });
      assert.notEqual(await trouble(), 'stolen');
    });

    it('stolen: a number that has a new owner stays suspended when the case is over', async () => {
      const who = await s.lockedOut();
      await s.rows(`UPDATE factor SET trouble = 'identity_changed' WHERE id = '${who.factor}'`);
      const id = await s.proven(who, undefined, { reason: 'stolen', stolen: [who.factor] });
      await s.must(s.supervisor, id, 'cancel', {});
      assert.equal((await s.rows(`SELECT trouble FROM factor WHERE id = '${who.factor}'`))[0][0], 'identity_changed');
    });

    it('stolen: the phone that is suspended is signed out, too', async () => {
      const who = await s.lockedOut();
      await s.proven(who, ['identity_document'], { reason: 'stolen', stolen: [who.factor] });
      assert.equal((await who.client.call('GET', '/client/me')).body.state, 'signed_out');
    });

    it('a mailbox alone is not enough: a password that is reset during the wait pauses a case whose link goes by mail', async () => {
      const who = await s.lockedOut();
      const { id, token } = await s.linked(who);
      const thief = s.site.client();
      assert.equal((await thief.call('POST', '/client/password-reset', { email: who.email })).status, 202);
      const reset = await s.token(who, 'reset-password');
      const next = 'another long and private sentence';
      const done = await thief.call('POST', '/client/password-reset/confirm', { token: reset, password: next });
      assert.ok(done.status < 300, done.text);
      assert.equal(await s.state(id), 'paused');
      assert.equal((await s.redeem(thief, token, next)).code, 'link_invalid');
    });

    it('two approvals are of one thing: the second cannot send the link elsewhere', async () => {
      const who = await s.lockedOut();
      await s.rows(`UPDATE user SET high_value = 1 WHERE id = '${await s.userId(who)}'`);
      const id = await s.proven(who);
      const first = await s.must(s.supervisor, id, 'approve', { deliver: 'email' });
      assert.equal(first.state, 'approved');
      const second = await s.colleague('supervisor');
      assert.equal((await s.act(second, id, 'approve', { deliver: 'given' })).code, 'delivery_missing');
      assert.equal((await s.act(s.supervisor, id, 'approve', {})).code, 'four_eyes', 'one person, twice');
      assert.equal((await s.must(second, id, 'approve', { deliver: 'email' })).state, 'waiting');
    });

    it('nobody gets a key for the people of the desk', async () => {
      assert.throws(() => s.site.key('Support desk', 'users,enroll'), /application \(unsupported\)|not accepted/);
    });

    it('a recovery session may enrol and nothing else: every call there is', { timeout: 120_000 }, async () => {
      const who = await s.lockedOut();
      const { token, id } = await s.linked(who);
      const browser = s.site.client();
      assert.equal((await s.redeem(browser, token)).status, 200);
      const doc = (await browser.raw('GET', '/openapi.json')).json();
      const may = new Set(['GET /client/me', 'GET /client/config', 'POST /v1/recovery-links/redeem', 'GET /v1/phone-regions', 'GET /v1/users/{user}/enrollments', 'POST /v1/users/{user}/enrollments',
        'GET /v1/users/{user}/enrollments/{id}', 'POST /v1/users/{user}/enrollments/{id}/confirm', 'POST /v1/users/{user}/enrollments/{id}/send', 'POST /client/sign-out']);
      const open = [];
      for (const [path, operations] of Object.entries(doc.paths)) {
        for (const method of Object.keys(operations)) {
          const name = `${method.toUpperCase()} ${path}`;
          if (may.has(name) || operations[method].security?.length === 0 || operations[method].security === undefined) continue;
          const url = path.replace('{user}', 'me').replace('{id}', path.includes('support-cases') ? id : who.factor);
          browser.checked = false;
          const { cookie, csrf } = browser;
          const answer = await browser.call(method.toUpperCase(), url, ['get', 'delete'].includes(method) ? undefined : {});
          Object.assign(browser, { cookie, csrf });
          if (answer.status !== 403 && answer.status !== 401) open.push(`${name} -> ${answer.status} ${answer.text.slice(0, 120)}`);
        }
      }
      assert.deepEqual(open, []);
    });

    it('a recovery session dies with its case: paused, cancelled, reissued', { timeout: 120_000 }, async () => {
      for (const end of ['pause', 'cancel', 'reissue']) {
        const who = await s.lockedOut();
        const { id, token } = await s.linked(who);
        const browser = s.site.client();
        assert.equal((await s.redeem(browser, token)).status, 200);
        const started = await browser.call('POST', '/v1/users/me/enrollments', { method: 'totp' });
        assert.equal(started.status, 201, started.text);
        const app = new App(started.body.totp);
        if (end === 'pause') await who.half.call('POST', `/v1/users/me/support-cases/${id}/cancel`, {});
        if (end === 'cancel') await s.must(s.supervisor, id, 'cancel', {});
        if (end === 'reissue') await s.must(s.supervisor, id, 'link', {});
        const confirmed = await browser.call('POST', `/v1/users/me/enrollments/${started.body.id}/confirm`, { code: await app.fresh() });
        assert.equal(confirmed.code, end === 'reissue' ? 'unauthenticated' : 'enrollment_closed', `${end}: ${confirmed.text}`);
        assert.notEqual((await browser.call('POST', '/v1/users/me/enrollments', { method: 'totp' })).status, 201, end);
        assert.equal((await s.redeem(s.site.client(), token)).code, 'link_invalid', end);
        if (end !== 'reissue') continue;
        const next = await s.token(who, 'recover', token);
        assert.equal((await s.redeem(s.site.client(), next)).status, 200);
      }
    });

    it('the words of the desk and of the owner are plain', async () => {
      const who = await s.lockedOut();
      for (const contact of ['a\u202eb', 'a\nb', 'a\u0000b', '\u001b[31m', 'a\u2066b', 'x'.repeat(201)]) {
        const answer = await who.half.call('POST', '/v1/users/me/support-cases', { reason: 'other', contact });
        assert.equal(answer.status, 422, JSON.stringify(contact));
      }
      const id = await s.open(who);
      for (const words of ['a\u202eb', 'a\u0000b', '\u001b[31m', 'a\u2066b', 'a\r\nb', 'x'.repeat(301)]) {
        assert.equal((await s.act(s.agent, id, 'evidence', { kind: 'in_person', note: words })).status, 422, JSON.stringify(words));
        assert.equal((await s.act(s.agent, id, 'reject', { reason: words })).status, 422, JSON.stringify(words));
      }
      const note = await s.act(s.agent, id, 'evidence', { kind: 'in_person', note: 'ß مرحبا 日本 🙂' });
      assert.equal(note.status, 200, note.text);
    });

    it('security 83: the owner reads what the desk did in their history, not where its people sit', async () => {
      const who = await s.lockedOut();
      await s.proven(who, ['identity_document']);
      const { items } = (await who.client.call('GET', '/v1/users/me/audit?limit=20')).body;
      const recorded = items.find((e) => e.action === 'case.evidence_recorded');
      assert.ok(recorded, JSON.stringify(items));
      assert.deepEqual([recorded.ip, recorded.user_agent], [undefined, undefined]);
      assert.ok(items.find((e) => e.action === 'case.opened').ip, 'where the case was asked for is the owner’s');
    });

    it('erasing a person takes their cases along, in whatever state', { timeout: 120_000 }, async () => {
      for (const at of ['open', 'proven', 'waiting', 'linked']) {
        const { user } = await userWithFactor(s.key);
        const opened = await s.key.call('POST', `/v1/users/${user}/support-cases`, { reason: 'lost_phone' });
        assert.equal(opened.status, 201, opened.text);
        const { id } = opened.body;
        if (at !== 'open') for (const kind of ['identity_document', 'in_person']) await s.must(s.agent, id, 'evidence', { kind });
        if (at === 'waiting' || at === 'linked') await s.must(s.supervisor, id, 'approve', {});
        if (at === 'linked') await s.timeIsOver(id);
        assert.equal((await s.key.call('DELETE', `/v1/users/${user}`)).status, 204, at);
        assert.equal((await s.agent.call('GET', `/v1/support-cases/${id}`)).code, 'not_found', at);
        for (const table of ['case_step', 'case_evidence']) assert.equal((await s.rows(`SELECT COUNT(*) FROM ${table} WHERE case_id = '${id}'`))[0][0], '0');
      }
    });

    it('a desk account that is ended or made an agent is so at once, repeated requests included', async () => {
      const boss = await s.colleague('supervisor');
      const id = await s.proven(await s.lockedOut());
      s.agents('add', '--role', 'agent', '--email', boss.email, '--name', 'x', '--password-stdin');
      assert.equal((await s.act(boss, id, 'approve', {})).code, 'forbidden');
      s.agents('end', '--email', boss.email);
      assert.equal((await boss.call('GET', '/v1/support-cases')).code, 'unauthenticated');
      const back = s.site.client();
      await back.call('POST', '/desk/sign-in', { email: boss.email, password: kPassword });
      await back.call('POST', '/client/sign-in/verify', { code: await boss.app.fresh() });
      for (const path of ['/v1/support-cases', `/v1/support-cases/${id}`, '/v1/desk/users?query=x', '/v1/desk/users/usr_x'])
        assert.equal((await back.call('GET', path)).code, 'forbidden', path);
    });
  });
}
