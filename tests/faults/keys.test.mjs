// The key ring: changed while two servers work (security 77, rule 12), and wrong or missing at the start
// (security 79).
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { databases } from '../api/server.mjs';
import { Load } from './load.mjs';
import { FaultSite, long, sleep } from './site.mjs';

/** As an operator does it by hand: again, until it is accepted or the time is over. */
async function until(work, what, ms = 15_000) {
  const end = Date.now() + ms;
  let last;
  while (Date.now() < end) {
    last = work();
    if (last.code === 0) return last;
    await sleep(500);
  }
  throw new Error(`${what}: ${last.stderr}`);
}

// Several servers are MariaDB's business first; on SQLite the long form looks as well.
for (const database of databases.filter((d) => long || d.name === 'MariaDB')) {
  describe(`key ring changed on ${database.name}`, () => {
    it('security 77: add, activate, retire while two servers verify: 0 failures', { timeout: 120_000 }, async () => {
      const site = await FaultSite.open(database);
      try {
        // Each server has its own copy of the file, as on two machines.
        const there = join(site.folder, 'keys-of-the-other');
        copyFileSync(site.env.TWOFOLD_KEYS, there);
        const here = await site.serve();
        const other = await site.serve({ env: { TWOFOLD_KEYS: there } });
        const key = site.key('Hosting');
        const load = new Load([here, other].map((s) => site.client(s, { key, checked: false })), { people: 12 });
        load.start();
        await sleep(1500);

        const old = site.tool(['keys', 'list']).stdout.match(/^(k\w+)  active$/m)[1];
        const made = site.tool(['keys', 'add']);
        const id = made.stdout.match(/Key (k\w+) added/)[1];
        assert.equal(statSync(site.env.TWOFOLD_KEYS).mode & 0o077, 0);

        // The other server does not have it: refused, however long this one has had it.
        await sleep(6500);
        const early = site.tool(['keys', 'activate', id]);
        assert.equal(early.code, 1, early.stdout);
        assert.match(early.stderr, /do not have the key yet: node_\w+\. /);
        assert.ok(!early.stderr.includes(', node_'), 'one server alone has not got it');
        copyFileSync(site.env.TWOFOLD_KEYS, there);
        await until(() => site.tool(['keys', 'activate', id]), 'activate');

        // One server seals under the new key, the other still under the old one.
        await sleep(2500);
        const inUse = site.tool(['keys', 'retire', old]);
        assert.equal(inUse.code, 1);
        assert.match(inUse.stderr, /still seals under that key|rows are still sealed under that key/);
        copyFileSync(site.env.TWOFOLD_KEYS, there);
        await sleep(7000);
        load.limit += 8;
        const rows = site.tool(['keys', 'retire', old]);
        assert.equal(rows.code, 1, rows.stdout);
        assert.match(rows.stderr, /\d+ rows are still sealed under that key/);
        assert.equal(site.tool(['keys', 'retire', id]).code, 1, 'the active one stays');

        // A key that nothing was ever sealed under goes without a trace.
        const spare = site.tool(['keys', 'add']).stdout.match(/Key (k\w+) added/)[1];
        assert.equal(site.tool(['keys', 'retire', spare]).code, 0);
        assert.ok(!site.tool(['keys', 'list']).stdout.includes(spare));
        await sleep(2500);
        await load.stop();

        console.log(`# ${database.name}: ${load.summary()}`);
        assert.deepEqual(load.ledger.filter((e) => e.lost || e.status >= 500).map((e) => JSON.stringify(e)), []);
        await load.settle(load.clients[0]);
        await load.settleRows(site);
        load.judge();
        assert.ok(load.count('verify') >= 12);
        const secrets = (await site.rows("SELECT DISTINCT substr(secret, 1, 9) FROM factor WHERE secret <> ''")).flat();
        assert.ok(secrets.includes(old) && secrets.includes(id), `sealed under ${secrets}`);
        assert.ok([here, other].every((s) => s.log.includes('key_ring_taken_up') && !s.log.includes('key_ring_not_taken_up')));
      } finally {
        await site.close();
      }
    });
  });
}

for (const database of databases) {
  describe(`key ring at the start on ${database.name}`, () => {
    it('security 79: a key ring that is missing, foreign, damaged or open to others: no start, one plain sentence', { timeout: 60_000 }, async () => {
      const site = await FaultSite.open(database);
      try {
        const server = await site.serve();
        const key = site.key('Hosting');
        const client = site.client(server, { key });
        assert.equal((await client.call('PUT', '/v1/users/u', { email: 'u@example.com' })).status, 201);
        server.child.kill('SIGTERM');
        await server.exited;
        const rows = await site.rows('SELECT COUNT(*), MAX(mac) FROM audit');

        const good = readFileSync(site.env.TWOFOLD_KEYS, 'utf8');
        const foreign = join(site.folder, 'foreign');
        assert.equal(site.tool(['keys', 'init'], { TWOFOLD_KEYS: foreign }).code, 0);
        const cut = join(site.folder, 'cut');
        writeFileSync(cut, good.slice(0, good.length / 2), { mode: 0o600 });
        const open = join(site.folder, 'open');
        writeFileSync(open, good);
        chmodSync(open, 0o644);
        for (const ring of [join(site.folder, 'none'), foreign, cut, open]) {
          for (const line of [['serve'], ['audit', 'verify'], ['api-key', 'create', '--application', 'Hosting', '--scopes', 'verify']]) {
            const said = site.tool(line, { TWOFOLD_KEYS: ring, TWOFOLD_LISTEN: `127.0.0.1:${server.port}` });
            assert.equal(said.code, 1, `${ring} ${line}: ${said.stdout}${said.stderr}`);
            assert.match(said.stderr, /^twofold: [A-Z][^\n]+[.!]\n$/, ring);
            assert.equal(said.stdout, '');
            for (const secret of good.match(/[\w+/=-]{40,}/g)) assert.ok(!said.stderr.includes(secret));
          }
        }
        assert.deepEqual(await site.rows('SELECT COUNT(*), MAX(mac) FROM audit'), rows, 'nothing was changed');
        await site.start(server);
        assert.equal((await client.call('GET', '/v1/users/u')).status, 200, 'and with the right ring all is as before');
      } finally {
        await site.close();
      }
    });
  });
}
