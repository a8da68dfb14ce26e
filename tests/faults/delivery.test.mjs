// The two moments at which a server's death matters to a code, each held open on purpose (rule 14):
// committed and not yet sent, and sent with the answer still to come. And what is left of the codes
// afterwards in database, logs and audit trail (security 23, rule 11). Deaths at random moments, under
// load, are outbox.test.mjs. TWOFOLD_LONG=1: 50 deaths of each kind on each database.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

import { databases } from '../api/server.mjs';
import { startSmtp } from '../support/smtp_server.mjs';
import { ask, asked, codeOf, logged, mailsTo, messageId, openSite, until } from './asking.mjs';
import { keepLedger, long, sleep } from './site.mjs';

const kDeaths = Number(process.env.TWOFOLD_KILLS ?? (long ? 50 : 6));
const kLease = 60_000;      // ms; what a dead server held is taken up after it
const kRound = 40_000;      // ms of deaths; shorter than the lease, so that none strikes one code twice
const kAsked = 20;          // codes on their way at each death
const kWorkers = 4;

/** Holds every mail at a stage until let go; a mail that is held is not answered. */
class Gate {
  constructor(smtp) {
    this.held = [];
    smtp.behave = (stage, address) => (stage === this.stage ? new Promise((go) => this.held.push({ address, go })) : undefined);
  }
  hold(stage) { this.stage = stage; }
  release() {
    this.stage = undefined;
    for (const { go } of this.held.splice(0)) go(undefined);
  }
}

/** Everything the database holds, as text. */
const dump = (site) => (site.database.db
  ? site.database.db.dump(site.database.url)
  : execFileSync('sqlite3', ['-cmd', '.timeout 5000', site.databaseFile, '.dump'], { encoding: 'utf8', maxBuffer: 1 << 28 }));

for (const database of databases) {
  describe(`codes and deaths on ${database.name}`, { concurrency: false }, () => {
    for (const [stage, moment, copies] of [['rcpt', 'between commit and send', 1], ['done', 'between sent and answered', 2]]) {
      it(`rule 14: ${kDeaths} times kill -9 ${moment}: every code arrives, ${copies === 1 ? 'once' : 'at most twice and the same'}, in time`, { timeout: kDeaths * 12_000 + 400_000 }, async () => {
        const smtp = await startSmtp();
        const gate = new Gate(smtp);
        const site = await openSite(database, smtp.url, { TWOFOLD_CODE_DIGITS: '8', TWOFOLD_EMAIL_WORKERS: `${kWorkers}` });
        const all = [];
        try {
          const server = await site.serve();
          const key = site.client(server, { key: site.key('Hosting') });
          /** All have arrived, and what a dead server left has been taken up and is known to be sent. */
          const settled = async () => {
            for (const end = Date.now() + kLease + 30_000; Date.now() < end; await sleep(500)) {
              if (all.some((a) => mailsTo(smtp, a).length === 0)) continue;
              if ((await site.rows("SELECT id FROM message WHERE status <> 'sent'")).length === 0) return true;
            }
            return false;
          };
          for (let death = 0, began = Date.now(); death < kDeaths; ++death) {
            if (Date.now() - began > kRound) {
              assert.ok(await settled(), 'a code that was acknowledged did not arrive');
              began = Date.now();
            }
            gate.hold(stage);
            const now = await Promise.all(Array.from({ length: kAsked }, () => ask(key)));
            for (const a of now) assert.equal(a.answer.status, 201, a.answer.text);
            all.push(...now.map((a) => Object.assign(a, { death, expires: Date.parse(a.answer.body.delivery.expires_at) })));
            // All of them, so that none is a moment before or after.
            await until(() => gate.held.length === kWorkers, 5000, 'the workers did not come so far');
            for (const { address } of gate.held) all.find((a) => a.to === address).held = true;
            const died = site.crash(server);
            gate.release();
            await died;
          }
          const well = await settled();
          await sleep(2000);
          for (const a of all) a.mails = mailsTo(smtp, a).map((m) => ({ at: m.at, code: codeOf(m), id: messageId(m) }));
          const ledger = all.map(({ to, death, held, expires, mails }) => ({ to, death, held, expires, mails }));
          const twice = all.filter((a) => a.mails.length === 2).length;
          console.log(`# ${database.name}: ${kDeaths} deaths ${moment}, ${all.length} codes acknowledged, ${all.filter((a) => a.held).length} under way at a death, ${twice} came twice; ${keepLedger(`deaths-${stage}-${database.name}`, ledger)}`);
          for (const a of ledger) {
            const told = JSON.stringify(a);
            assert.ok(a.mails.length >= 1, `forgotten: ${told}`);
            assert.ok(a.mails.length <= (a.held ? copies : 1), `too often: ${told}`);
            assert.equal(new Set(a.mails.map((m) => `${m.code} ${m.id}`)).size, 1, told);
            assert.ok(a.mails.every((m) => m.at < a.expires), `late: ${told}`);
          }
          assert.ok(ledger.filter((a) => a.held).length >= kDeaths * kWorkers - kWorkers, 'a death struck too little');
          if (copies === 2) assert.ok(twice >= kDeaths, 'no answer was lost');
          assert.ok(well, 'a message is not known to be sent');
          const last = all.at(-1);
          const confirmed = await key.call('POST', `/v1/users/${last.user}/enrollments/${last.id}/confirm`, { code: last.mails[0].code });
          assert.equal(confirmed.status, 200, confirmed.text);
        } finally {
          gate.release();
          await site.close();
          await smtp.close();
        }
      });
    }

    it('security 23, rule 11: no live code in the database, the logs or the audit trail, queued, under way, sent or failed', { timeout: 60_000 }, async () => {
      const smtp = await startSmtp();
      const gate = new Gate(smtp);
      // Eight digits: a number that happens to be the same does not come up.
      const site = await openSite(database, smtp.url, { TWOFOLD_CODE_DIGITS: '8', TWOFOLD_LOG_LEVEL: 'debug' });
      try {
        const server = await site.serve();
        const key = site.client(server, { key: site.key('Hosting') });
        const all = [];
        const look = async (when) => {
          await logged(server, /"kind":"enroll_code"/);
          const audit = (await key.call('GET', '/v1/audit?limit=100')).text;
          const places = { database: await dump(site), log: server.log, audit, readyz: (await site.probe(server, '/readyz')).text };
          assert.ok(all.every((a) => places.database.includes(a.id)), 'it is the right database');
          for (const a of all) {
            for (const mail of mailsTo(smtp, a)) {
              const code = codeOf(mail);
              assert.match(code, /^\d{8}$/);
              for (const [name, text] of Object.entries(places)) {
                assert.ok(!text.includes(code), `a code in the ${name}, ${when}`);
                assert.ok(!text.includes(`${code.slice(0, 4)} ${code.slice(4)}`), `a code in the ${name}, ${when}`);
                assert.ok(!text.includes(a.to), `an address in the ${name}, ${when}`);
              }
            }
          }
        };
        for (let i = 0; i < 5; ++i) all.push(await asked(key));
        await until(() => all.every((a) => mailsTo(smtp, a).length === 1));
        await look('sent');
        gate.hold('done');  // the code has left, and the row is leased
        for (let i = 0; i < 3; ++i) all.push(await asked(key));
        await until(() => gate.held.length === 3);
        await look('under way');
        gate.release();
        const wrong = await key.call('POST', `/v1/users/${all[0].user}/enrollments/${all[0].id}/confirm`, { code: codeOf(mailsTo(smtp, all[1])[0]) });
        assert.equal(wrong.code, 'code_invalid');
        smtp.behave = (stage) => (stage === 'done' ? { code: 554, text: '5.7.1 not wanted' } : undefined);
        all.push(await asked(key));
        await until(async () => (await site.rows("SELECT id FROM message WHERE status = 'failed'")).length === 1);
        await look('failed');
        smtp.behave = (stage) => (stage === 'done' ? { code: 451, text: '4.3.0 later' } : undefined);
        all.push(await asked(key));
        await until(() => server.log.includes('"result":"later"'));
        await look('queued again');
      } finally {
        gate.release();
        await site.close();
        await smtp.close();
      }
    });
  });
}
