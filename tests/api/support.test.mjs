// Support cases over HTTP, on both databases: the whole way back, who may do what, what pauses a case,
// and two things at once. Who may do what in every state is tests/server/domain/support_policy_test.cpp.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';

import { startSmtp } from '../support/smtp_server.mjs';
import { enrol, person, userWithFactor } from './people.mjs';
import { databases, Site } from './server.mjs';
import { App } from './totp.mjs';

const kPassword = 'a long and private sentence';
const quick = { algorithm: 'SHA1', digits: 6, period: 15 };
let made = 0;

/** A site with a mail server, and what tests of cases need. */
class Support {
  static async open(database) {
    const self = new Support();
    self.smtp = await startSmtp();
    self.site = await Site.open(database, {
      TWOFOLD_SMTP: self.smtp.url, TWOFOLD_MAIL_FROM: 'Example Hosting <no-reply@example.com>', TWOFOLD_SIGN_INS_PER_IP: '10000', TWOFOLD_SUPPORT_CASES_PER_USER: '3',
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

  /** A person of the desk, signed in, with their own second factor. */
  async colleague(role, { email = `${role}-${++made}@desk.example`, factor = true } = {}) {
    const added = this.site.agent({ role, email, name: `${role} ${made}`, password: kPassword });
    assert.equal(added.role, role);
    const client = this.site.client();
    const signed = await client.call('POST', '/desk/sign-in', { email, password: kPassword });
    assert.equal(signed.status, 200, signed.text);
    client.id = added.id;
    client.email = email;
    if (factor) await enrol(client, 'me');
    return client;
  }

  /** Someone with 2FA who has only the password left. */
  async lockedOut() {
    const who = await person(this.site);
    const { app, id, codes } = await enrol(who.client, 'me', quick);
    const half = await this.password(who);
    return { ...who, app, factor: id, codes, half };
  }
  async password({ email }) {
    const half = this.site.client();
    const answer = await half.call('POST', '/client/sign-in', { email, password: kPassword });
    assert.equal(answer.body.status, 'second_factor_required', answer.text);
    return half;
  }
  async open(who, more = {}) {
    const answer = await who.half.call('POST', '/v1/users/me/support-cases', { reason: 'lost_phone', ...more });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  }
  act(client, id, action, body = {}) { return client.call('POST', `/v1/support-cases/${id}/${action}`, body); }
  async must(client, id, action, body) {
    const answer = await this.act(client, id, action, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }
  /** Up to the approval: identity document and in person, so that the mail is left for the link. */
  async approved(who, more) {
    const { id } = await this.open(who, more);
    await this.must(this.agent, id, 'evidence', { kind: 'identity_document' });
    await this.must(this.agent, id, 'evidence', { kind: 'in_person' });
    const detail = await this.must(this.supervisor, id, 'approve', {});
    assert.equal(detail.state, 'waiting', JSON.stringify(detail));
    return id;
  }
  /** The waiting time is over; resolves when the server has moved the case on. */
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
  mails(who, what) { return this.smtp.mails.filter((m) => m.to[0] === who.email && what.test(m.subject ?? m.raw)); }
  /** The token of a link in the newest such mail. */
  token(who, page) {
    return this.until(() => {
      for (const m of this.smtp.mails.filter((mail) => mail.to[0] === who.email).reverse()) {
        const found = m.raw.replace(/=\r?\n/g, '').replace(/=3D/g, '=').match(new RegExp(`/#/${page}\\?token=([\\w-]{43})`));
        if (found) return found[1];
      }
      return undefined;
    });
  }
  redeem(client, token, password = kPassword) { return client.call('POST', '/v1/recovery-links/redeem', { token, password }); }
}

for (const database of databases) {
  describe(`support cases on ${database.name}`, { concurrency: false }, () => {
    let s;
    before(async () => { s = await Support.open(database); });
    after(() => s.close());

    it('the whole way back: asked, proven, approved by another, waited for, enrolled anew', { timeout: 120_000 }, async () => {
      const who = await s.lockedOut();
      const opened = await s.open(who, { contact: 'call me' });
      assert.deepEqual([opened.state, opened.next, opened.can_withdraw], ['open', 'evidence', true]);
      const again = await who.half.call('POST', '/v1/users/me/support-cases', { reason: 'other' });
      assert.equal(again.code, 'case_already_open');
      const challenge = await who.half.call('GET', '/client/challenge');
      assert.deepEqual(challenge.body.support_case, { id: opened.id, state: 'open' });

      const queue = await s.agent.call('GET', '/v1/support-cases?limit=100');
      const brief = queue.body.items.find((c) => c.id === opened.id);
      assert.deepEqual(brief.opened_by, { kind: 'owner' });
      assert.match(brief.user.email, /•••@/);
      const first = await s.must(s.agent, opened.id, 'evidence', { kind: 'identity_document', note: 'passport shown' });
      assert.deepEqual([first.state, first.points, first.next], ['evidence', 60, 'evidence']);
      const short = await s.act(s.supervisor, opened.id, 'approve');
      assert.equal(short.code, 'evidence_missing', 'one group is not two');
      const second = await s.must(s.agent, opened.id, 'evidence', { kind: 'phone_call_back' });
      assert.equal(second.evidence.find((e) => e.kind === 'phone_call_back').why, 'no_address', 'there is no number to call');
      const third = await s.must(s.agent, opened.id, 'evidence', { kind: 'in_person' });
      assert.deepEqual(third.groups.sort(), ['document', 'in_person']);
      assert.equal((await s.act(s.agent, opened.id, 'approve')).code, 'forbidden');
      const approved = await s.must(s.supervisor, opened.id, 'approve', {});
      assert.equal(approved.link_sent_to, 'email');
      const owner = (await who.half.call('GET', '/v1/users/me/support-cases')).body.items[0];
      assert.deepEqual([owner.state, owner.next], ['waiting', 'wait']);
      const waits = Date.parse(owner.waits_until) - Date.now();
      assert.ok(waits > 5.9 * 3600e3 && waits < 6.1 * 3600e3, `strong evidence waits 6 h, not ${waits} ms`);
      assert.ok(!JSON.stringify(owner).includes(s.agent.email) && !/desk\.example/.test(JSON.stringify(owner)), 'nobody of the desk is named to the owner');

      await s.timeIsOver(opened.id);
      const token = await s.token(who, 'recover');
      const browser = s.site.client();
      assert.equal((await s.redeem(browser, token, 'not the password')).code, 'password_invalid');
      const redeemed = await s.redeem(browser, token);
      assert.equal(redeemed.status, 200, redeemed.text);
      const me = await browser.call('GET', '/client/me');
      assert.equal(me.body.state, 'recovery');
      for (const path of ['/v1/users/me', '/v1/users/me/backup-codes', '/v1/users/me/audit', '/client/challenge'])
        assert.equal((await browser.call('GET', path)).status, 403, path);
      assert.equal((await browser.call('POST', '/v1/users/me/disable', {})).status, 403);
      assert.equal((await browser.call('POST', '/v1/users/me/backup-codes', {})).status, 403);
      assert.equal((await s.redeem(s.site.client(), token)).code, 'link_invalid', 'a second browser');
      assert.equal((await s.redeem(browser, token)).status, 200, 'the same browser, again');

      const started = await browser.call('POST', '/v1/users/me/enrollments', { method: 'totp' });
      assert.equal(started.status, 201, started.text);
      const app = new App(started.body.totp);
      const confirmed = await browser.call('POST', `/v1/users/me/enrollments/${started.body.id}/confirm`, { code: await app.fresh() });
      assert.equal(confirmed.status, 200, confirmed.text);
      assert.equal(confirmed.body.backup_codes.length, 10);
      assert.equal(await s.state(opened.id), 'done');
      assert.equal((await browser.call('GET', '/client/me')).body.state, 'signed_out', 'every session has ended');
      assert.equal((await who.client.call('GET', '/client/me')).body.state, 'signed_out');
      assert.equal((await s.redeem(s.site.client(), token)).code, 'link_invalid');

      const back = await s.password(who);
      assert.equal((await back.call('POST', '/client/sign-in/verify', { code: await who.app.fresh() })).code, 'code_invalid', 'the old app is over');
      const signed = await back.call('POST', '/client/sign-in/verify', { code: await app.fresh() });
      assert.equal(signed.status, 200, signed.text);
      assert.equal((await s.password(who).then((h) => h.call('POST', '/client/sign-in/verify', { code: who.codes[0] }))).code, 'code_invalid', 'the old backup codes are over');
      for (const what of [/Support was asked/, /is checking who asks/, /was approved/, /was sent for/, /Set up a new sign-in method/, /was opened/, /new sign-in method at/])
        await s.until(() => s.mails(who, what).length > 0).catch(() => assert.fail(`no mail ${what}`));
    });

    it('security 57: the recorder does not approve, the opener does not, nobody acts on their own account, two for high value', async () => {
      const both = await s.colleague('supervisor');
      const who = await s.lockedOut();
      const { id } = await s.open(who);
      await s.must(both, id, 'evidence', { kind: 'identity_document' });
      await s.must(s.agent, id, 'evidence', { kind: 'in_person' });
      assert.equal((await s.act(both, id, 'approve')).code, 'four_eyes');
      const seen = (await both.call('GET', `/v1/support-cases/${id}`)).body.actions.find((a) => a.action === 'approve');
      assert.deepEqual(seen, { action: 'approve', allowed: false, why: 'recorder' });
      await s.must(s.supervisor, id, 'approve');

      const opener = await s.colleague('supervisor');
      const other = await s.lockedOut();
      const found = (await opener.call('GET', `/v1/desk/users?query=${encodeURIComponent(other.email)}`)).body.items;
      assert.equal(found.length, 1);
      const theirs = await opener.call('POST', '/v1/support-cases', { user_id: found[0].id, reason: 'lost_codes', channel: 'phone' });
      assert.equal(theirs.status, 201, theirs.text);
      for (const kind of ['identity_document', 'in_person']) await s.must(s.agent, theirs.body.id, 'evidence', { kind });
      assert.equal((await s.act(opener, theirs.body.id, 'approve')).code, 'four_eyes');

      const own = await s.lockedOut();
      const same = await s.colleague('supervisor', { email: own.email.toUpperCase() });
      const { id: mine } = await s.open(own);
      for (const action of ['approve', 'cancel']) assert.equal((await s.act(same, mine, action)).code, 'own_account', action);
      assert.equal((await s.act(same, mine, 'evidence', { kind: 'in_person' })).code, 'own_account');
      assert.equal((await s.act(same, mine, 'reject', { reason: 'x' })).code, 'own_account');

      const rich = await userWithFactor(s.key, quick);
      assert.equal((await s.key.call('PUT', `/v1/users/${rich.user}`, { high_value: true })).status, 200);
      const { id: dear } = (await s.key.call('POST', `/v1/users/${rich.user}/support-cases`, { reason: 'lost_phone' })).body;
      for (const kind of ['identity_document', 'in_person']) await s.must(s.agent, dear, 'evidence', { kind });
      assert.equal((await s.must(s.supervisor, dear, 'approve')).state, 'approved');
      assert.equal((await s.act(s.supervisor, dear, 'approve')).code, 'four_eyes', 'not twice');
      assert.equal((await s.must(both, dear, 'approve')).state, 'waiting');
    });

    it('people of the desk can do nothing before their own second factor is on, and customers never', async () => {
      const bare = await s.colleague('agent', { factor: false });
      const me = await bare.call('GET', '/client/me');
      assert.deepEqual(me.body.agent, { role: 'agent', needs_factor: true });
      const who = await s.lockedOut();
      const { id } = await s.open(who);
      const everything = [['GET', '/v1/support-cases'], ['GET', `/v1/support-cases/${id}`], ['GET', '/v1/desk/users?query=x'],
        ['POST', `/v1/support-cases/${id}/evidence`, { kind: 'in_person' }], ['POST', `/v1/support-cases/${id}/approve`, {}], ['POST', `/v1/support-cases/${id}/cancel`, {}]];
      for (const [method, path, body] of everything) {
        assert.equal((await bare.call(method, path, body)).code, 'own_factor_required', path);
        assert.equal((await who.client.call(method, path, body)).code, 'forbidden', path);
        assert.equal((await who.half.call(method, path, body)).code, 'second_factor_required', path);
        assert.equal((await s.key.call(method, path, body)).code, 'forbidden', path);
        assert.equal((await s.site.client().call(method, path, body)).code, 'unauthenticated', path);
      }
      await enrol(bare, 'me');
      assert.equal((await bare.call('GET', '/v1/support-cases')).status, 200);
      s.site.run('agent', 'end', '--email', bare.email);
      assert.equal((await bare.call('GET', '/v1/support-cases')).code, 'unauthenticated', 'their sessions have ended');
      assert.match(s.site.run('agent', 'list'), /^ended +2FA +"agent/m);
    });

    it('the owner objects: the case pauses, is reviewed, and goes on after the whole waiting time', { timeout: 90_000 }, async () => {
      const who = await s.lockedOut();
      const id = await s.approved(who);
      const token = await s.token(who, 'not-me');
      for (const path of ['/', '/#/not-me', `/v1/notice-links/redeem?token=${token}`]) await s.site.client().raw('GET', path);
      assert.equal(await s.state(id), 'waiting', 'a GET changes nothing');
      const frozen = await s.site.client().call('POST', '/v1/notice-links/redeem', { token });
      assert.deepEqual(frozen.body, { status: 'frozen', sessions_ended: true, case: { state: 'paused' } });
      assert.equal((await who.client.call('GET', '/client/me')).body.state, 'signed_out');
      assert.deepEqual((await s.site.client().call('POST', '/v1/notice-links/redeem', { token })).body, frozen.body, 'again, the same');
      await s.rows(`UPDATE support_case SET due_at = due_at WHERE id = '${id}'`);
      assert.equal((await s.act(s.agent, id, 'resume', { reason: 'x' })).code, 'forbidden');
      const detail = await s.must(s.supervisor, id, 'resume', { reason: 'The owner called: they had pressed the wrong button.' });
      assert.equal(detail.state, 'waiting');
      const waits = Date.parse(detail.waits_until) - Date.now();
      assert.ok(waits > 23.9 * 3600e3, `the whole time once more, not ${waits} ms`);
      await s.timeIsOver(id);
      assert.equal((await s.redeem(s.site.client(), await s.token(who, 'recover'))).status, 200);
    });

    it('a factor that is used pauses the case; a link that is out dies with it', { timeout: 90_000 }, async () => {
      const who = await s.lockedOut();
      const id = await s.approved(who);
      await s.timeIsOver(id);
      const token = await s.token(who, 'recover');
      const browser = s.site.client();
      assert.equal((await s.redeem(browser, token)).status, 200);
      const started = await browser.call('POST', '/v1/users/me/enrollments', { method: 'totp' });
      const half = await s.password(who);
      assert.equal((await half.call('POST', '/client/sign-in/verify', { code: await who.app.fresh() })).status, 200);
      assert.equal(await s.state(id), 'paused');
      const confirmed = await browser.call('POST', `/v1/users/me/enrollments/${started.body.id}/confirm`, { code: await new App(started.body.totp).fresh() });
      assert.equal(confirmed.code, 'enrollment_closed');
      assert.equal((await browser.call('POST', '/v1/users/me/enrollments', { method: 'totp' })).code, 'proof_required');
      assert.equal((await s.redeem(s.site.client(), token)).code, 'link_invalid');
    });

    it('stolen: the thief with the phone and the password cannot veto the owner', { timeout: 60_000 }, async () => {
      const who = await s.lockedOut();
      const { id } = await s.open(who, { reason: 'stolen', stolen: [who.factor] });
      const thief = await s.password(who);
      await s.must(s.agent, id, 'evidence', { kind: 'identity_document' });
      const refused = await thief.call('POST', '/client/sign-in/verify', { code: await who.app.fresh() });
      assert.equal(refused.code, 'factor_suspended', refused.text);
      await s.must(s.agent, id, 'evidence', { kind: 'in_person' });
      await s.must(s.supervisor, id, 'approve');
      const withdrawn = await thief.call('POST', `/v1/users/me/support-cases/${id}/cancel`, {});
      assert.equal(withdrawn.body.state, 'paused', 'looked at, not ended');
      await s.must(s.supervisor, id, 'resume', { reason: 'the owner stands here' });
      await s.must(s.supervisor, id, 'reject', { reason: 'test' });
      const well = await s.password(who);
      assert.equal((await well.call('POST', '/client/sign-in/verify', { code: await who.app.fresh() })).status, 200, 'it comes back when the case fails');
    });

    it('addresses changed yesterday are no evidence; one kind twice is one; the link does not go where the evidence was', async () => {
      const u = await userWithFactor(s.key, quick);
      await s.rows(`UPDATE user SET created_at = created_at - 864000 WHERE external_id = '${u.user}'`);
      assert.equal((await s.key.call('PUT', `/v1/users/${u.user}`, { email: `new-${u.user}@example.com`, phone: '+34612345678' })).status, 200);
      const opened = await s.key.call('POST', `/v1/users/${u.user}/support-cases`, { reason: 'lost_phone' });
      assert.equal(opened.status, 201, opened.text);
      const { id } = opened.body;
      for (const kind of ['email_reply', 'phone_call_back']) {
        const detail = await s.must(s.agent, id, 'evidence', { kind });
        const recorded = detail.evidence.find((e) => e.kind === kind);
        assert.deepEqual([recorded.counts, recorded.why], [false, 'address_changed']);
      }
      await s.must(s.agent, id, 'evidence', { kind: 'billing_details' });
      const twice = await s.must(s.agent, id, 'evidence', { kind: 'billing_details' });
      assert.deepEqual([twice.points, twice.groups], [40, ['document']]);
      assert.deepEqual(twice.evidence.filter((e) => e.kind === 'billing_details').map((e) => e.counts).sort(), [false, true]);
      assert.equal(twice.evidence.find((e) => e.kind === 'billing_details' && !e.counts).why, 'repeated');
      await s.must(s.agent, id, 'evidence', { kind: 'in_person' });
      assert.equal((await s.act(s.supervisor, id, 'approve')).code, 'delivery_missing', 'the only mailbox is a day old');

      const mail = await s.lockedOut();
      const { id: other } = await s.open(mail, { contact: 'second@example.org' });
      for (const kind of ['email_reply', 'in_person']) await s.must(s.agent, other, 'evidence', { kind });
      assert.equal((await s.act(s.supervisor, other, 'approve')).code, 'delivery_missing', 'typed by whoever has the password');
      await s.must(s.supervisor, other, 'cancel');
      const told = await s.agent.call('POST', '/v1/support-cases', { user_id: (await mail.client.call('GET', '/v1/users/me')).body.id, reason: 'lost_phone', channel: 'in_person', contact: 'second@example.org' });
      assert.equal(told.status, 201, told.text);
      for (const kind of ['email_reply', 'in_person']) await s.must(s.agent, told.body.id, 'evidence', { kind });
      const approved = await s.must(s.supervisor, told.body.id, 'approve');
      assert.equal(approved.link_sent_to, 'given', 'the mailbox was evidence');
      const waits = Date.parse(approved.waits_until) - Date.now();
      assert.ok(waits > 23.9 * 3600e3, 'an address we did not know: the whole time');
    });

    it('another application knows nothing of it; a flood is stopped; a key ends what it opened', async () => {
      const u = await userWithFactor(s.key, quick);
      const stranger = s.site.client(undefined, { key: s.site.key('Other') });
      assert.equal((await stranger.call('POST', `/v1/users/${u.user}/support-cases`, { reason: 'other' })).code, 'not_found');
      for (let i = 0; i < 3; ++i) {
        const opened = await s.key.call('POST', `/v1/users/${u.user}/support-cases`, { reason: 'other' });
        assert.equal(opened.status, 201, opened.text);
        assert.equal((await stranger.call('POST', `/v1/users/${u.user}/support-cases/${opened.body.id}/cancel`, {})).code, 'not_found');
        assert.equal((await s.key.call('POST', `/v1/users/${u.user}/support-cases/${opened.body.id}/cancel`, {})).body.state, 'cancelled');
      }
      assert.equal((await s.key.call('POST', `/v1/users/${u.user}/support-cases`, { reason: 'other' })).status, 429);
      const plain = `no-factor-${process.pid}`;
      await s.key.call('PUT', `/v1/users/${plain}`, {});
      assert.equal((await s.key.call('POST', `/v1/users/${plain}/support-cases`, { reason: 'other' })).code, 'not_enrolled');
      const wrong = await s.key.call('POST', `/v1/users/${u.user}/support-cases`, { reason: 'because', stolen: 'x', more: 1 });
      assert.deepEqual(wrong.body.errors.map((e) => e.pointer).sort(), ['/more', '/reason', '/stolen']);
    });

    it('an application that keeps the passwords enrols by its key once the case has waited', { timeout: 60_000 }, async () => {
      const u = await userWithFactor(s.key, quick);
      const opened = await s.key.call('POST', `/v1/users/${u.user}/support-cases`, { reason: 'lost_phone' });
      const { id } = opened.body;
      for (const kind of ['identity_document', 'in_person']) await s.must(s.agent, id, 'evidence', { kind });
      await s.must(s.supervisor, id, 'approve');
      assert.equal((await s.key.call('POST', `/v1/users/${u.user}/enrollments`, { method: 'totp' })).code, 'proof_required', 'not while it waits');
      await s.timeIsOver(id);
      const fresh = await enrol(s.key, u.user, quick);
      assert.equal(fresh.codes.length, 10);
      assert.equal(await s.state(id), 'done');
      const list = (await s.key.call('GET', `/v1/users/${u.user}/enrollments`)).body.items;
      assert.deepEqual(list.map((e) => e.id), [fresh.id], 'the lost one has ended');
    });

    it('two things at once: approve and withdraw, two approvals, two confirms, a sign-in while it is approved', { timeout: 120_000 }, async () => {
      const other = await s.colleague('supervisor');
      for (let round = 0; round < 4; ++round) {
        const who = await s.lockedOut();
        const { id } = await s.open(who);
        for (const kind of ['identity_document', 'in_person']) await s.must(s.agent, id, 'evidence', { kind });
        const [approve, withdraw] = await Promise.all([s.act(s.supervisor, id, 'approve'), who.half.call('POST', `/v1/users/me/support-cases/${id}/cancel`, {})]);
        assert.equal(withdraw.status, 200, withdraw.text);
        assert.ok(approve.status === 200 || approve.code === 'case_state', approve.text);
        assert.equal(await s.state(id), 'paused', 'whichever came first');
        await s.must(other, id, 'resume', { reason: 'go on' });
        if ((await s.state(id)) !== 'waiting') {
          const two = await Promise.all([s.act(s.supervisor, id, 'approve'), s.act(other, id, 'approve')]);
          assert.deepEqual(two.map((a) => a.status).sort(), [200, 409]);
        }
        const steps = (await s.agent.call('GET', `/v1/support-cases/${id}`)).body.timeline;
        assert.equal(steps.filter((t) => t.action === 'approved').length, 1);
        const half = await s.password(who);
        const code = await who.app.fresh();
        const [signed] = await Promise.all([half.call('POST', '/client/sign-in/verify', { code }), s.rows(`UPDATE support_case SET due_at = 1 WHERE id = '${id}'`)]);
        assert.equal(signed.status, 200, signed.text);
        await s.until(async () => (await s.state(id)) === 'paused');
        assert.equal((await s.rows(`SELECT COUNT(*) FROM link WHERE purpose = 'recover' AND email_index = '${id}' AND used_at IS NULL`))[0][0], '0', 'no link is left');
      }
      const who = await s.lockedOut();
      const id = await s.approved(who);
      await s.timeIsOver(id);
      const token = await s.token(who, 'recover');
      const browsers = [s.site.client(), s.site.client(), s.site.client()];
      const redeemed = await Promise.all(browsers.map((b) => s.redeem(b, token)));
      assert.deepEqual(redeemed.map((r) => r.status).sort(), [200, 422, 422], 'one browser');
      const winner = browsers[redeemed.findIndex((r) => r.status === 200)];
      const started = await winner.call('POST', '/v1/users/me/enrollments', { method: 'totp' });
      const code = await new App(started.body.totp).fresh();
      const done = await Promise.all([1, 2].map(() => winner.call('POST', `/v1/users/me/enrollments/${started.body.id}/confirm`, { code })));
      assert.equal(done.filter((d) => d.status === 200).length, 1, done.map((d) => d.text).join('\n'));
    });

    it('a hundred wrong codes do not mute the notices of a case', { timeout: 60_000 }, async () => {
      const who = await s.lockedOut();
      for (let i = 0; i < 100; ++i) await who.half.call('POST', '/client/sign-in/verify', { code: String(100000 + i) });
      const before = s.mails(who, /./).length;
      const { id } = await s.open({ ...who, half: await s.password(who) });
      await s.must(s.agent, id, 'evidence', { kind: 'in_person' });
      await s.until(() => s.mails(who, /Support was asked/).length === 1 && s.mails(who, /is checking who asks/).length === 1);
      assert.ok(s.mails(who, /./).length >= before + 2);
    });

    it('links are made from the public URL, whatever Host says; the tokens are nowhere else', async () => {
      const who = await s.lockedOut();
      await s.open(who);
      const [mail] = await s.until(() => { const found = s.mails(who, /Support was asked/); return found.length > 0 && found; });
      const token = await s.token(who, 'not-me');
      const raw = mail.raw.replace(/=\r?\n/g, '');
      assert.ok(raw.includes(`${s.site.url}/#/not-me`), raw);
      const host = await s.site.client().raw('GET', '/client/config', { headers: { Host: 'evil.example' } });
      assert.equal(host.status, 421);
      const links = await s.rows('SELECT * FROM link');
      assert.ok(!JSON.stringify(links).includes(token));
      assert.ok(!s.site.servers[0].log.includes(token));
      assert.ok(!(await s.key.call('GET', '/v1/audit?limit=100')).text.includes(token));
    });
  });
}
