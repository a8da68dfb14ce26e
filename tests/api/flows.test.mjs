// The flows of the first slice over HTTP, on each database; numbers are those of security.md.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { challenge, enrol, person, userWithFactor, verify } from './people.mjs';
import { databases, Site } from './server.mjs';

for (const database of databases) {
  describe(`flows on ${database.name}`, () => {
    let site;
    let key;
    before(async () => {
      site = await Site.open(database, {
        TWOFOLD_SIGN_INS_PER_IP: '10000', TWOFOLD_SIGN_INS_PER_ACCOUNT: '100', TWOFOLD_REGISTERS_PER_IP: '1000',
      });
      await site.serve();
      key = site.client(undefined, { key: site.key('Hosting') });
    });
    after(() => site.close());

    it('security 25: registers by mail, and answers alike for known and unknown addresses', async () => {
      const body = { email: 'new@example.com', password: 'a long and private sentence', display_name: 'New', locale: 'de' };
      const client = site.client();
      const first = await client.call('POST', '/client/register', body);
      assert.equal(first.status, 202);
      const link = site.mails().find((m) => m.to === body.email).link;
      const token = new URLSearchParams(link.split('?')[1]).get('token');
      assert.ok(link.startsWith(`${site.url}/#/confirm-email?token=`), 'from the public URL, in the fragment');
      assert.equal((await client.call('POST', '/client/register/confirm', { token, password: 'not that one' })).code, 'password_invalid');
      assert.equal((await client.call('POST', '/client/register/confirm', { token: 'A'.repeat(43), password: body.password })).code, 'link_invalid');
      const confirmed = await client.call('POST', '/client/register/confirm', { token, password: body.password });
      assert.equal(confirmed.body.status, 'signed_in');
      assert.equal(confirmed.body.user.email, body.email);
      assert.equal(confirmed.body.user.locale, 'de');
      assert.equal((await client.call('GET', '/client/me')).body.state, 'signed_in');
      assert.equal((await client.call('POST', '/client/register/confirm', { token, password: body.password })).code, 'link_invalid');
      const again = await site.client().call('POST', '/client/register', body);
      assert.equal(again.status, first.status);
      assert.equal(again.text, first.text);
      assert.ok(!site.mails().some((m) => m.to === body.email && m.link?.includes('confirm-email') && m.link !== link));
    });

    it('security 9, 11, 46-49, 51, 52: enables, signs in with a code, and disables', async () => {
      const { client, email, password } = await person(site);
      const before = client.cookie;
      const me = await enrol(client, 'me');
      assert.equal(me.codes.length, 10);
      const list = await client.call('GET', '/v1/users/me/enrollments');
      assert.equal(list.body.items[0].status, 'active');
      assert.ok(!list.text.includes('secret'), 'never the secret again');
      assert.equal((await client.call('POST', '/client/sign-out', {})).status, 204);
      const dead = site.client();
      dead.cookie = before;
      assert.equal((await dead.call('GET', '/v1/users/me/enrollments')).status, 401);

      const second = await client.call('POST', '/client/sign-in', { email, password });
      assert.equal(second.body.status, 'second_factor_required');
      const partial = client.cookie;
      for (const [method, path, body] of [
        ['GET', '/v1/users/me'], ['GET', '/v1/users/me/enrollments'], ['GET', '/v1/users/me/backup-codes'], ['GET', '/v1/users/me/audit'],
        ['PATCH', '/client/me', { display_name: 'x' }], ['POST', '/client/reauthenticate', { password }],
        ['POST', '/v1/users/me/enrollments', { method: 'totp' }], ['POST', '/v1/users/me/disable', { code: '123456' }],
        ['POST', '/v1/users/me/challenges', { purpose: 'manage', action: 'disable' }],
        ['POST', `/v1/challenges/${second.body.challenge.id}/verify`, { code: '123456' }],
        ['DELETE', '/v1/users/me', { password }],
      ]) {
        const answer = await client.call(method, path, body);
        assert.equal(answer.code, 'second_factor_required', `${method} ${path}`);
      }
      assert.equal((await client.call('GET', '/client/me')).body.state, 'second_factor_required');
      assert.equal((await client.call('GET', '/client/challenge')).body.id, second.body.challenge.id);
      assert.equal((await client.call('GET', `/v1/challenges/${second.body.challenge.id}`)).body.status, 'pending');

      const replay = await client.call('POST', '/client/sign-in/verify', { code: me.confirmCode });
      assert.equal(replay.code, 'code_already_used', 'the code that confirmed cannot sign in');
      const wrong = await client.call('POST', '/client/sign-in/verify', { code: me.app.wrong() });
      assert.equal(wrong.code, 'code_invalid');
      assert.equal(wrong.body.attempts_remaining, 4);
      assert.equal((await client.call('POST', '/client/sign-in/verify', { code: '12345' })).code, 'validation_failed');
      const code = await me.app.fresh();
      const done = await client.call('POST', '/client/sign-in/verify', { code: `${code.slice(0, 3)} ${code.slice(3)}` });
      assert.equal(done.body.status, 'signed_in', done.text);
      assert.equal(done.body.method, 'totp');
      assert.notEqual(client.cookie, partial, 'a new token at the step up');
      const old = site.client();
      old.cookie = partial;
      assert.equal((await old.call('GET', '/client/challenge')).status, 401);

      assert.equal((await client.call('POST', '/v1/users/me/disable', {})).code, 'proof_required');
      assert.equal((await client.call('POST', '/v1/users/me/disable', { code })).code, 'code_already_used');
      assert.equal((await client.call('POST', '/v1/users/me/disable', { code: await me.app.fresh() })).status, 204);
      assert.equal((await client.call('GET', '/client/me')).body.user.two_factor.enabled, false);
      assert.equal((await client.call('POST', '/client/sign-in', { email, password })).body.status, 'signed_in');
      const kinds = site.mails().filter((m) => m.to === email).map((m) => m.kind);
      assert.ok(kinds.includes('two_factor_enabled') && kinds.includes('two_factor_disabled'), kinds.join());
    });

    it('security 32, 34: a backup code signs in once and grants setting up anew', async () => {
      const { client, email, password } = await person(site);
      const me = await enrol(client, 'me');
      await client.call('POST', '/client/sign-out', {});
      await client.call('POST', '/client/sign-in', { email, password });
      const typed = me.codes[0].toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
      const done = await client.call('POST', '/client/sign-in/verify', { code: typed });
      assert.equal(done.body.method, 'backup_code', done.text);
      assert.equal(done.body.backup_codes_remaining, 9);
      assert.ok(done.body.recover.expires_at);
      assert.equal((await client.call('POST', '/v1/users/me/disable', {})).code, 'proof_required', 'not disable');
      const anew = await enrol(client, 'me', undefined, { replaces: me.id });
      assert.equal(anew.codes.length, 10);
      const items = (await client.call('GET', '/v1/users/me/enrollments')).body.items;
      assert.deepEqual(items.map((i) => i.id), [anew.id]);
      assert.equal((await client.call('POST', '/v1/users/me/enrollments', { method: 'totp' })).code, 'proof_required', 'once');
      await client.call('POST', '/client/sign-out', {});
      await client.call('POST', '/client/sign-in', { email, password });
      assert.equal((await client.call('POST', '/client/sign-in/verify', { code: me.codes[1] })).code, 'code_invalid', 'old codes ended');
      const twice = await client.call('POST', '/client/sign-in/verify', { code: anew.codes[0] });
      assert.equal(twice.body.status, 'signed_in');
    });

    it('security 33: one backup code, 64 at once, passes once', async () => {
      const u = await userWithFactor(key);
      const challenges = await Promise.all(Array.from({ length: 8 }, () => challenge(key, u.user)));
      const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => verify(key, challenges[i % 8].id, u.codes[3])));
      assert.equal(answers.filter((a) => a.status === 200).length, 1);
      assert.ok(answers.every((a) => a.status < 500 || a.status === 503));
    });

    it('security 48, 50: a fresh password step renews the session, and the old one is dead', async () => {
      const { client, password } = await person(site);
      const stale = client.cookie;
      assert.equal((await client.call('POST', '/client/reauthenticate', { password: 'wrong' })).code, 'credentials_invalid');
      assert.equal((await client.call('POST', '/client/reauthenticate', { password })).status, 200);
      assert.notEqual(client.cookie, stale);
      const old = site.client();
      old.cookie = stale;
      assert.equal((await old.call('GET', '/v1/users/me')).status, 401);
      assert.equal((await client.call('POST', '/client/password', { current_password: password, new_password: 'password' })).code, 'validation_failed');
      assert.equal((await client.call('POST', '/client/password', { current_password: 'wrong', new_password: 'quite another sentence' })).code, 'credentials_invalid');
      assert.equal((await client.call('POST', '/client/password', { current_password: password, new_password: 'quite another sentence' })).status, 200);
    });

    it('a reset link changes the password and never skips the second step', async () => {
      const { client, email } = await person(site);
      const me = await enrol(client, 'me');
      const known = await site.client().call('POST', '/client/password-reset', { email });
      const unknown = await site.client().call('POST', '/client/password-reset', { email: 'nobody@example.com' });
      assert.equal(known.status, 202);
      assert.equal(known.text, unknown.text);
      const link = site.mails().find((m) => m.to === email && m.link?.includes('reset-password')).link;
      const token = new URLSearchParams(link.split('?')[1]).get('token');
      const password = 'the sentence after the reset';
      assert.equal((await client.call('POST', '/client/password-reset/confirm', { token, password })).status, 204);
      assert.equal((await client.call('GET', '/client/me')).body.state, 'signed_out', 'sessions end');
      assert.equal((await site.client().call('POST', '/client/password-reset/confirm', { token, password })).code, 'link_invalid');
      const signIn = await site.client().call('POST', '/client/sign-in', { email, password });
      assert.equal(signIn.body.status, 'second_factor_required');
      assert.ok(me.id);
    });

    it('security 24: mails to one address are limited; the answer stays the same', async () => {
      const email = `often-${database.name.toLowerCase()}@example.com`;
      const answers = [];
      for (let i = 0; i < 7; ++i) answers.push(await site.client().call('POST', '/client/password-reset', { email }));
      for (let i = 0; i < 7; ++i) answers.push(await site.client().call('POST', '/client/register', { email, password: 'a long and private sentence' }));
      assert.ok(answers.every((a) => a.status === 202 && a.text === answers[0].text));
      assert.ok(site.mails().filter((m) => m.to === email).length <= 4, 'four an hour');
    });

    it('security 12: only the time of the server counts', async () => {
      const u = await userWithFactor(key);
      const past = u.app.at(u.app.step() - 20);
      const id = (await challenge(key, u.user)).id;
      const when = new Date(Date.now() - 600_000);
      assert.equal((await verify(key, id, past, { time: Math.floor(when / 1000) })).code, 'validation_failed');
      const told = await key.call('POST', `/v1/challenges/${id}/verify`, { code: past }, { Date: when.toUTCString(), 'X-Time': String(+when) });
      assert.equal(told.code, 'code_invalid');
    });

    it('several named authenticators: add, rename, remove (flow 4)', async () => {
      const u = await userWithFactor(key);
      assert.equal((await key.call('POST', `/v1/users/${u.user}/enrollments`, { method: 'totp', label: 'Tablet' })).code, 'proof_required');
      const second = await enrol(key, u.user, { algorithm: 'SHA512', digits: 8, period: 15 }, { label: 'Tablet', code: await u.app.fresh() });
      assert.equal(second.codes, undefined, 'codes come with the first only');
      const renamed = await key.call('PATCH', `/v1/users/${u.user}/enrollments/${second.id}`, { label: 'Große Uhr ⌚' });
      assert.equal(renamed.body.label, 'Große Uhr ⌚');
      assert.equal((await key.call('PATCH', `/v1/users/${u.user}/enrollments/${second.id}`, { label: 'a\u202eb' })).code, 'validation_failed');
      assert.equal((await key.call('GET', `/v1/users/${u.user}/enrollments/${second.id}`)).body.totp.digits, 8);
      const by = await key.call('POST', `/v1/users/${u.user}/enrollments/${u.id}/remove`, { code: await second.app.fresh(), enrollment_id: second.id });
      assert.equal(by.status, 204, by.text);
      const last = await key.call('POST', `/v1/users/${u.user}/enrollments/${second.id}/remove`, { code: await second.app.fresh() });
      assert.equal(last.status, 204);
      const user = await key.call('GET', `/v1/users/${u.user}`);
      assert.equal(user.body.two_factor.enabled, false);
      assert.equal(user.body.two_factor.backup_codes_remaining, 0);
      assert.match(user.body.email, /^u•••@e•••\.com$/);
    });

    it('security 22, 50: a challenge is for one action and object; an assertion counts once', async () => {
      const u = await userWithFactor(key, { algorithm: 'SHA256', digits: 6, period: 15 });
      const forDisable = await challenge(key, u.user, { purpose: 'manage', action: 'disable' });
      assert.equal((await verify(key, forDisable.id, await u.app.fresh())).status, 200);
      const other = await key.call('POST', `/v1/users/${u.user}/backup-codes`, { challenge_id: forDisable.id });
      assert.equal(other.code, 'proof_required', 'approved for another action');
      const step = await challenge(key, u.user, { purpose: 'step_up', action: 'transfer', action_text: 'Send 100 EUR to Bob', nonce: 'n-1' });
      const approved = await verify(key, step.id, await u.app.fresh());
      assert.equal(approved.status, 200, approved.text);
      const claims = JSON.parse(Buffer.from(approved.body.assertion.split('.')[1], 'base64url'));
      assert.equal(claims.sub, u.user);
      assert.equal(claims.nonce, 'n-1');
      const check = { assertion: approved.body.assertion, user: u.user, purpose: 'step_up', action: 'transfer', challenge_id: step.id };
      assert.equal((await key.call('POST', '/v1/assertions/verify', { ...check, action: 'other' })).status, 422);
      assert.equal((await key.call('POST', '/v1/assertions/verify', check)).status, 200);
      assert.equal((await key.call('POST', '/v1/assertions/verify', check)).code, 'code_already_used');
      assert.equal((await verify(key, step.id, await u.app.fresh())).code, 'challenge_closed');
      assert.equal((await key.call('POST', `/v1/users/${u.user}/disable`, { challenge_id: forDisable.id })).status, 204);
      assert.equal((await key.call('POST', `/v1/users/${u.user}/challenges`, { purpose: 'sign_in' })).code, 'not_enrolled');
    });

    it('security 21, 37, 40, 42: five wrong codes over five challenges lock the factor; then right and wrong look the same', async () => {
      const u = await userWithFactor(key);
      let last;
      for (let i = 0; i < 5; ++i) {
        last = await verify(key, (await challenge(key, u.user)).id, u.app.wrong(i * 100));
        assert.equal(last.code, 'code_invalid', last.text);
      }
      const c = await challenge(key, u.user);
      const right = await verify(key, c.id, await u.app.fresh());
      const wrong = await verify(key, c.id, u.app.wrong(900));
      assert.equal(right.code, 'factor_locked');
      assert.equal(wrong.code, 'factor_locked');
      assert.deepEqual(Object.keys(right.body), Object.keys(wrong.body));
      assert.equal((await verify(key, c.id, u.codes[0])).status, 200, 'another factor stays usable');
    });

    it('security 34: regenerating needs a code; the old codes end', async () => {
      const u = await userWithFactor(key);
      assert.equal((await key.call('POST', `/v1/users/${u.user}/backup-codes`, {})).code, 'proof_required');
      const made = await key.call('POST', `/v1/users/${u.user}/backup-codes`, { code: u.codes[0] });
      assert.equal(made.status, 201, made.text);
      assert.equal((await key.call('GET', `/v1/users/${u.user}/backup-codes`)).body.remaining, 10);
      assert.equal((await verify(key, (await challenge(key, u.user)).id, u.codes[1])).code, 'code_invalid');
    });

    it('security 82: keeps an audit trail without secrets, paged', async () => {
      const u = await userWithFactor(key);
      await verify(key, (await challenge(key, u.user)).id, await u.app.fresh());
      const actions = [];
      let cursor = '';
      do {
        const page = await key.call('GET', `/v1/users/${u.user}/audit?limit=2${cursor && `&cursor=${cursor}`}`);
        assert.equal(page.status, 200, page.text);
        actions.push(...page.body.items.map((i) => i.action));
        cursor = page.body.next_cursor;
      } while (cursor);
      assert.ok(['user.created', 'enrollment.confirmed', 'two_factor.enabled', 'challenge.created'].every((a) => actions.includes(a)), actions.join());
      const all = await key.call('GET', `/v1/audit?user=${u.user}`);
      assert.equal(all.body.items.length, actions.length);
      assert.ok(!all.text.includes(u.codes[0]));
      assert.equal((await key.call('GET', '/v1/audit?limit=101')).code, 'validation_failed');
    });

    it("security 55: the user of another application is as unknown as none", async () => {
      const u = await userWithFactor(key);
      const other = site.client(undefined, { key: site.key('Elsewhere') });
      const c = await challenge(key, u.user);
      for (const [method, path, body] of [
        ['GET', `/v1/users/${u.user}`], ['GET', `/v1/users/${u.user}/enrollments`], ['GET', `/v1/users/${u.user}/enrollments/${u.id}`],
        ['PATCH', `/v1/users/${u.user}/enrollments/${u.id}`, { label: 'x' }], ['POST', `/v1/users/${u.user}/disable`, { code: '123456' }],
        ['POST', `/v1/users/${u.user}/enrollments/${u.id}/remove`, { code: '123456' }], ['POST', `/v1/users/${u.user}/challenges`, { purpose: 'sign_in' }],
        ['GET', `/v1/users/${u.user}/audit`], ['GET', `/v1/users/${u.user}/backup-codes`], ['GET', `/v1/challenges/${c.id}`],
        ['POST', `/v1/challenges/${c.id}/verify`, { code: '123456' }], ['DELETE', `/v1/users/${u.user}`],
      ]) {
        const foreign = await other.call(method, path, body);
        const none = await other.call(method, path.replace(u.user, 'nobody').replace(c.id, 'chl_none'), body);
        assert.equal(foreign.status, 404, `${method} ${path} ${foreign.text}`);
        assert.equal(none.status, 404, `${method} ${path} ${none.text}`);
        assert.deepEqual({ ...foreign.body, request_id: 0 }, { ...none.body, request_id: 0 });
      }
      assert.equal((await key.call('GET', `/v1/users/${u.user}`)).status, 200);
      assert.equal((await key.call('DELETE', `/v1/users/${u.user}`)).status, 204);
      assert.equal((await key.call('GET', `/v1/users/${u.user}`)).status, 404);
    });

    it('a key needs the scope, and an unknown one is no key', async () => {
      const u = await userWithFactor(key);
      const poor = site.client(undefined, { key: site.key('Hosting', 'audit') });
      assert.equal((await poor.call('GET', `/v1/users/${u.user}`)).code, 'forbidden');
      assert.equal((await poor.call('GET', `/v1/users/${u.user}/audit`)).status, 200);
      for (const bad of ['tfk_', `tfk_${'A'.repeat(43)}`, 'tfw_x', 'x']) {
        const answer = await site.client(undefined, { key: bad }).call('GET', `/v1/users/${u.user}`);
        assert.equal(answer.code, 'unauthenticated');
      }
    });

    it('security 73: Idempotency-Key gives the same answer and one effect, scoped to the caller', async () => {
      const u = await userWithFactor(key, { algorithm: 'SHA1', digits: 6, period: 15 });
      const path = `/v1/users/${u.user}/challenges`;
      const once = { 'Idempotency-Key': 'k-1' };
      const first = await key.call('POST', path, { purpose: 'sign_in' }, once);
      const again = await key.call('POST', path, { purpose: 'sign_in' }, once);
      assert.equal(again.status, 201);
      assert.equal(again.text, first.text);
      assert.equal(again.headers['idempotency-replayed'], 'true');
      assert.equal((await key.call('POST', path, { purpose: 'sign_in', nonce: 'x' }, once)).code, 'idempotency_mismatch');
      const same = site.client(undefined, { key: site.key('Hosting') });
      assert.notEqual((await same.call('POST', path, { purpose: 'sign_in' }, once)).body.id, first.body.id, 'another caller');
      const code = await u.app.fresh();
      const v = await key.call('POST', `/v1/challenges/${first.body.id}/verify`, { code }, { 'Idempotency-Key': 'k-2' });
      const w = await key.call('POST', `/v1/challenges/${first.body.id}/verify`, { code }, { 'Idempotency-Key': 'k-2' });
      assert.equal(v.status, 200, v.text);
      assert.equal(w.text, v.text, 'a lost answer is asked for again');
      const wrong = await challenge(key, u.user);
      const tries = await Promise.all(Array.from({ length: 8 }, () =>
        key.call('POST', `/v1/challenges/${wrong.id}/verify`, { code: u.app.wrong(5) }, { 'Idempotency-Key': 'k-3' })));
      assert.ok(tries.every((t) => t.code === 'code_invalid' || t.code === 'idempotency_in_flight'), tries.map((t) => t.text).join('\n'));
      assert.equal((await verify(key, wrong.id, u.app.wrong(77))).body.attempts_remaining, 3, 'eight requests, one attempt');
      assert.equal((await key.call('POST', path, { purpose: 'sign_in' }, { 'Idempotency-Key': 'a b' })).code, 'validation_failed');
    });
  });
}
