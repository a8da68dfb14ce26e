// Canaries (security 23, 78, 83, 84): every flow once, at log level debug, with secrets that are known to
// the test; then none of them stands in a log line, in an answer that is not the one that gives it, or
// in the files of the database. And no user's text can forge or hide a line of the log.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';

import { Client } from '../api/client.mjs';
import { databases } from '../api/server.mjs';
import { App } from '../api/totp.mjs';
import { databasePid, FaultSite, sleep } from './site.mjs';

const kTotp = { algorithm: 'SHA256', digits: 8, period: 15 };
// Text that would end a line, colour a terminal, or turn a line's reading direction.
const kEvil = ['\r\n{"at":"2000-01-01T00:00:00.000Z","level":"info","event":"forged"}', '\u001b[2J\u001b[31mred', '\u202Egnp.exe\u202C', '\u2028line', 'a\u0000b', '\u009b2J'];

/** What must not be found, with the answers (by number) that may hold it. */
class Canaries {
  constructor() { this.all = new Map(); }
  add(kind, text, ...answers) {
    if (!text) return;
    const known = this.all.get(text) ?? { kind, answers: new Set() };
    for (const a of answers) known.answers.add(a);
    this.all.set(text, known);
  }
  secret(base32, answer) {
    this.add('secret', base32, answer);
    const { key } = new App({ secret: base32 });
    for (const form of ['hex', 'base64', 'base64url']) this.add('secret', key.toString(form).replace(/=+$/, ''), answer);
  }
  backupCode(text, answer) {
    for (const t of [text, text.replaceAll('-', ''), text.replaceAll('-', ' ')]) {
      this.add('backup code', t, answer);
      this.add('backup code', t.toLowerCase(), answer);
    }
  }
  in(text, except = () => false) {
    return [...this.all].filter(([t, c]) => text.includes(t) && !except(c)).map(([t, c]) => `${c.kind} ${t}`);
  }
}

/** Clients that keep every answer. */
function recorder(site, server, canaries) {
  const answers = [];
  return {
    answers,
    client(credentials = {}) {
      const client = new Client({ port: server.port, host: `localhost:${server.port}`, origin: site.url, ...credentials });
      const raw = client.raw.bind(client);
      client.raw = async (method, path, options) => {
        const answer = await raw(method, path, options);
        answer.number = answers.length;
        const { 'set-cookie': cookie, ...headers } = answer.headers;
        answers.push({ number: answer.number, what: `${method} ${path}`, text: answer.text, headers: JSON.stringify(headers) });
        if (cookie) canaries.add('session token', cookie[0].match(/=([\w-]{20,});/)?.[1]);
        const csrf = answer.status < 400 && answer.headers['content-type']?.includes('json') ? answer.body?.csrf_token : undefined;
        if (csrf) canaries.add('csrf token', csrf, 'csrf');
        return answer;
      };
      return client;
    },
  };
}

async function flows(site, record, canaries, mails) {
  const say = (answer, status) => { assert.equal(answer.status, status, answer.text); return answer; };
  const password = (n) => { const p = `Canary-Pass-${n} 9f3a7c sentence`; canaries.add('password', p); return p; };
  const address = (n) => { const a = `canary.address.${n}.9d2c@mail.example`; canaries.add('address', a, 'owner'); return a; };
  const wrong = () => { const c = String(randomInt(1e8)).padStart(8, '0'); canaries.add('typed code', c); return c; };
  const enrol = async (client, user, more = {}) => {
    const opened = say(await client.call('POST', `/v1/users/${user}/enrollments`, { method: 'totp', totp: kTotp, label: 'Canary phone', ...more }), 201);
    canaries.secret(opened.body.totp.secret, opened.number);
    const app = new App(opened.body.totp);
    await client.call('POST', `/v1/users/${user}/enrollments/${opened.body.id}/confirm`, { code: wrong() });
    const code = await app.fresh();
    canaries.add('code', code);
    const confirmed = say(await client.call('POST', `/v1/users/${user}/enrollments/${opened.body.id}/confirm`, { code }), 200);
    for (const c of confirmed.body.backup_codes ?? []) canaries.backupCode(c, confirmed.number);
    return { app, id: opened.body.id, codes: confirmed.body.backup_codes };
  };
  const fresh = async (app) => { const c = await app.fresh(); canaries.add('code', c); return c; };

  // A person of the Client Area: register, confirm, reset, enrol, sign in, backup code, disable, erase.
  const email = address('person');
  const first = password('first');
  const person = record.client();
  say(await person.call('POST', '/client/register', { email, password: first, display_name: 'Canary', locale: 'de' }), 202);
  say(await record.client().call('POST', '/client/register', { email, password: first }), 202);
  const tokenOf = async (kind) => {
    for (let i = 0; i < 100; ++i) {
      const link = (await mails()).find((m) => m.to === email && m.link?.includes(kind))?.link;
      if (link) {
        const token = new URLSearchParams(link.split('?')[1]).get('token');
        canaries.add('link token', token);
        return token;
      }
      await sleep(100);
    }
    throw new Error(`no mail ${kind}`);
  };
  const token = await tokenOf('confirm-email');
  await person.call('POST', '/client/register/confirm', { token, password: password('not-this-one') });
  say(await person.call('POST', '/client/register/confirm', { token, password: first }), 200);
  const second = password('second');
  say(await person.call('POST', '/client/password', { current_password: first, new_password: second }), 200);
  say(await person.call('POST', '/client/reauthenticate', { password: second }), 200);
  const mine = await enrol(person, 'me');
  say(await person.call('POST', '/client/sign-out', {}), 204);
  say(await person.call('POST', '/client/sign-in', { email, password: password('wrong') }), 401);
  say(await person.call('POST', '/client/sign-in', { email: address('nobody'), password: password('nobody') }), 401);
  say(await person.call('POST', '/client/sign-in', { email, password: second }), 200);
  await person.call('POST', '/client/sign-in/verify', { code: wrong() });
  say(await person.call('POST', '/client/sign-in/verify', { code: await fresh(mine.app) }), 200);
  say(await person.call('GET', '/client/me'), 200);
  const more = say(await person.call('POST', '/v1/users/me/backup-codes', { code: await fresh(mine.app) }), 201);
  for (const c of more.body.backup_codes) canaries.backupCode(c, more.number);
  say(await person.call('GET', '/v1/users/me/backup-codes'), 200);
  say(await person.call('POST', '/client/sign-out', {}), 204);
  say(await record.client().call('POST', '/client/password-reset', { email }), 202);
  const third = password('third');
  say(await record.client().call('POST', '/client/password-reset/confirm', { token: await tokenOf('reset-password'), password: third }), 204);
  say(await person.call('POST', '/client/sign-in', { email, password: third }), 200);
  const used = more.body.backup_codes[0];
  say(await person.call('POST', '/client/sign-in/verify', { code: used }), 200);
  say(await person.call('GET', '/v1/users/me/audit'), 200);
  say(await person.call('GET', '/v1/users/me/enrollments'), 200);

  // An integrator: its key, a user, every purpose, a code in the wrong places.
  const apiKey = site.key('Canary Hosting');
  canaries.add('API key', apiKey);
  const key = record.client({ key: apiKey });
  const poor = site.key('Canary Hosting', 'audit');
  canaries.add('API key', poor);
  await record.client({ key: poor }).call('GET', '/v1/users/canary-user');
  const bad = `tfk_${'Q'.repeat(43)}`;
  canaries.add('API key', bad);
  await record.client({ key: bad }).call('GET', '/v1/users/canary-user');
  await key.raw('GET', `/v1/users/canary-user?api_key=${apiKey}`, {});
  await key.raw('GET', `/v1/users/${apiKey}`, { headers: key.credentials('GET') });
  say(await key.call('PUT', '/v1/users/canary-user', { email: address('user'), display_name: 'Canary user' }), 201);
  const theirs = await enrol(key, 'canary-user');
  for (const body of [{ purpose: 'sign_in' }, { purpose: 'manage', action: 'disable' }, { purpose: 'step_up', action: 'pay', action_text: 'Send 100 EUR' }]) {
    const c = say(await key.call('POST', '/v1/users/canary-user/challenges', body), 201);
    await key.call('POST', `/v1/challenges/${c.body.id}/verify`, { code: wrong() });
    const code = theirs.codes.shift();
    const done = say(await key.call('POST', `/v1/challenges/${c.body.id}/verify`, { code }, { 'Idempotency-Key': `canary-${c.body.id}` }), 200);
    if (done.body.assertion) await key.call('POST', '/v1/assertions/verify', { assertion: done.body.assertion, user: 'canary-user', ...body, challenge_id: c.body.id });
    await key.call('POST', `/v1/challenges/${c.body.id}/verify`, { code: [theirs.codes[0]] });
    await key.raw('POST', `/v1/challenges/${c.body.id}/verify`, { headers: { ...key.credentials('POST'), 'Content-Type': 'application/json' }, body: `{"code":"${theirs.codes[0]}"` });
    await key.call('POST', `/v1/challenges/${c.body.id}/verify`, { code: theirs.codes[0], password: first });
    await key.raw('GET', `/v1/challenges/${c.body.id}?code=${wrong()}`, { headers: key.credentials('GET') });
  }
  const spare = say(await key.call('POST', '/v1/users/canary-user/enrollments', { method: 'totp', totp: kTotp, code: await fresh(theirs.app) }, { 'Idempotency-Key': 'canary-enrol' }), 201);
  canaries.secret(spare.body.totp.secret, spare.number);
  say(await key.call('GET', '/v1/users/canary-user'), 200);
  say(await key.call('GET', '/v1/audit?limit=100'), 200);

  say(await key.call('PUT', '/v1/users/canary-evil', { email: address('evil') }), 201);

  // Text that wants to be a line of its own, wherever a user can put text.
  for (const evil of kEvil) {
    await person.call('PATCH', '/client/me', { display_name: `x${evil}` });
    await person.call('PATCH', `/v1/users/me/enrollments/${mine.id}`, { label: `x${evil}` });
    await key.call('PATCH', `/v1/users/canary-user/enrollments/${theirs.id}`, { label: `x${evil}` });
    await key.call('PUT', '/v1/users/canary-evil', { email: address('evil'), display_name: `x${evil}` });
    await key.call('PUT', `/v1/users/${encodeURIComponent(`x${evil}`)}`, { email: address('evil') });
    await key.call('POST', '/v1/users/canary-user/challenges', { purpose: 'step_up', action: 'pay', action_text: `x${evil}`, nonce: `x${evil}` });
    await record.client().call('POST', '/client/sign-in', { email: `x${evil}@mail.example`, password: `x${evil}` });
    await record.client().call('GET', `/x${encodeURIComponent(evil)}`);
    for (const header of ['User-Agent', 'X-Forwarded-For', 'X-Request-Id', 'Idempotency-Key', 'Origin', 'Referer', 'X-Evil']) await bytes(site, `POST /v1/users/canary-user/challenges HTTP/1.1\r\nHost: localhost:${site.servers[0].port}\r\nAuthorization: Bearer ${apiKey}\r\n${header}: x${evil.replace('\r\n', '\r')}\r\nContent-Type: application/json\r\nContent-Length: 21\r\nConnection: close\r\n\r\n{"purpose":"sign_in"}`);
    await bytes(site, `GET /healthz?x${evil.replace('\r\n', '\r')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    await bytes(site, `G${evil} /healthz HTTP/1.1\r\nHost: x${evil}\r\n\r\n`);
  }

  say(await key.call('POST', '/v1/users/canary-user/disable', { code: theirs.codes.shift() }), 204);
  say(await key.call('DELETE', '/v1/users/canary-user'), 204);
  say(await person.call('POST', '/v1/users/me/disable', { code: more.body.backup_codes[1] }), 204);
  say(await person.call('POST', '/client/sign-out', {}), 204);
}

/** These bytes over a connection of their own; whatever comes back. */
function bytes(site, text) {
  return new Promise((done) => {
    const socket = connect(site.servers[0].port, '127.0.0.1', () => socket.write(text));
    socket.on('data', () => undefined);
    socket.setTimeout(3000, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', done);
  });
}

for (const database of databases) {
  // The demo shows mails on a page and sends them from the server itself; MariaDB is not for demos.
  const demo = database.name === 'SQLite';
  describe(`canaries on ${database.name}`, () => {
    it('security 83, 84, 23, 78: no secret in a log, an answer or the database; no forged line', { timeout: 120_000 }, async () => {
      const site = await FaultSite.open(database, {
        TWOFOLD_LOG_LEVEL: 'debug', TWOFOLD_MAILS_PER_ADDRESS: '100', TWOFOLD_SIGN_INS_PER_IP: '10000', TWOFOLD_TRIES_BEFORE_LOCK: '10',
        ...(demo && { TWOFOLD_DEMO: 'true' }),
      });
      try {
        if (demo) site.env.TWOFOLD_DATA_DIR = site.folder;
        const server = await site.serve();
        const canaries = new Canaries();
        const record = recorder(site, server, canaries);
        const mailbox = site.client(server, { checked: false });
        const mails = demo ? async () => (await mailbox.call('GET', '/demo/mailbox.json')).body.items : async () => site.mails();
        await flows(site, record, canaries, mails);
        await sleep(demo ? 1500 : 300);
        // A crash leaves no memory behind, neither in a file nor with a program that collects cores.
        assert.match(readFileSync(`/proc/${server.child.pid}/limits`, 'utf8'), /^Max core file size +1 +1 /m);
        const found = [];
        for (const args of [['api-key', 'list', '--application', 'Canary Hosting', '--json'], ['audit', 'verify', '--json'], ['keys', 'list'], ['check-config']]) {
          const said = site.tool(args, demo ? { TWOFOLD_DEMO: 'true' } : {});
          for (const what of canaries.in(said.stdout + said.stderr)) found.push(`twofold ${args}: ${what}`);
        }
        // Killed, so that SQLite's log of changes is still there to be searched.
        server.child.kill('SIGKILL');
        await server.exited;

        // Answers: each secret only in the one that gives it; the address only in what its owner is
        // told (the otpauth URI names the account); the CSRF token in the answers of the session.
        const owners = /^(GET|PATCH) \/client\/me|^POST \/client\/(register\/confirm|sign-in|sign-in\/verify|reauthenticate|password)$|\/v1\/users\/[^/]+$|^POST \/v1\/users\/[^/]+\/enrollments$/;
        for (const a of record.answers) {
          const allowed = (c) => c.answers.has(a.number) || (owners.test(a.what) && (c.answers.has('owner') || c.answers.has('csrf')));
          for (const what of canaries.in(a.text + a.headers, allowed)) found.push(`answer ${a.what}: ${what}\n${a.text.slice(0, 300)}`);
        }
        for (const what of canaries.in(server.log)) found.push(`log: ${what}\n${server.log.split('\n').find((l) => l.includes(what.split(' ').at(-1)))}`);
        // The database's own files, logs and free pages among them.
        const list = join(site.folder, 'canaries');
        writeFileSync(list, [...canaries.all.keys()].join('\n'));
        let folder = site.folder;
        if (site.database.db) {
          folder = join(dirname(site.database.db.socket), 'data');
          const pid = databasePid(site.database.db);
          process.kill(pid, 'SIGTERM');
          for (;;) {
            try { process.kill(pid, 0); } catch { break; }
            await sleep(50);
          }
        }
        const files = spawnSync('find', [folder, '-type', 'f', '!', '-name', 'canaries', '!', '-name', 'keys'], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
        assert.ok(files.length > 0);
        const sanity = spawnSync('grep', ['-alF', 'canary-evil', ...files], { encoding: 'utf8' }).stdout;
        assert.ok(sanity.length > 0, 'the search looks where the rows are');
        const control = spawnSync('grep', ['-aoF', '-f', list, list], { encoding: 'utf8', maxBuffer: 1 << 26 }).stdout.trim().split('\n');
        assert.equal(control.length, canaries.all.size, 'the search finds each of them where it is');
        const hits = spawnSync('grep', ['-aHoF', '-f', list, ...files], { encoding: 'utf8', maxBuffer: 1 << 26 }).stdout;
        for (const line of new Set(hits.split('\n').filter(Boolean))) found.push(`file ${line}: ${canaries.all.get(line.slice(line.indexOf(':') + 1))?.kind}`);

        // Every line of the log is one JSON object in ASCII, and none is a user's.
        const lines = server.log.split('\n').filter((l) => l.startsWith('{'));
        for (const line of lines) {
          assert.match(line, /^[\x20-\x7e]+$/);
          assert.notEqual(JSON.parse(line).event, 'forged');
        }
        for (const line of server.log.split('\n').filter((l) => l && !l.startsWith('{'))) assert.match(line, /^(twofold: |Twofold |  \w|Stop it)/, `no line of ours: ${line}`);
        assert.ok(lines.length >= record.answers.length, 'debug logs every request');
        console.log(`# ${database.name}: ${canaries.all.size} canaries, ${record.answers.length} answers, ${lines.length} log lines, ${files.length} files`);
        assert.deepEqual(found, []);
      } finally {
        await site.close();
      }
    });
  });
}
