// What the WhatsApp Cloud API answers when it does not take a message, and when it does not answer at
// all (row "WhatsApp 429, 5xx, time-out" of the fault table; the table of errors of
// whatsapp-and-email.md; security 75), against a local server that speaks its contract.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { after, before, describe, it } from 'node:test';

import { databases } from '../api/server.mjs';
import { makeCertificate } from '../support/certificates.mjs';
import { startWhatsApp } from '../support/whatsapp_server.mjs';
import { asked, delivery, inTime, logged, openSite, until } from './asking.mjs';
import { sleep } from './site.mjs';

let made = 0;
const spain = (n) => `+3463${String(1_000_000 + n).slice(-7)}`;
const britain = (n) => `+4479111${String(10_000 + n).slice(-5)}`;

/** A server beside Meta, where each number is answered by a plan of its own. */
class Beside {
  static async open(database, { languages, env = {} } = {}) {
    const self = new Beside();
    self.meta = await startWhatsApp(languages && { languages });
    self.plans = new Map(); // digits of a number -> what the next requests for it get
    self.everyone = undefined;
    self.tries = [];
    self.meta.behave = (message) => {
      self.tries.push({ to: message.to, code: message.code, language: message.body.template.language.code, at: Date.now() });
      return self.plans.get(message.to)?.shift() ?? self.everyone;
    };
    self.site = await openSite(database, '', {
      ...self.meta.env(), TWOFOLD_WHATSAPP_WORKERS: '4', TWOFOLD_CODES_PER_REGION: '100000', TWOFOLD_PUMPING_MIN: '1000', ...env,
    });
    self.server = await self.site.serve();
    self.key = self.site.client(self.server, { key: self.site.key('Hosting') });
    return self;
  }

  async close() {
    await this.site.close();
    await this.meta.close();
  }

  /** Someone with a confirmed WhatsApp factor. */
  async person({ number = spain, locale } = {}) {
    const n = ++made;
    const user = `wa-${process.pid}-${n}`;
    const address = number(n);
    const to = address.slice(1);
    assert.equal((await this.key.call('PUT', `/v1/users/${user}`, locale ? { locale } : {})).status, 201);
    const started = await this.key.call('POST', `/v1/users/${user}/enrollments`, { method: 'whatsapp', address });
    assert.equal(started.status, 201, started.text);
    const { code } = await this.meta.next(to);
    const confirmed = await this.key.call('POST', `/v1/users/${user}/enrollments/${started.body.id}/confirm`, { code });
    assert.equal(confirmed.status, 200, confirmed.text);
    return { user, to, id: started.body.id };
  }

  ask(p) { return this.key.call('POST', `/v1/users/${p.user}/challenges`, { purpose: 'sign_in', enrollment_id: p.id }); }

  /** Someone whose next code meets `plan`; with the challenge, asked for in the time of the fault table. */
  async asked(plan, more) {
    const p = await this.person(more);
    this.plans.set(p.to, [...plan]);
    const since = Date.now();
    const began = performance.now();
    const answer = await this.ask(p);
    const ms = performance.now() - began;
    assert.equal(answer.status, 201, answer.text);
    inTime(ms);
    return { ...p, since, challenge: answer.body.id };
  }

  async view(p) { return (await this.key.call('GET', `/v1/challenges/${p.challenge}`)).body; }
  method(view, p) { return view.methods.find((m) => m.enrollment_id === p.id); }
  triesFor(p) { return this.tries.filter((t) => t.to === p.to && t.at >= p.since); }
  taken(p) { return this.meta.messages.filter((m) => m.to === p.to && m.at >= p.since); }

  reached(p, wanted, within = 10_000) {
    return until(async () => {
      const { delivery } = await this.view(p);
      return delivery.status === wanted && delivery;
    }, within, `${p.to} is not "${wanted}"`);
  }

  async warned() { return (await this.site.probe(this.server, '/readyz')).text.includes('whatsapp_paused'); }
  async offer(p) {
    return (await this.key.call('GET', `/v1/users/${p.user}/enrollments`)).body.offers.find((o) => o.method === 'whatsapp');
  }

  /** The time of a closed channel is over, without waiting for it; what comes next may close it again. */
  async timeIsOver() {
    const tried = this.tries.length;
    await this.site.rows("UPDATE channel SET closed_until = 0 WHERE id = 'whatsapp'");
    await until(async () => this.tries.length > tried || !(await this.warned()), 10_000, 'still paused');
  }
}

// Final for this message, the channel is well. Third: what the factor is flagged with.
const kFinal = [
  [131026, 'not_reachable', 'unreachable'], [131048, 'withheld'], [131049, 'withheld'], [131047, 'rejected'], [100, 'rejected'], [131008, 'rejected'],
  [131009, 'rejected'], [132000, 'rejected'], [132012, 'rejected'], [137000, 'identity_changed', 'identity_changed'], [999999, 'rejected'],
];
// Too fast: again later, and no fault of the channel.
const kBusy = [4, 80007, 130429, 131056];
// Trouble of the other side that passes.
const kAgain = [2, 131000, 131016, 131057];
// Nobody gets any: the channel closes; the message waits for it, or ends.
const kClosing = [[0, 'waits'], [190, 'waits'], [131031, 'waits'], [368, 'waits'], [133010, 'waits'], [3, 'ends'], [10, 'ends'], [200, 'ends'], [299, 'ends'], [131005, 'ends'], [131042, 'ends'], [132015, 'ends'], [132016, 'ends']];

for (const database of databases) {
  describe(`WhatsApp on ${database.name}`, { concurrency: false }, () => {
    let b;
    before(async () => { b = await Beside.open(database); });
    after(() => b.close());

    it('errors that are final for a message: failed with the reason, at once, and never tried again', { timeout: 60_000 }, async () => {
      const all = [];
      for (const [error, reason, problem] of kFinal) all.push({ error, reason, problem, p: await b.asked([{ error }]) });
      for (const { error, reason, problem, p } of all) {
        const delivery = await b.reached(p, 'failed');
        assert.equal(delivery.reason, reason, `${error}`);
        const wait = (Date.parse(delivery.resend_at) - Date.parse(delivery.created_at)) / 1000;
        assert.equal(wait, 10, 'another try by hand sooner than after a success');
        const view = await b.view(p);
        assert.equal(b.method(view, p)?.problem, problem, `${error}`);
        if (error === 137000) assert.deepEqual([b.method(view, p).available, b.method(view, p).reason], [false, 'suspended']);
        else assert.equal(b.method(view, p).available, undefined, `${error} closes nothing`);
        const anew = (await b.key.call('POST', `/v1/users/${p.user}/challenges`, { purpose: 'sign_in' })).body;
        assert.ok(anew.methods.some((m) => m.method === 'backup_code'), 'another way');
        if (reason === 'rejected') await logged(b.server, new RegExp(`ALARM_message_refused.*"code":${error}\\b`));
      }
      await sleep(3500);
      for (const { error, p } of all) assert.equal(b.triesFor(p).length, 1, `${error} was tried again`);
      assert.equal(await b.warned(), false);
    });

    it('too fast, and trouble that passes: tried again after a pause, arrives once', { timeout: 60_000 }, async () => {
      for (const codes of [kBusy, kAgain]) {
        const all = [];
        for (const error of codes) all.push({ error, p: await b.asked([{ error, status: error === 131016 ? 503 : 400 }]) });
        for (const { error, p } of all) {
          await until(() => b.taken(p).length > 0, 10_000, `${error} was not tried again`);
          const [first, second] = b.triesFor(p);
          assert.ok(second.at - first.at > 1000, `${error}: after ${second.at - first.at} ms`);
          assert.equal(first.code, second.code);
          await b.reached(p, 'sent');
        }
        await sleep(3000);
        for (const { error, p } of all) assert.equal(b.taken(p).length, 1, `${error}`);
      }
    });

    it('429 and 5xx of no contract, and a connection that breaks: tried again, arrives once, and signs in', { timeout: 60_000 }, async () => {
      const plans = [{ raw: 'slow down', status: 429 }, { raw: '<html>bad gateway</html>', status: 502 }, { raw: '', status: 503 }, { drop: true }];
      const all = [];
      for (const plan of plans) all.push(await b.asked([plan]));
      for (const p of all) {
        await until(() => b.taken(p).length > 0, 10_000, 'not tried again');
        await b.reached(p, 'sent');
        assert.equal(b.triesFor(p).length, 2);
        assert.equal((await b.key.call('POST', `/v1/challenges/${p.challenge}/verify`, { code: b.taken(p)[0].code })).status, 200);
      }
    });

    it('an answer that is lost, or no JSON, or too late: the same code once more, and never a third', { timeout: 90_000 }, async () => {
      const once = [await b.asked([{ lost: true }]), await b.asked([{ stall: 10_500 }])];
      const strange = await b.asked([{ raw: 'OK', status: 200 }]);
      for (const p of once) {
        await until(() => b.taken(p).length === 2, 25_000, 'not sent again');
        const [first, second] = b.taken(p);
        assert.deepEqual([first.code, first.ours], [second.code, second.ours]);
        await b.reached(p, 'sent');
      }
      await b.reached(strange, 'sent');
      const always = await b.asked([{ lost: true }, { lost: true }, { lost: true }]);
      assert.equal((await b.reached(always, 'failed')).reason, 'unclear');
      await sleep(9000); // a third would be due about 4 s after the second
      for (const p of [...once, always]) assert.equal(b.taken(p).length, 2);
      const { code } = b.taken(always)[0];
      assert.equal((await b.key.call('POST', `/v1/challenges/${always.challenge}/verify`, { code })).status, 200, 'it may have arrived, so it counts');
    });

    it('security 75: a redirect is not followed, and the token reaches nobody else', { timeout: 60_000 }, async () => {
      const heard = [];
      const other = createServer((request, response) => { heard.push(request.headers); response.end('{}'); });
      await new Promise((done) => other.listen(0, '127.0.0.1', done));
      const p = await b.asked([{ redirect: `http://127.0.0.1:${other.address().port}/v21.0/messages` }]);
      await until(() => b.taken(p).length === 1, 10_000, 'not tried again at the right place');
      assert.deepEqual(heard, []);
      assert.ok(!b.server.log.includes(b.meta.token));
      other.close();
    });

    it('security 75: https with a certificate of an unknown authority: nothing is said, the channel closes after five tries', { timeout: 60_000 }, async () => {
      const heard = [];
      const { cert, key } = makeCertificate();
      const other = createSecureServer({ cert, key }, (request, response) => { heard.push(request.headers); response.end('{}'); });
      await new Promise((done) => other.listen(0, '127.0.0.1', done));
      const own = await Beside.open(database, { env: { TWOFOLD_WHATSAPP_URL: `https://localhost:${other.address().port}` } });
      try {
        const all = [];
        for (let i = 0; i < 5; ++i) all.push(await asked(own.key, { method: 'whatsapp' }));
        await until(() => own.warned(), 15_000, 'the channel does not close');
        for (const a of all) assert.equal((await delivery(own.key, a)).status, 'queued');
        await logged(own.server, /ALARM_channel_closed.*"channel":"whatsapp"/);
        assert.ok(!own.server.log.includes(own.meta.token));
        assert.deepEqual(heard, []);
      } finally {
        await own.close();
        other.close();
      }
    });

    it('no template in a language: the default language, once', { timeout: 60_000 }, async () => {
      const own = await Beside.open(database, { languages: ['en'] });
      try {
        const p = await own.asked([], { locale: 'fr' });
        await own.reached(p, 'sent');
        assert.deepEqual(own.triesFor(p).map((t) => t.language), ['fr', 'en']);
        assert.equal(own.taken(p).length, 1);
        const nowhere = await own.asked([{ error: 132001, status: 404 }, { error: 132001, status: 404 }], { locale: 'de' });
        assert.equal((await own.reached(nowhere, 'failed')).reason, 'channel_down');
        assert.deepEqual(own.triesFor(nowhere).map((t) => t.language), ['de', 'en'], 'no third');
        await until(() => own.warned(), 5000, 'nobody is told');
        await logged(own.server, /ALARM_channel_closed.*"code":132001/);
      } finally {
        await own.close();
      }
    });

    it('130497: a country closes, no other does', { timeout: 60_000 }, async () => {
      const own = await Beside.open(database);
      try {
        const british = await own.person({ number: britain });
        const another = await own.person();
        const p = await own.asked([{ error: 130497 }]);
        assert.equal((await own.reached(p, 'failed')).reason, 'country_unavailable');
        const seen = own.method(await own.view(p), p);
        assert.deepEqual([seen.available, seen.reason], [false, 'paused']);
        assert.equal((await own.ask(another)).code, 'method_unavailable');
        const before = own.tries.length;
        await logged(own.server, /ALARM_channel_closed.*"channel":"whatsapp:ES".*"code":130497/);
        assert.equal(await own.warned(), false);
        const answer = await own.ask(british);
        assert.equal(answer.status, 201, answer.text);
        await until(() => own.tries.length === before + 1, 5000, 'nothing was sent to Britain');
      } finally {
        await own.close();
      }
    });

    it('token, account, permission, billing, template: the channel closes, everyone is told, and it opens again', { timeout: 180_000 }, async () => {
      for (const [error, what] of kClosing) {
        const idle = await b.person(); // opens what the one before left half open
        const p = await b.asked([{ error, status: error === 190 ? 401 : 400 }]);
        await until(() => b.warned(), 5000, `${error} does not close the channel`);
        await logged(b.server, new RegExp(`ALARM_channel_closed.*"channel":"whatsapp".*"code":${error}\\b`));
        if (what === 'ends') await b.reached(p, 'failed');
        const { delivery, ...view } = await b.view(p);
        if (what === 'ends') assert.deepEqual([delivery.status, delivery.reason], ['failed', 'channel_down'], `${error}`);
        else assert.equal(delivery.status, 'queued', `${error}`);
        assert.deepEqual([b.method(view, p).available, b.method(view, p).reason], [false, 'paused']);
        assert.deepEqual([(await b.offer(p)).available, (await b.offer(p)).reason], [false, 'paused']);
        const refused = await b.ask(idle);
        assert.equal(refused.code, 'method_unavailable', refused.text);
        await sleep(2600); // when a second try would be due
        assert.equal(b.triesFor(p).length, 1, `${error}: tried while closed`);
        await b.timeIsOver();
        if (what === 'waits') await until(() => b.taken(p).length === 1, 10_000, `${error}: forgotten`);
      }
    });

    it('five failures in a row close it; then one is tried at a time, and the first that is taken opens it', { timeout: 90_000 }, async () => {
      const people = [];
      for (let i = 0; i < 6; ++i) people.push(await b.person());
      b.everyone = { raw: '<html>down</html>', status: 500 };
      const since = Date.now();
      const all = [];
      for (const p of people) {
        const answer = await b.ask(p);
        if (answer.status === 201) all.push({ ...p, since, challenge: answer.body.id });
        else assert.equal(answer.code, 'method_unavailable');
      }
      const tries = () => b.tries.filter((t) => t.at >= since).length;
      await until(() => b.warned(), 15_000, 'it does not close');
      await sleep(3000);
      const before = tries();
      assert.ok(before >= 5 && before <= 12, `${before} tries`);
      await b.timeIsOver();
      await until(() => tries() > before, 15_000, 'nobody looks whether it is well');
      await until(() => b.warned(), 10_000, 'it does not close again');
      await sleep(1500);
      assert.equal(tries(), before + 1, 'one to see whether it is well');
      const [[seconds]] = await b.site.rows("SELECT closed_until - updated_at FROM channel WHERE id = 'whatsapp'");
      assert.equal(Number(seconds), 60, 'twice as long as the first time');
      b.everyone = undefined;
      await b.timeIsOver();
      for (const p of all) {
        await until(() => b.taken(p).length > 0, 15_000, 'forgotten');
        assert.equal(b.taken(p).length, 1);
      }
      await logged(b.server, /channel_opened/);
    });
  });
}

describe('WhatsApp beyond a code\'s life', () => {
  it('429 until the code is over: dropped, nothing is sent late', { timeout: 120_000 }, async () => {
    const b = await Beside.open(databases[0], { env: { TWOFOLD_CODE_LIFE: '60' } });
    try {
      const p = await b.asked(Array(50).fill({ error: 130429 }));
      const end = Date.parse((await b.view(p)).delivery.expires_at);
      await sleep(end - Date.now() + 200);
      b.plans.set(p.to, []);
      const { delivery } = await b.view(p);
      // Why it could not be sent; that its time is over when the last wait was still running.
      assert.equal(delivery.status, 'failed');
      assert.ok(['too_many', 'expired'].includes(delivery.reason), delivery.reason);
      assert.ok(b.triesFor(p).length >= 3, `${b.triesFor(p).length} tries`);
      await sleep(8000);
      assert.deepEqual(b.taken(p), []);
      assert.ok(b.triesFor(p).every((t) => t.at < end));
    } finally {
      await b.close();
    }
  });
});
