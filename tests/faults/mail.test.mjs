// Mail servers that are down, slow, refuse, hang up or are not who they say (rows "SMTP down, slow,
// 4xx / 5xx" of the fault table; security 75), against a real one.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { databases, freePort } from '../api/server.mjs';
import { makeCertificate } from '../support/certificates.mjs';
import { startSmtp } from '../support/smtp_server.mjs';
import { ask, asked, codeOf, delivery, mailsTo, messageId, openSite, status, until } from './asking.mjs';
import { sleep } from './site.mjs';

for (const database of databases) {
  describe(`mail on ${database.name}`, { concurrency: false }, () => {
    let smtp;
    let site;
    let key;
    before(async () => {
      smtp = await startSmtp();
      site = await openSite(database, smtp.url);
      key = site.client(await site.serve(), { key: site.key('Hosting') });
    });
    after(async () => {
      await site.close();
      await smtp.close();
    });
    const confirm = (a, code) => key.call('POST', `/v1/users/${a.user}/enrollments/${a.id}/confirm`, { code });

    it('SMTP 4xx: tried again with growing pauses, arrives once', { timeout: 60_000 }, async () => {
      let refusals = 0;
      smtp.behave = (stage, address) => (stage === 'rcpt' && address.startsWith('grey-') && ++refusals < 3 ? { code: 450, text: '4.2.0 greylisted' } : undefined);
      const a = await asked(key, { local: 'grey-' });
      await until(() => mailsTo(smtp, a).length > 0, 20_000);
      const tries = smtp.tries.filter((t) => t.stage === 'rcpt' && t.address === a.to).map((t) => t.at);
      assert.equal(tries.length, 3);
      const [first, second] = [tries[1] - tries[0], tries[2] - tries[1]];
      assert.ok(first > 1000 && second > first, `${first} ms, ${second} ms`);
      await status(key, a, 'sent');
      assert.equal((await confirm(a, codeOf(mailsTo(smtp, a)[0]))).status, 200);
      assert.equal(mailsTo(smtp, a).length, 1);
    });

    it('SMTP 5xx: final at once, the address is flagged, another method is offered', { timeout: 60_000 }, async () => {
      smtp.behave = (stage, address) => (stage === 'rcpt' && address.startsWith('gone-') ? { code: 550, text: '5.1.1 no such mailbox' } : undefined);
      const a = await asked(key, { local: 'gone-' });
      assert.equal((await status(key, a, 'failed')).reason, 'address_refused');
      const listed = (await key.call('GET', `/v1/users/${a.user}/enrollments/${a.id}`)).body;
      assert.equal(listed.problem, 'bounced');
      const { offers } = (await key.call('GET', `/v1/users/${a.user}/enrollments`)).body;
      assert.ok(offers.find((o) => o.method === 'totp').available);
      await sleep(3000);
      assert.equal(smtp.tries.filter((t) => t.stage === 'rcpt' && t.address === a.to).length, 1, 'never tried again');
      // The server's own trouble is nobody's address.
      smtp.behave = (stage, address) => (stage === 'data' && address.startsWith('spam-') ? { code: 554, text: '5.7.1 looks like spam' } : undefined);
      const b = await asked(key, { local: 'spam-' });
      assert.equal((await status(key, b, 'failed')).reason, 'rejected');
      assert.equal((await key.call('GET', `/v1/users/${b.user}/enrollments/${b.id}`)).body.problem, undefined);
    });

    it('SMTP hangs up half-way: sent again, once whole', { timeout: 60_000 }, async () => {
      let drops = 0;
      smtp.behave = (stage, address) => (stage === 'rcpt' && address.startsWith('half-') && ++drops < 2 ? { drop: true } : undefined);
      const a = await asked(key, { local: 'half-' });
      await status(key, a, 'sent', 20_000);
      assert.equal(mailsTo(smtp, a).length, 1);
    });

    it('SMTP hangs up after the dot: the same mail and code once more, by its Message-ID one; never a third', { timeout: 60_000 }, async () => {
      smtp.behave = (stage, address) => (stage === 'done' && address.startsWith('dot-') ? { drop: true } : undefined);
      const a = await asked(key, { local: 'dot-' });
      await until(() => mailsTo(smtp, a).length === 2, 20_000);
      const [one, two] = mailsTo(smtp, a);
      assert.equal(codeOf(one), codeOf(two));
      assert.equal(messageId(one), messageId(two));
      assert.equal((await status(key, a, 'failed')).reason, 'unclear');
      await sleep(9000);  // the third try would be due about 4 s after the second
      assert.equal(mailsTo(smtp, a).length, 2);
      assert.equal((await confirm(a, codeOf(two))).status, 200, 'it may have arrived, so it counts');
    });

    it('SMTP slow: nobody waits for it, and others are not held up behind it', { timeout: 60_000 }, async () => {
      smtp.behave = (stage, address) => (stage === 'rcpt' && address.startsWith('slow-') ? { delay: 4000 } : undefined);
      const slow = [];
      for (let i = 0; i < 3; ++i) slow.push(await asked(key, { local: 'slow-' }));
      const quick = [];
      for (let i = 0; i < 6; ++i) quick.push({ a: await asked(key), at: Date.now() });
      for (const { a, at } of quick) {
        await until(() => mailsTo(smtp, a).length > 0, 5000);
        assert.ok(mailsTo(smtp, a)[0].at - at < 1000, `after ${mailsTo(smtp, a)[0].at - at} ms`);
      }
      for (const a of slow) await status(key, a, 'sent', 20_000);
    });

    it('security 89: SIGTERM while a mail is under way: it is finished, and not sent again', { timeout: 60_000 }, async () => {
      smtp.behave = (stage, address) => (stage === 'done' && address.startsWith('term-') ? { delay: 1500 } : undefined);
      const a = await asked(key, { local: 'term-' });
      await until(() => mailsTo(smtp, a).length === 1);
      const server = site.servers[0];
      const told = performance.now();
      server.child.kill('SIGTERM');
      assert.equal(await server.exited, 0);
      assert.ok(performance.now() - told < 10_000);
      await site.start(server);
      assert.equal((await delivery(key, a)).status, 'sent');
      await sleep(1500);
      assert.equal(mailsTo(smtp, a).length, 1);
    });

    it('security 89: SIGTERM while the mail server hangs: gone within 10 s, and the mail goes later', { timeout: 60_000 }, async () => {
      smtp.behave = (stage, address) => (stage === 'rcpt' && address.startsWith('hang-') ? { delay: 30_000 } : undefined);
      const a = await asked(key, { local: 'hang-' });
      await until(() => smtp.tries.some((t) => t.address === a.to));
      const server = site.servers[0];
      const told = performance.now();
      server.child.kill('SIGTERM');
      assert.equal(await server.exited, 0);
      assert.ok(performance.now() - told < 10_000, `${performance.now() - told} ms`);
      smtp.behave = () => undefined;
      await site.start(server);
      await status(key, a, 'sent', 20_000);
      assert.equal(mailsTo(smtp, a).length, 1);
    });

    it('SMTP refuses until the code is over: dropped, and nothing is sent late', { timeout: 120_000 }, async () => {
      smtp.behave = () => undefined;
      const brief = await openSite(database, smtp.url, { TWOFOLD_CODE_LIFE: '60' });
      try {
        const own = brief.client(await brief.serve(), { key: brief.key('Hosting') });
        let over = false;
        smtp.behave = (stage, address) => (!over && stage === 'rcpt' && address.startsWith('late-') ? { code: 451, text: '4.3.0 not now' } : undefined);
        const a = await asked(own, { local: 'late-' });
        const before = await delivery(own, a);
        await sleep(Date.parse(before.expires_at) - Date.now() + 200);
        over = true;
        assert.equal((await delivery(own, a)).status, 'failed');
        const tries = smtp.tries.filter((t) => t.address === a.to).length;
        assert.ok(tries >= 3, `${tries} tries`);
        await sleep(8000);
        assert.equal(smtp.tries.filter((t) => t.address === a.to).length, tries);
        assert.equal(mailsTo(smtp, a).length, 0);
      } finally {
        await brief.close();
      }
    });
  });
}

describe('mail servers that are away, or not who they say', () => {
  const sqlite = databases[0];

  it('SMTP down: requests are quick, the channel pauses and says so, and opens when the server is back', { timeout: 120_000 }, async () => {
    const port = await freePort();
    const site = await openSite(sqlite, `smtp://127.0.0.1:${port}`);
    let smtp;
    try {
      const server = await site.serve();
      const key = site.client(server, { key: site.key('Hosting') });
      const waiting = [];
      for (let i = 0; i < 5; ++i) waiting.push(await asked(key));
      const warnings = async () => (await site.probe(server, '/readyz')).text;
      await until(async () => (await warnings()).includes('email_paused'), 20_000, 'the channel did not pause');
      await until(() => server.log.includes('ALARM_channel_closed'), 2000, 'no alarm');
      const refused = await ask(key);
      assert.equal(refused.answer.code, 'method_unavailable');
      assert.ok(refused.ms < 300);
      assert.ok(!(await site.client(server).call('GET', '/client/config')).body.methods.includes('email'));
      smtp = await startSmtp({ port });
      await until(async () => !(await warnings()).includes('email_paused'), 60_000, 'the channel did not open');
      for (const a of waiting) {
        await until(() => mailsTo(smtp, a).length > 0, 20_000);
        assert.equal(mailsTo(smtp, a).length, 1);
      }
      await asked(key);
    } finally {
      await site.close();
      await smtp?.close();
    }
  });

  /** What a mail server hears of a server that should not trust it, in 4 s. */
  async function untrusted(smtp, url, env) {
    const site = await openSite(sqlite, url, env);
    try {
      const server = await site.serve();
      const key = site.client(server, { key: site.key('Hosting') });
      const a = await asked(key);
      await until(() => server.log.includes('"result":"later"'), 10_000, 'nothing was tried');
      await sleep(3000);
      assert.equal((await delivery(key, a)).status, 'queued');
      assert.deepEqual(smtp.mails, []);
      assert.deepEqual(smtp.tries.filter((t) => t.stage !== 'connect'), [], 'not even an address');
    } finally {
      await site.close();
    }
  }

  for (const tls of ['starttls', 'smtps']) {
    it(`security 75: ${tls} with a certificate of nobody's authority: nothing is sent`, { timeout: 60_000 }, async () => {
      const smtp = await startSmtp({ tls, user: 'twofold', password: 'secret' });
      await untrusted(smtp, smtp.url, {});
      await smtp.close();
    });
    it(`security 75: ${tls} with a certificate for another name: nothing is sent`, { timeout: 60_000 }, async () => {
      const certificate = makeCertificate('mail.elsewhere.example');
      const smtp = await startSmtp({ tls, certificate, user: 'twofold', password: 'secret' });
      await untrusted(smtp, smtp.url, { TWOFOLD_SMTP_CA: certificate.ca });
      await smtp.close();
    });
  }

  it('security 75: a server that is not loopback and offers no STARTTLS gets nothing', { timeout: 60_000 }, async () => {
    const smtp = await startSmtp();
    // The same machine by a name that promises nothing.
    await untrusted(smtp, `smtp://0.0.0.0:${smtp.port}`, {});
    await smtp.close();
  });
});
