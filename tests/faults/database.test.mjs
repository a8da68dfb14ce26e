// The database breaks under load (the table "Faults and what is promised", security 43): 503 with
// Retry-After, never a success without a write, liveness all the while, well again 5 s after the
// database, and no restart of ours.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { person } from '../api/people.mjs';
import { databases } from '../api/server.mjs';
import { Load } from './load.mjs';
import { databasePid, FaultSite, keepLedger, sleep } from './site.mjs';

const kWell = 5000;     // ms until all is well after the database is
const kAnswer = 3000;   // ms: the deadline is 2 s; what the same work took before is added
const [sqlite, mariadb] = databases;

/** What every fault has in common: load before, while and after; `cause` breaks it, `mend` mends it. */
async function suffer(site, server, load, { name, cause, mend, lasts = 2500, reads = false }) {
  const pid = server.child.pid;
  load.limit = load.people.length + 4;
  const before = load.ledger.length;
  load.start();
  for (let i = 0; i < 200 && !(load.people.length === load.limit && load.people.every((p) => p.user || p.gone)); ++i) await sleep(100);
  await sleep(500);
  load.limit += 2;
  const from = load.ledger.length;
  const usual = Math.max(0, ...load.ledger.slice(before).map((e) => e.ms ?? 0));
  await cause();
  const broken = Date.now();
  const probes = [];
  while (Date.now() - broken < lasts) {
    const [live, ready] = await Promise.all([site.probe(server, '/healthz'), site.probe(server, '/readyz')]);
    probes.push({ live, ready, at: Date.now() - broken });
    await sleep(200);
  }
  const mended = Date.now();
  await mend();
  const well = await site.healthy(server);
  // Well also means that the callers get through again.
  const through = () => load.ledger.find((e) => e.sent > mended && (e.status === 200 || e.status === 201));
  while (!through() && Date.now() - mended < kWell) await sleep(50);
  const again = through();
  await sleep(500);
  await load.stop();

  const during = load.ledger.slice(from).filter((e) => e.sent > broken + 100 && e.sent + e.ms < mended);
  const refused = during.filter((e) => e.status === 503);
  const slowest = Math.max(0, ...load.ledger.slice(from).filter((e) => e.status === 503).map((e) => e.ms));
  console.log(`# ${name}: ${refused.length} x 503 of ${during.length}, slowest of them ${slowest} ms (usual work at most ${usual} ms), ready after ${Math.round(well)} ms, slowest readyz ${Math.round(Math.max(...probes.map((p) => p.ready.ms)))} ms`);
  keepLedger(`database-${name.replaceAll(/\W+/g, '-')}`, load.ledger.slice(from));
  assert.ok(refused.length > 0, 'the load met the fault');
  assert.deepEqual(during.filter((e) => e.status !== 503 && !(reads && e.kind === 'list')).map((e) => JSON.stringify(e)), [], 'nothing but 503');
  for (const e of refused) assert.match(e.retryAfter, /^[1-9]\d*$/);
  assert.deepEqual(load.ledger.slice(from).filter((e) => e.lost), [], 'every request is answered');
  for (const { live } of probes) {
    assert.equal(live.status, 200, 'alive');
    assert.ok(live.ms < 1000, `/healthz took ${live.ms} ms`);
  }
  if (!reads) {
    for (const { ready, at } of probes) {
      if (at < 300) continue;
      assert.equal(ready.status, 503, `ready at ${at} ms: ${ready.text}`);
      assert.match(ready.headers['retry-after'], /^[1-9]\d*$/);
    }
  }
  assert.ok(slowest < kAnswer + usual, `a refusal took ${slowest} ms`);
  assert.ok(well < kWell, `well after ${well} ms`);
  assert.ok(again, 'the load gets through again');
  assert.equal(server.child.exitCode, null);
  assert.equal(server.child.pid, pid, 'no restart of ours');
  await load.settle(load.clients[0]);
  assert.deepEqual(load.bad, []);
  load.judge();
}

describe('MariaDB breaks under load', () => {
  let site;
  let server;
  let load;
  let db;
  before(async () => {
    site = await FaultSite.open(mariadb);
    server = await site.serve();
    db = site.database.db;
    const key = site.key('Hosting');
    load = new Load([site.client(server, { key, checked: false })], { people: 8 });
  });
  after(() => site.close());

  it('fault, database killed: 503, nothing lost, well again after it', { timeout: 60_000 }, () =>
    suffer(site, server, load, { name: 'killed', cause: () => db.kill(), mend: () => db.restart() }));

  it('fault, database stopped in good order and started', { timeout: 60_000 }, () =>
    suffer(site, server, load, {
      name: 'restarted',
      cause: async () => {
        const pid = databasePid(db);
        process.kill(pid, 'SIGTERM');
        for (;;) {
          try { process.kill(pid, 0); } catch { break; }
          await sleep(50);
        }
      },
      mend: () => db.restart(),
    }));

  it('fault, slow database (SIGSTOP): answers at the deadline, alive, not ready', { timeout: 60_000 }, () =>
    suffer(site, server, load, {
      name: 'stopped', lasts: 5500,
      cause: async () => process.kill(databasePid(db), 'SIGSTOP'),
      mend: async () => process.kill(databasePid(db), 'SIGCONT'),
    }));

  it('fault, read-only database: 503 for what would change something', { timeout: 60_000 }, () =>
    suffer(site, server, load, {
      name: 'read only', reads: true,
      cause: () => db.sql('SET GLOBAL read_only = 1'),
      mend: () => db.sql('SET GLOBAL read_only = 0'),
    }));

  it('security 43: the limiter out of reach refuses, the right code too; afterwards it counts', { timeout: 60_000 }, async () => {
    const someone = load.people.find((p) => p.user);
    const owner = await person(site);
    const key = load.clients[0];
    const c = await key.call('POST', `/v1/users/${someone.user}/challenges`, { purpose: 'sign_in' });
    const code = await someone.app.fresh();
    await db.kill();
    try {
      for (let i = 0; i < 3; ++i) {
        const verified = await key.call('POST', `/v1/challenges/${c.body.id}/verify`, { code });
        assert.deepEqual([verified.status, verified.code], [503, 'unavailable']);
        assert.match(verified.headers['retry-after'], /^[1-9]\d*$/);
        const signedIn = await site.client(server, { checked: false }).call('POST', '/client/sign-in', { email: owner.email, password: owner.password });
        assert.deepEqual([signedIn.status, signedIn.code], [503, 'unavailable']);
        assert.equal(signedIn.headers['set-cookie'], undefined);
      }
    } finally {
      await db.restart();
    }
    await site.healthy(server);
    const verified = await key.call('POST', `/v1/challenges/${c.body.id}/verify`, { code });
    assert.equal(verified.status, 200, 'what was refused was not used up');
  });

  it('what the database holds after all of this', async () => {
    await load.settleRows(site);
    assert.deepEqual(load.bad, []);
  });
});

describe('SQLite breaks under load', () => {
  let site;
  let server;
  let load;
  before(async () => {
    site = await FaultSite.open(sqlite);
    // A full disk, played by a limit on the size of files: the kernel refuses as it does without space.
    server = await site.serve({ before: ['sh', '-c', "trap '' XFSZ; exec \"$@\"", 'sh'] });
    const key = site.key('Hosting');
    load = new Load([site.client(server, { key, checked: false })], { people: 8 });
  });
  after(() => site.close());

  const fileLimit = (bytes) => execFileSync('prlimit', ['--pid', String(server.child.pid), `--fsize=${bytes}:`]);

  it('fault, disk full: 503, nothing half written, well again when there is room', { timeout: 60_000 }, () =>
    suffer(site, server, load, {
      name: 'disk full', reads: true,
      cause: async () => fileLimit(4096),
      mend: async () => fileLimit('unlimited'),
    }));

  it('fault, slow database: another process holds the write lock; 503 at the deadline', { timeout: 60_000 }, async () => {
    let holder;
    await suffer(site, server, load, {
      name: 'locked', lasts: 5000, reads: true,
      cause: async () => {
        holder = spawn('sqlite3', [site.databaseFile], { stdio: ['pipe', 'pipe', 'inherit'] });
        holder.stdin.write('.timeout 5000\nBEGIN IMMEDIATE;\nSELECT 1;\n');
        await new Promise((done) => holder.stdout.once('data', done));
      },
      mend: async () => {
        holder.stdin.end('ROLLBACK;\n');
        await new Promise((done) => holder.once('exit', done));
      },
    });
  });

  it('what the database holds after all of this', async () => {
    await load.settleRows(site);
    assert.deepEqual(load.bad, []);
    assert.deepEqual(await site.rows('PRAGMA integrity_check'), [['ok']]);
    assert.deepEqual(await site.rows('PRAGMA foreign_key_check'), []);
    assert.equal(statSync(site.databaseFile).mode & 0o077, 0, "the owner's alone");
  });
});
