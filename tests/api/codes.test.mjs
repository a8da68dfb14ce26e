// Codes by email and WhatsApp over HTTP, on each database and two servers, against a real SMTP server
// (STARTTLS, AUTH) and a local server that speaks the Cloud API; numbers are those of security.md.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { startSmtp } from '../support/smtp_server.mjs';
import { startWhatsApp } from '../support/whatsapp_server.mjs';
import { challenge, enrol, person, userWithFactor, verify } from './people.mjs';
import { databases, Site } from './server.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
let made = 0;
const wrong = (code) => (code === '000000' ? '111111' : '000000');

for (const database of databases) {
  describe(`sent codes on ${database.name}`, { concurrency: false }, () => {
    let site;
    let smtp;
    let meta;
    let key;
    let keys;

    before(async () => {
      smtp = await startSmtp({ tls: 'starttls', user: 'twofold', password: 'p@ss:word' });
      meta = await startWhatsApp();
      site = await Site.open(database, {
        TWOFOLD_SMTP: smtp.url, TWOFOLD_SMTP_CA: smtp.ca, TWOFOLD_MAIL_FROM: 'Example Hosting <no-reply@example.com>',
        ...meta.env(), TWOFOLD_PHONE_REGION: 'ES', TWOFOLD_SIGN_INS_PER_IP: '10000', TWOFOLD_CODES_PER_IP: '100000',
      });
      await site.serve();
      await site.serve();
      const secret = site.key('Hosting');
      keys = site.servers.map((server) => site.client(server, { key: secret }));
      key = keys[0];
    });
    after(async () => {
      await site.close();
      await smtp.close();
      await meta.close();
    });

    /** A user of the key with an active email or WhatsApp factor. */
    async function withAddress(method, address) {
      const user = `codes-${process.pid}-${++made}`;
      const since = Date.now();
      assert.equal((await key.call('PUT', `/v1/users/${user}`, { email: `${user}@contact.example` })).status, 201);
      const to = address ?? (method === 'email' ? `${user}@mail.example` : `+3461${String(1_000_000 + made).slice(-7)}`);
      const started = await key.call('POST', `/v1/users/${user}/enrollments`, { method, address: to });
      assert.equal(started.status, 201, started.text);
      const code = method === 'email' ? await smtp.code(to, since) : (await meta.next(to.slice(1), since)).code;
      const confirmed = await key.call('POST', `/v1/users/${user}/enrollments/${started.body.id}/confirm`, { code });
      assert.equal(confirmed.status, 200, confirmed.text);
      return { user, id: started.body.id, to, codes: confirmed.body.backup_codes };
    }

    /** Asks for a code for a challenge; gives it. */
    async function ask(u, more = { purpose: 'sign_in' }) {
      const since = Date.now();
      const asked = await challenge(key, u.user, { ...more, enrollment_id: u.id });
      const code = u.to.startsWith('+') ? (await meta.next(u.to.slice(1), since)).code : await smtp.code(u.to, since);
      return { id: asked.id, code, asked };
    }

    it('email: the mail is what the facts page asks for, and its code enrols and signs in', async () => {
      const u = await withAddress('email');
      const mail = await smtp.next((m) => m.envelope.to[0] === u.to);
      assert.deepEqual(mail.envelope.to, [u.to], 'security 26: exactly one RCPT');
      assert.equal(mail.envelope.from, 'no-reply@example.com');
      assert.ok(mail.envelope.secure, 'over TLS');
      assert.equal(mail.envelope.user, 'twofold');
      assert.equal(mail.from.text, '"Example Hosting" <no-reply@example.com>');
      assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
      assert.match(mail.messageId, /^<dlv_[a-z0-9]+@example\.com>$/);
      assert.equal(mail.headers.get('list-unsubscribe'), undefined);
      const code = mail.subject.match(/^(\d{6}) is your/)[1];
      assert.match(mail.headers.get('one-time-code'), new RegExp(`^code=${code}; origin=localhost$`));
      assert.match(mail.raw ?? mail.envelope.raw, /multipart\/alternative/);
      assert.ok(mail.text.split('\n').slice(0, 4).includes(code), 'early, its digits together');
      assert.ok(mail.html.includes(`>${code}<`));
      assert.ok(!/https?:\/\//.test(mail.text), 'no link that signs anyone in');
      assert.match(mail.text, /If this was not you/);

      const { id, code: second, asked } = await ask(u);
      assert.match(asked.delivery.to, /^c•••@m•••\.example$/);
      assert.equal((await verify(key, id, wrong(second))).code, 'code_invalid');
      const approved = await verify(keys[1], id, second);
      assert.equal(approved.status, 200, approved.text);
      assert.equal(approved.body.method, 'email');
      const claims = JSON.parse(Buffer.from(approved.body.assertion.split('.')[1], 'base64url'));
      assert.equal(claims.method, 'email');
      assert.equal((await verify(key, id, second)).code, 'challenge_closed');
    });

    it('WhatsApp: the template carries the code, the states move, and the code signs in', async () => {
      const u = await withAddress('whatsapp');
      const { id, code, asked } = await ask(u);
      assert.match(asked.delivery.to, /^\+34 ••• •• \d\d$/);
      const message = await meta.next(u.to.slice(1));
      const state = async () => (await key.call('GET', `/v1/challenges/${id}`)).body.delivery.status;
      for (let i = 0; i < 50 && (await state()) !== 'sent'; ++i) await sleep(20);
      assert.equal(await state(), 'sent');
      const hook = `http://localhost:${site.port}`;
      assert.equal(await meta.report(hook, [{ id: message.id, status: 'delivered' }]), 200);
      assert.equal(await state(), 'delivered');
      assert.equal(await meta.report(hook, [{ id: message.id, status: 'read' }, { id: message.id, status: 'sent' }]), 200);
      assert.equal(await state(), 'read', 'never back');
      assert.equal((await verify(key, id, code)).body.method, 'whatsapp');
    });

    it('security 29: a report with a wrong signature is 401 and changes nothing; the same one twice has one effect', async () => {
      const u = await withAddress('whatsapp');
      const { id } = await ask(u);
      const message = await meta.next(u.to.slice(1));
      const hook = `http://localhost:${site.port}`;
      const delivery = async () => (await key.call('GET', `/v1/challenges/${id}`)).body.delivery;
      for (let i = 0; i < 50 && (await delivery()).status !== 'sent'; ++i) await sleep(20);
      const failed = [{ id: message.id, status: 'failed', errors: [{ code: 131026, title: 'Undeliverable' }] }];
      assert.equal(await meta.report(hook, failed, { secret: 'another' }), 401);
      assert.equal(await meta.report(hook, failed, { mangle: (t) => `${t} ` }), 401);
      assert.equal((await delivery()).status, 'sent');
      for (let i = 0; i < 2; ++i) assert.equal(await meta.report(hook, failed), 200);
      assert.deepEqual([(await delivery()).status, (await delivery()).reason], ['failed', 'not_reachable']);
      const events = (await key.call('GET', `/v1/audit?user=${u.user}`)).body.items.filter((e) => e.action === 'factor.flagged');
      assert.equal(events.length, 1);
      const listed = (await key.call('GET', `/v1/users/${u.user}/enrollments`)).body.items[0];
      assert.equal(listed.problem, 'unreachable');
      const hello = await fetch(`${hook}/hooks/whatsapp?hub.mode=subscribe&hub.challenge=4711&hub.verify_token=${meta.verifyToken}`);
      assert.deepEqual([hello.status, await hello.text()], [200, '4711']);
      assert.equal((await fetch(`${hook}/hooks/whatsapp?hub.mode=subscribe&hub.challenge=4711&hub.verify_token=x`)).status, 403);
    });

    it('a number that changed hands is suspended, still gates, and its owner is told', async () => {
      const u = await withAddress('whatsapp');
      const { id } = await ask(u);
      const message = await meta.next(u.to.slice(1));
      await sleep(200);
      await meta.report(`http://localhost:${site.port}`, [{ id: message.id, status: 'failed', errors: [{ code: 137000 }] }]);
      assert.equal((await verify(key, id, message.code)).code, 'factor_suspended');
      assert.equal((await key.call('POST', `/v1/challenges/${id}/send`, { enrollment_id: u.id })).code, 'factor_suspended');
      const shown = (await challenge(key, u.user)).methods.find((m) => m.enrollment_id === u.id);
      assert.deepEqual([shown.available, shown.reason], [false, 'suspended']);
      await smtp.next((m) => m.envelope.to[0] === `${u.user}@contact.example` && /paused/.test(m.subject));
    });

    it('security 19: 64 parallel uses of one code, over two servers: one success', async () => {
      for (let round = 0; round < 10; ++round) {
        const u = await withAddress('email');
        const { id, code } = await ask(u);
        const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => verify(keys[i % 2], id, code)));
        assert.equal(answers.filter((a) => a.status === 200).length, 1, `round ${round}`);
        assert.ok(answers.every((a) => a.status === 200 || a.code === 'challenge_closed'));
      }
    });

    it('security 21, 38: parallel wrong guesses over many challenges spend one budget, whatever is sent anew', async () => {
      const u = await withAddress('email');
      const asked = [];
      for (let i = 0; i < 6; ++i) asked.push(await ask(u));
      const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => verify(keys[i % 2], asked[i % 6].id, wrong(asked[i % 6].code))));
      assert.equal(answers.filter((a) => a.code === 'code_invalid').length, 5);
      assert.ok(answers.every((a) => ['code_invalid', 'factor_locked', 'unavailable', 'overloaded'].includes(a.code)));
      assert.equal((await verify(key, asked[0].id, asked[0].code)).code, 'factor_locked');
      const more = await key.call('POST', `/v1/users/${u.user}/challenges`, { purpose: 'sign_in', enrollment_id: u.id });
      assert.equal(more.code, 'factor_locked');
    });

    it('security 22: bound to challenge, user, application, method and purpose', async () => {
      const a = await withAddress('email');
      const b = await withAddress('email');
      const mine = await ask(a);
      const theirs = await ask(b);
      const forDisable = await ask(a, { purpose: 'manage', action: 'disable' });
      assert.equal((await verify(key, theirs.id, mine.code)).code, 'code_invalid', 'another user');
      assert.equal((await verify(key, forDisable.id, mine.code)).code, 'code_invalid', 'another challenge and purpose');
      assert.equal((await verify(key, mine.id, mine.code, { method: 'whatsapp' })).code, 'factor_ended', 'another method');
      const other = site.client(undefined, { key: site.key('Other') });
      assert.equal((await verify(other, mine.id, mine.code)).status, 404, 'another application');
      assert.equal((await key.call('POST', `/v1/users/${a.user}/disable`, { code: forDisable.code })).code, 'code_not_sent', 'a sent code proves by its challenge alone');
      assert.equal((await verify(key, mine.id, mine.code)).status, 200);
      assert.equal((await verify(key, forDisable.id, forDisable.code)).status, 200);
      assert.equal((await key.call('POST', `/v1/users/${a.user}/disable`, { challenge_id: forDisable.id })).status, 204);
    });

    it('security 20, 24: resend waits, ends the code before, and limits answer 429 with no message', async () => {
      const u = await withAddress('email');
      const first = await ask(u);
      const before = smtp.mails.length;
      const soon = await key.call('POST', `/v1/challenges/${first.id}/send`, { enrollment_id: u.id });
      assert.equal(soon.code, 'rate_limited');
      const wait = Number(soon.headers['retry-after']);
      assert.ok(wait > 20 && wait <= 30, `${wait}`);
      assert.match(soon.headers.ratelimit, /r=0;t=\d+/);
      for (let i = 0; ; ++i) {
        const more = await key.call('POST', `/v1/users/${u.user}/challenges`, { purpose: 'sign_in', enrollment_id: u.id });
        if (more.status === 201) continue;
        assert.equal(more.code, 'rate_limited');
        assert.equal(i, 8, 'ten an hour and address: one enrolled, one asked, eight more');
        break;
      }
      await sleep(500);
      assert.equal(smtp.mails.length, before + 8);
    });

    it('security 73: a send that is repeated with its Idempotency-Key gets its answer again and sends once', async () => {
      const u = await withAddress('email');
      const { id } = await challenge(key, u.user);
      const path = `/v1/challenges/${id}/send`;
      const body = { enrollment_id: u.id };
      const sent = await key.call('POST', path, body, { 'Idempotency-Key': `send-${id}` });
      assert.equal(sent.status, 202, sent.text);
      const again = await keys[1].call('POST', path, body, { 'Idempotency-Key': `send-${id}` });
      assert.deepEqual([again.status, again.text], [202, sent.text]);
      assert.equal(again.headers['idempotency-replayed'], 'true');
      assert.equal((await key.call('POST', path, body, { 'Idempotency-Key': `send2-${id}` })).code, 'rate_limited');
      await sleep(500);
      const codes = smtp.mails.filter((m) => m.to[0] === u.to && /^One-Time-Code:/m.test(m.raw));
      assert.equal(codes.length, 2, 'enrolled, and sent once');
    });

    it('security 24: strangers who ask for codes to an address do not keep its owner from theirs', async () => {
      const u = await withAddress('email');
      const mallory = `codes-${process.pid}-${++made}`;
      await key.call('PUT', `/v1/users/${mallory}`, {});
      const [local, host] = u.to.split('@');
      const spellings = [u.to, u.to.toUpperCase(), `${local}+x@${host}`, `${local}@\uff4dail.example`, `${local}+y@\uff2dAIL.example`];
      let taken = 0;
      const codes = () => smtp.mails.filter((m) => /^One-Time-Code:/m.test(m.raw)).length;
      const arrived = codes();
      for (let i = 0; i < 12; ++i) {
        const asked = await key.call('POST', `/v1/users/${mallory}/enrollments`, { method: 'email', address: spellings[i % spellings.length] });
        if (asked.status === 201) ++taken;
        else assert.equal(asked.code, 'rate_limited', asked.text);
      }
      assert.equal(taken, 9, 'ten an hour and mailbox, however it is spelled, one of them its owner\'s own');
      // All of the stranger's are there: what comes next is the owner's.
      for (let i = 0; i < 100 && codes() < arrived + taken; ++i) await sleep(100);
      assert.equal(codes(), arrived + taken);
      const { id, code } = await ask(u);
      assert.equal((await verify(key, id, code)).status, 200);
    });

    it('rule 2: neither another address nor erasing gives guesses at an address back', async () => {
      const user = `codes-${process.pid}-${++made}`;
      const enrol = async (address) => (await key.call('POST', `/v1/users/${user}/enrollments`, { method: 'email', address })).body.id;
      const confirm = (id, code) => key.call('POST', `/v1/users/${user}/enrollments/${id}/confirm`, { code });
      await key.call('PUT', `/v1/users/${user}`, {});
      const since = Date.now();
      const foreign = await enrol(`${user}@foreign.example`);
      const right = await smtp.code(`${user}@foreign.example`, since);
      for (let i = 0; i < 4; ++i) assert.equal((await confirm(foreign, wrong(right))).code, 'code_invalid');
      const own = await enrol(`${user}@own.example`);
      assert.equal((await confirm(own, await smtp.code(`${user}@own.example`, since))).status, 200);
      assert.equal((await key.call('DELETE', `/v1/users/${user}`)).status, 204);
      await key.call('PUT', `/v1/users/${user}`, {});
      const again = await enrol(`${user}@foreign.example`);
      assert.equal((await confirm(again, wrong(await smtp.code(`${user}@foreign.example`, since)))).code, 'code_invalid', 'the fifth');
      assert.equal((await confirm(again, '123456')).code, 'factor_locked');
    });

    it('security 29: no other form of signature is taken, nor an endless body', async () => {
      const body = '{"entry":[]}';
      const right = `sha256=${createHmac('sha256', meta.secret).update(body).digest('hex')}`;
      const post = async (text, headers) => (await fetch(`http://localhost:${site.port}/hooks/whatsapp`, { method: 'POST', body: text, headers: { 'Content-Type': 'application/json', ...headers } })).status;
      assert.equal(await post(body, { 'X-Hub-Signature-256': right }), 200);
      for (const signature of [undefined, '', 'sha256=', right.slice(0, -2), right.toUpperCase(), right.slice(7), `${right}${right}`, `${right}, ${right}`]) {
        assert.equal(await post(body, signature === undefined ? {} : { 'X-Hub-Signature-256': signature }), 401, signature);
      }
      const huge = `{"entry":[${' '.repeat(1 << 17)}]}`;
      assert.equal(await post(huge, { 'X-Hub-Signature-256': `sha256=${createHmac('sha256', meta.secret).update(huge).digest('hex')}` }), 413);
      for (const odd of ['', 'null', '[]', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, '{"entry":[{"changes":[{"value":{"statuses":[{"id":"a","status":"failed","errors":[{"code":1e400}]}]}}]}]}']) {
        assert.equal(await post(odd, { 'X-Hub-Signature-256': `sha256=${createHmac('sha256', meta.secret).update(odd).digest('hex')}` }), 400, odd.slice(0, 40));
      }
    });

    it('security 26: what would be two recipients or a header is refused', async () => {
      const user = `codes-${process.pid}-${++made}`;
      await key.call('PUT', `/v1/users/${user}`, {});
      const before = smtp.tries.length;
      for (const address of ['a@b.example\r\nRCPT TO:<c@d.example>', 'a@b.example, c@d.example', '-f@b.example', 'a@b.example\u0000', '"a b"@c.example']) {
        const answer = await key.call('POST', `/v1/users/${user}/enrollments`, { method: 'email', address });
        assert.equal(answer.code, 'validation_failed');
        assert.equal(answer.body.errors[0].pointer, '/address');
      }
      for (const address of ['612', '+1 900 555 0100', 'call me', '+34612345621;ext=5']) {
        const answer = await key.call('POST', `/v1/users/${user}/enrollments`, { method: 'whatsapp', address });
        assert.equal(answer.code, 'validation_failed', address);
      }
      assert.equal((await key.call('POST', `/v1/users/${user}/enrollments`, { method: 'email' })).body.errors[0].code, 'required');
      assert.equal(smtp.tries.length, before);
    });

    it('an internationalised domain is written in ASCII on the way and as people read it elsewhere', async () => {
      const user = `codes-${process.pid}-${++made}`;
      await key.call('PUT', `/v1/users/${user}`, { email: `${user}@bücher.example` });
      const since = Date.now();
      const started = await key.call('POST', `/v1/users/${user}/enrollments`, { method: 'email' });
      assert.equal(started.body.to, 'c•••@b•••.example');
      const code = await smtp.code(`${user}@bücher.example`, since); // as the test's server reads the ASCII form
      const mail = await smtp.next((m) => m.envelope.to[0] === `${user}@bücher.example`);
      assert.ok(mail.envelope.raw.includes(`To: <${user}@xn--bcher-kva.example>`));
      assert.equal((await key.call('POST', `/v1/users/${user}/enrollments/${started.body.id}/confirm`, { code })).status, 200);
    });

    it('a person signs in with an email code from the half-open session, which may do nothing else', async () => {
      const { client, email, password } = await person(site);
      const since = Date.now();
      const started = await client.call('POST', '/v1/users/me/enrollments', { method: 'email' });
      assert.equal(started.status, 201, started.text);
      const code = await smtp.code(email, since);
      assert.equal((await client.call('POST', `/v1/users/me/enrollments/${started.body.id}/confirm`, { code })).status, 200);
      await client.call('POST', '/client/sign-out', {});
      const half = await client.call('POST', '/client/sign-in', { email, password });
      assert.equal(half.body.status, 'second_factor_required');
      assert.equal(half.body.challenge.preferred_enrollment_id, started.body.id);
      assert.equal((await client.call('POST', '/client/sign-in/verify', { code: '123456' })).code, 'code_not_sent');
      const asked = Date.now();
      const sent = await client.call('POST', `/v1/challenges/${half.body.challenge.id}/send`, { enrollment_id: started.body.id });
      assert.equal(sent.status, 202, sent.text);
      assert.equal((await client.call('GET', '/client/challenge')).body.delivery.enrollment_id, started.body.id);
      assert.equal((await client.call('GET', '/v1/users/me/enrollments')).code, 'second_factor_required');
      assert.equal((await client.call('POST', `/v1/users/me/enrollments/${started.body.id}/send`, {})).code, 'second_factor_required');
      const done = await client.call('POST', '/client/sign-in/verify', { code: await smtp.code(email, asked), method: 'email' });
      assert.equal(done.body.status, 'signed_in', done.text);
    });

    it('flow 7: an address changes by proof for that very change, and both are told', async () => {
      const u = await withAddress('email');
      const address = `moved-${u.to}`;
      const change = { method: 'email', address, replaces: u.id };
      assert.equal((await key.call('POST', `/v1/users/${u.user}/enrollments`, change)).code, 'proof_required');
      const proof = await ask(u, { purpose: 'manage', action: 'change_address', object: u.id });
      assert.equal((await verify(key, proof.id, proof.code)).status, 200);
      const since = Date.now();
      const started = await key.call('POST', `/v1/users/${u.user}/enrollments`, { ...change, challenge_id: proof.id });
      assert.equal(started.status, 201, started.text);
      const moved = await key.call('POST', `/v1/users/${u.user}/enrollments/${started.body.id}/confirm`, { code: await smtp.code(address, since) });
      assert.equal(moved.status, 200, moved.text);
      for (const told of [u.to, address, `${u.user}@contact.example`]) {
        await smtp.next((m) => m.envelope.to[0] === told && /another address/.test(m.subject));
      }
      // The contact is another thing: changing it moves no factor.
      await key.call('PUT', `/v1/users/${u.user}`, { email: 'elsewhere@contact.example' });
      const left = (await key.call('GET', `/v1/users/${u.user}/enrollments`)).body.items.filter((e) => e.status === 'active');
      assert.deepEqual(left.map((e) => e.to), ['m•••@m•••.example']);
    });

    it('several methods: any code counts for its own, and the preferred one comes first', async () => {
      const u = await userWithFactor(key);
      const fresh = await u.app.fresh();
      const since = Date.now();
      const address = `${u.user}@mail.example`;
      const started = await key.call('POST', `/v1/users/${u.user}/enrollments`, { method: 'email', address, code: fresh });
      await sleep(1100); // uses are told apart by the second
      assert.equal(started.status, 201, started.text);
      const confirmed = await key.call('POST', `/v1/users/${u.user}/enrollments/${started.body.id}/confirm`, { code: await smtp.code(address, since) });
      assert.equal(confirmed.status, 200);
      assert.equal(confirmed.body.backup_codes, undefined);
      assert.equal((await challenge(key, u.user)).preferred, 'email', 'the last one used');
      const preferred = await key.call('PATCH', `/v1/users/${u.user}/enrollments/${u.id}`, { preferred: true });
      assert.equal(preferred.body.preferred, true);
      const open = await challenge(key, u.user);
      assert.equal(open.preferred_enrollment_id, u.id);
      const asked = Date.now();
      assert.equal((await key.call('POST', `/v1/challenges/${open.id}/send`, { enrollment_id: started.body.id })).status, 202);
      const code = await smtp.code(address, asked);
      assert.equal((await verify(key, open.id, code)).body.method, 'email', 'unnamed: compared with all');
    });

    it('security 27: an application switches a method off; TOTP is always offered', async () => {
      const own = site.client(undefined, { key: site.key('Strict') });
      site.run('application', 'set', '--application', 'Strict', '--methods', 'totp,whatsapp');
      await own.call('PUT', '/v1/users/strict', { email: 'strict@example.com' });
      const { offers } = (await own.call('GET', '/v1/users/strict/enrollments')).body;
      assert.deepEqual(offers.map((o) => [o.method, o.available, o.reason]), [['totp', true, undefined], ['email', false, 'not_allowed'], ['whatsapp', true, undefined]]);
      assert.equal((await own.call('POST', '/v1/users/strict/enrollments', { method: 'email' })).code, 'method_unavailable');
      assert.throws(() => site.run('application', 'set', '--application', 'Nobody', '--methods', 'totp'));
      await enrol(own, 'strict');
    });

    it('security 23: neither database nor logs hold a live code', async () => {
      const u = await withAddress('email');
      const asked = [];
      for (let i = 0; i < 6; ++i) asked.push(await ask(u));
      const dump = site.database.db
        ? await site.database.db.dump(site.database.url)
        : execFileSync('sqlite3', [`${site.folder}/twofold.db`, '.dump'], { encoding: 'utf8', maxBuffer: 1 << 28 });
      const everything = dump + site.servers.map((s) => s.log).join('\n');
      assert.ok(everything.includes(u.id), 'it is the right database');
      for (const { code } of asked) assert.ok(!new RegExp(`(?<!\\d)${code}(?!\\d)`).test(everything), 'a live code');
      assert.ok(!everything.includes(u.to), 'a full address');
    });

    it('countries and their calling codes are there for a picker', async () => {
      const regions = (await site.client().call('GET', '/v1/phone-regions')).body.items;
      assert.ok(regions.length > 200);
      assert.deepEqual(regions.find((r) => r.region === 'ES'), { region: 'ES', calling_code: '34', example: '612 34 56 78' });
    });

    it('the template at Meta is made and checked by the command line', async () => {
      assert.throws(() => site.run('whatsapp', 'template', 'check', '--language', 'es'));
      assert.match(await run(site, 'whatsapp', 'template', 'create', '--language', 'es'), /was made/);
      const [made] = meta.templates;
      assert.equal(made.made.category, 'authentication');
      assert.deepEqual(made.made.components.map((c) => c.type), ['body', 'footer', 'buttons']);
      assert.match(await run(site, 'whatsapp', 'template', 'check', '--language', 'es'), /APPROVED/);
    });
  });
}

/** The command line, without stopping this process, whose server it talks to. */
async function run(site, ...args) {
  const { execFile } = await import('node:child_process');
  const binary = process.env.TWOFOLD_BINARY ?? new URL('../../build/release/twofold', import.meta.url).pathname;
  return new Promise((done, failed) => {
    execFile(binary, args, { env: site.env, encoding: 'utf8' }, (error, stdout, stderr) => (error ? failed(new Error(stderr)) : done(stdout)));
  });
}
