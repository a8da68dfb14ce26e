// load.mjs - integrators' back ends at work while something breaks. Every attempt is written down with
// its answer ("lost" when there was none), and `settle` asks the server, and the database, whether
// every effect that was acknowledged is there and whether any code counted twice (security 87).
import assert from 'node:assert/strict';

import { App } from '../api/totp.mjs';
import { sleep } from './site.mjs';

let made = 0;

export class Load {
  /** clients: one per server, each with an API key; a worker moves to the next when one is gone. */
  constructor(clients, { workers = 8, people = 24 } = {}) {
    Object.assign(this, { clients, workers, limit: people });
    this.ledger = [];
    this.people = [];
    this.running = [];
    this.stopped = true;
    this.settled = 0;
    this.bad = [];
  }

  start() {
    this.stopped = false;
    this.running = Array.from({ length: this.workers }, (_, i) => this.work(i));
  }

  async stop() {
    this.stopped = true;
    await Promise.all(this.running);
    this.running = [];
  }

  /** One request; the entry of the ledger, whose `answer` is undefined when none came. */
  async attempt(w, kind, method, path, body, about = {}) {
    const entry = { n: this.ledger.length, worker: w.i, kind, ...about, sent: Date.now() };
    this.ledger.push(entry);
    const client = this.clients[w.at % this.clients.length];
    const began = performance.now();
    try {
      const answer = await client.call(method, path, body);
      Object.assign(entry, { status: answer.status, code: answer.code });
      Object.defineProperty(entry, 'answer', { value: answer, enumerable: false });
      if (answer.status === 429 || answer.status === 503) entry.retryAfter = answer.headers['retry-after'];
    } catch (error) {
      Object.assign(entry, { lost: error.code ?? error.message });
      ++w.at;
    }
    entry.ms = Math.round(performance.now() - began);
    if (entry.lost || entry.status === 503) await sleep(20 + Math.random() * 60);
    return entry;
  }

  /** Asks again until there is an answer that is not 503. The last entry, or undefined when stopped. */
  async insist(w, kind, method, path, body, about = {}) {
    let lost = false;
    for (;;) {
      const entry = await this.attempt(w, kind, method, path, body, { ...about, ...(lost && { again: true }) });
      if (entry.answer && entry.status !== 503) return entry;
      lost ||= Boolean(entry.lost) || entry.status === 503;
      if (this.stopped) return undefined;
    }
  }

  note(entry, what) { this.bad.push(`${what}: ${JSON.stringify(entry)}`); }

  async work(i) {
    const w = { i, at: i };
    while (!this.stopped) {
      const ready = this.people.find((p) => !p.busy && p.app.used <= p.app.step());
      try {
        if (ready) {
          ready.busy = true;
          await this.signIn(w, ready);
          ready.busy = false;
        } else if (this.people.length < this.limit) {
          await this.newPerson(w);
        } else {
          await this.small(w);
        }
      } catch (error) {
        this.bad.push(error.stack);
        return;
      }
    }
  }

  async newPerson(w) {
    const user = `load-${process.pid}-${++made}`;
    const place = this.people.length;
    this.people.push({ busy: true, app: { used: Infinity, step: () => 0 } });
    const drop = () => { this.people[place] = { busy: true, gone: true, app: { used: Infinity, step: () => 0 } }; };
    const put = await this.insist(w, 'user', 'PUT', `/v1/users/${user}`, { email: `${user}@example.com` });
    if (!put) return drop();
    if (![200, 201].includes(put.status)) this.note(put, 'PUT user');
    const opened = await this.insist(w, 'open', 'POST', `/v1/users/${user}/enrollments`, { method: 'totp', totp: { algorithm: 'SHA1', digits: 6, period: 15 } });
    if (!opened) return drop();
    if (opened.status !== 201) { this.note(opened, 'open enrolment'); return drop(); }
    const { id, totp } = opened.answer.body;
    const person = { user, id, app: new App(totp), busy: true, codes: [] };
    const code = await person.app.fresh();
    const about = { user, enrolment: id, key: `${id}:${person.app.used}` };
    const confirmed = await this.insist(w, 'confirm', 'POST', `/v1/users/${user}/enrollments/${id}/confirm`, { code }, about);
    if (!confirmed) return drop();
    if (confirmed.status === 200) person.codes = confirmed.answer.body.backup_codes ?? [];
    else if (!(confirmed.again && ['code_already_used', 'enrollment_closed'].includes(confirmed.code))) {
      this.note(confirmed, 'confirm');
      return drop();
    }
    this.people[place] = person;
    await this.signIn(w, person);
    person.busy = false;
  }

  /** A new challenge; its id, or undefined. */
  async challenge(w, person) {
    const opened = await this.insist(w, 'challenge', 'POST', `/v1/users/${person.user}/challenges`, { purpose: 'sign_in' });
    if (opened && opened.status !== 201) this.note(opened, 'challenge');
    return opened?.answer.body.id;
  }

  /** One code once, and once too often; now and then a backup code in the same way. */
  async signIn(w, person) {
    if (person.app.used > person.app.step()) return;
    const code = await person.app.fresh();
    await this.useTwice(w, person, { code, key: `${person.id}:${person.app.used}`, kind: 'verify', refusals: ['code_already_used', 'challenge_closed'] });
    if (Math.random() < 0.3) await this.backup(w, person);
  }

  async backup(w, person) {
    const code = person.codes.shift();
    if (code) await this.useTwice(w, person, { code, key: `${person.id}:${code.slice(0, 5)}`, kind: 'backup', refusals: ['code_already_used', 'code_invalid', 'challenge_closed'] });
  }

  async useTwice(w, person, { code, key, kind, refusals }) {
    const first = await this.challenge(w, person);
    if (!first) return;
    const about = { user: person.user, enrolment: person.id, key, challenge: first };
    const used = await this.insist(w, kind, 'POST', `/v1/challenges/${first}/verify`, { code }, about);
    if (!used) return;
    if (used.status !== 200 && !(used.again && refusals.includes(used.code))) this.note(used, `${kind} refused`);
    const second = await this.challenge(w, person);
    if (!second) return;
    const replay = await this.insist(w, `${kind}_replay`, 'POST', `/v1/challenges/${second}/verify`, { code }, { ...about, challenge: second });
    if (replay && !refusals.includes(replay.code)) this.note(replay, `${kind} accepted twice`);
  }

  /** A backup code of somebody who is not at work, else a challenge that nobody answers. */
  async small(w) {
    const person = this.people.find((p) => !p.busy && p.codes.length > 0);
    if (person && Math.random() < 0.5) {
      person.busy = true;
      await this.backup(w, person);
      person.busy = false;
      return;
    }
    const known = this.people.filter((p) => p.user);
    const any = known[Math.floor(Math.random() * known.length)];
    if (!any) return sleep(20);
    const entry = await this.attempt(w, 'challenge', 'POST', `/v1/users/${any.user}/challenges`, { purpose: 'sign_in' });
    if (entry.answer && ![201, 503].includes(entry.status)) this.note(entry, 'challenge');
    if (entry.status === 201) entry.challenge = entry.answer.body.id;
    await sleep(5);
  }

  /** No code has two successes; nothing was answered that must not be. */
  judge() {
    const successes = new Map();
    for (const e of this.ledger) {
      if (e.key && e.status === 200) successes.set(e.key, [...(successes.get(e.key) ?? []), e.n]);
      if (e.status >= 500 && e.status !== 503) this.note(e, 'a 5xx');
      if (e.status === 503 && !/^[1-9]\d*$/.test(e.retryAfter ?? '')) this.note(e, 'no Retry-After');
    }
    for (const [key, entries] of successes) if (entries.length > 1) this.bad.push(`${key} succeeded at ${entries}`);
    assert.deepEqual(this.bad, []);
  }

  /** Everything acknowledged since the last call is there, asked over `client`. */
  async settle(client) {
    const until = this.ledger.length;
    const news = this.ledger.slice(this.settled, until).filter((e) => e.status === 200 || (e.status === 201 && e.challenge));
    const get = async (path) => {
      for (let i = 0; i < 200; ++i) {
        const answer = await client.call('GET', path).catch(() => undefined);
        if (answer && answer.status !== 503) return answer;
        await sleep(50);
      }
      throw new Error(`no answer to GET ${path}`);
    };
    for (const e of news) {
      if (e.kind === 'confirm') {
        const answer = await get(`/v1/users/${e.user}/enrollments/${e.enrolment}`);
        if (answer.body?.status !== 'active') this.note(e, `lost: ${answer.text}`);
      } else if (e.kind === 'verify' || e.kind === 'backup') {
        const answer = await get(`/v1/challenges/${e.challenge}`);
        if (answer.body?.status !== 'approved') this.note(e, `lost: ${answer.text}`);
      } else if (e.kind === 'challenge') {
        const answer = await get(`/v1/challenges/${e.challenge}`);
        if (answer.status !== 200) this.note(e, `lost: ${answer.text}`);
      }
    }
    this.settled = until;
    return news.length;
  }

  /** What the database itself says at the end, the load being over. */
  async settleRows(site) {
    const steps = new Set((await site.rows('SELECT factor_id, step FROM factor_step')).map((r) => r.join(':')));
    const uses = new Map((await site.rows('SELECT s.user_id, COUNT(*) FROM backup_code c JOIN backup_set s ON s.id = c.set_id WHERE c.used_at IS NOT NULL GROUP BY s.user_id')));
    const ids = new Map((await site.rows('SELECT external_id, id FROM user')));
    // Old steps are swept; those of the last minute are all there.
    const since = Date.now() - 20_000;
    const acked = new Map();
    const tried = new Map();
    for (const e of this.ledger) {
      if (!e.key) continue;
      if (e.status === 200 && (e.kind === 'verify' || e.kind === 'confirm') && e.sent > since && !steps.has(e.key)) this.note(e, 'no step');
      if (e.kind === 'backup') {
        (tried.get(e.user) ?? tried.set(e.user, new Set()).get(e.user)).add(e.key);
        if (e.status === 200) (acked.get(e.user) ?? acked.set(e.user, new Set()).get(e.user)).add(e.key);
      }
    }
    for (const [user, keys] of tried) {
      const used = Number(uses.get(ids.get(user)) ?? 0);
      if (used < (acked.get(user)?.size ?? 0) || used > keys.size) this.bad.push(`${user}: ${used} backup codes used, ${acked.get(user)?.size ?? 0} acknowledged, ${keys.size} tried`);
    }
    const half = await site.rows("SELECT c.id FROM challenge c WHERE c.status = 'approved' AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.object = c.id)");
    if (half.length > 0) this.bad.push(`approved without an audit row: ${half}`);
    const audit = site.tool(['audit', 'verify']);
    if (audit.code !== 0) this.bad.push(audit.stdout + audit.stderr);
  }

  count(kind, status = 200) { return this.ledger.filter((e) => e.kind === kind && e.status === status).length; }
  summary() {
    return `${this.ledger.length} requests, ${this.count('confirm')} enrolments, ${this.count('verify')} codes, ${this.count('backup')} backup codes, `
      + `${this.ledger.filter((e) => e.lost).length} without an answer, ${this.ledger.filter((e) => e.status === 503).length} x 503`;
  }
}
