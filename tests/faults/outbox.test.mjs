// Codes and servers that die (rule 14, issue 3): every code that was acknowledged arrives once or, where
// the mail server's answer was lost, at most twice and the same; none after its time; none forgotten.
// TWOFOLD_LONG=1: 100 kills on each database.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { databases } from '../api/server.mjs';
import { startSmtp } from '../support/smtp_server.mjs';
import { ask, codeOf, mailsTo, messageId, openSite, until } from './asking.mjs';
import { keepLedger, long, sleep } from './site.mjs';

const kKills = Number(process.env.TWOFOLD_KILLS ?? (long ? 100 : 8));
const kLease = 60_000;  // ms; what a dead worker held is taken up after it
// Kills of one round, over well within a lease: none of them can meet what another has left behind.
const kRound = 20;

for (const database of databases) {
  describe(`the outbox on ${database.name}`, { concurrency: false }, () => {
    it(`rule 14: ${kKills} times kill -9 while codes are asked for and sent: each arrives, at most twice, the same, in time`, { timeout: kKills * 15_000 + 240_000 }, async () => {
      const smtp = await startSmtp();
      // Between the dot and the answer there is time to die.
      smtp.behave = (stage) => (stage === 'done' ? { delay: Math.random() * 120 } : undefined);
      const site = await openSite(database, smtp.url);
      const ledger = [];
      try {
        const servers = [await site.serve(), await site.serve()];
        const secret = site.key('Hosting');
        const keys = servers.map((s) => site.client(s, { key: secret, checked: false }));
        let stopped = false;
        const person = async (i) => {
          while (!stopped) {
            const entry = { i, at: Date.now() };
            try {
              const a = await ask(keys[i % keys.length]);
              const view = a.answer.status === 201 ? a.answer.body.delivery : undefined;
              ledger.push(Object.assign(entry, { to: a.to, status: a.answer.status, expires: view?.expires_at }));
            } catch (error) {
              ledger.push(Object.assign(entry, { lost: error.code ?? error.message }));
              await sleep(50);
            }
            await sleep(Math.random() * 60);
          }
        };
        const missing = () => ledger.filter((e) => e.status === 201 && mailsTo(smtp, e).length === 0);
        for (let kill = 0; kill < kKills;) {
          stopped = false;
          const people = Array.from({ length: 6 }, (_, i) => person(i));
          for (const end = Math.min(kKills, kill + kRound); kill < end; ++kill) {
            await sleep(400 + Math.random() * 500);
            await site.crash(servers[kill % servers.length]);
          }
          stopped = true;
          await Promise.all(people);
          const queued = async () => Number((await site.rows("SELECT COUNT(*) FROM message WHERE kind = 'enroll_code' AND status = 'queued'"))[0][0]);
          await until(async () => (await queued()) === 0, kLease + 30_000, 'the queue is not empty').catch(() => undefined);
        }
        const acknowledged = ledger.filter((e) => e.status === 201);
        for (const e of acknowledged) e.mails = mailsTo(smtp, e).map((m) => ({ at: m.at, code: codeOf(m), id: messageId(m) }));
        const twice = acknowledged.filter((e) => e.mails.length === 2).length;
        console.log(`# ${database.name}: ${kKills} kills, ${acknowledged.length} codes acknowledged, ${ledger.filter((e) => e.lost).length} requests lost, ${twice} codes twice; ${keepLedger(`outbox-${database.name}`, ledger)}`);
        assert.deepEqual(missing(), []);
        for (const e of acknowledged) {
          assert.ok(e.mails.length <= 2, JSON.stringify(e));
          assert.equal(new Set(e.mails.map((m) => m.code)).size, 1, JSON.stringify(e));
          assert.equal(new Set(e.mails.map((m) => m.id)).size, 1, JSON.stringify(e));
          assert.ok(e.mails.every((m) => m.at < Date.parse(e.expires)), JSON.stringify(e));
        }
        assert.ok(acknowledged.length > kKills * 5 && ledger.some((e) => e.lost), 'too little was under way');
        assert.ok(twice <= kKills * 8, 'no more than the workers of the servers that died');
        const left = await site.rows("SELECT COUNT(*) FROM message WHERE kind = 'enroll_code' AND status NOT IN ('sent', 'dropped')");
        assert.deepEqual(left, [['0']]);
      } finally {
        await site.close();
        await smtp.close();
      }
    });

    it('rule 14: two servers share the queue, and every code leaves once', { timeout: 120_000 }, async () => {
      const smtp = await startSmtp();
      // Slow enough that the queue grows and the other server finds something in it.
      smtp.behave = (stage) => (stage === 'done' ? { delay: 60 } : undefined);
      const site = await openSite(database, smtp.url);
      try {
        const servers = [await site.serve(), await site.serve()];
        const secret = site.key('Hosting');
        const keys = servers.map((s) => site.client(s, { key: secret }));
        // Queued by one alone, so that the other has to take its share from the database.
        const asked = [];
        for (let i = 0; i < 15; ++i) asked.push(...(await Promise.all(Array.from({ length: 20 }, () => ask(keys[0])))));
        assert.ok(asked.every((a) => a.answer.status === 201));
        const arrived = () => asked.every((a) => mailsTo(smtp, a).length > 0);
        await until(arrived, 30_000, 'a code did not arrive');
        await sleep(1500);
        assert.equal(smtp.mails.length, asked.length);
        assert.equal(new Set(smtp.mails.map(messageId)).size, asked.length);
        const share = servers.map((s) => s.log.split('\n').filter((line) => line.includes('"result":"sent"')).length);
        console.log(`# ${database.name}: ${share.join(' and ')} of ${asked.length}`);
        assert.equal(share[0] + share[1], asked.length);
        assert.ok(Math.min(...share) > 30, 'one of them did it all');
      } finally {
        await site.close();
        await smtp.close();
      }
    });
  });
}
