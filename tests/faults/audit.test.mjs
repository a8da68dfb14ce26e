// The audit trail against somebody who can write to the database (security 85): whatever is edited,
// removed, exchanged or cut is found by `twofold audit verify`, and named; and by whoever has only the
// export of that one history and the published keys, as a browser does.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

import { challenge, userWithFactor, verify } from '../api/people.mjs';
import { databases } from '../api/server.mjs';
import { auditModule } from '../wasm/audit_support.mjs';
import { FaultSite, sleep } from './site.mjs';

const [sqlite, mariadb] = databases;
const checkExport = await auditModule();

/** A site with some history that a checkpoint vouches for; its longest chain, which is that user's. */
async function history(site) {
  const server = await site.serve();
  const key = site.client(undefined, { key: site.key('Hosting') });
  const u = await userWithFactor(key);
  for (let i = 0; i < 3; ++i) await verify(key, (await challenge(key, u.user)).id, u.codes[i]);
  const jwks = (await key.call('GET', '/.well-known/jwks.json')).body;
  await site.crash(server);  // a server that starts makes a checkpoint at once
  const [[chain, length]] = await site.rows('SELECT chain, length FROM audit_chain ORDER BY length DESC LIMIT 1');
  for (let i = 0; i < 200; ++i) {
    const [[covered]] = await site.rows(`SELECT COALESCE(MAX(length), 0) FROM checkpoint_entry WHERE chain = '${chain}'`);
    if (Number(covered) >= Number(length)) {
      const [[checkpoint]] = await site.rows(`SELECT MAX(checkpoint_number) FROM checkpoint_entry WHERE chain = '${chain}'`);
      return { chain, length: Number(length), checkpoint: Number(checkpoint), user: u.user, jwks };
    }
    await sleep(250);
  }
  throw new Error('no checkpoint within 50 s');
}

/** What is done to the rows, and where it must be found: sequence and kind ("a/b": either). */
const tampering = ({ chain, length: n, checkpoint }) => {
  const where = (s) => `chain = '${chain}' AND sequence = ${s}`;
  const every = ['action', 'result', 'actor', 'method', 'object', 'request_id', 'details', 'application_id', 'user_id', 'previous_mac', 'mac'];
  return [
    ...every.map((column) => ({ name: `${column} edited`, sql: `UPDATE audit SET ${column} = ${column} || 'x' WHERE ${where(3)}`, at: 3, what: 'edited' })),
    { name: 'time edited', sql: `UPDATE audit SET occurred_at = occurred_at - 1 WHERE ${where(3)}`, at: 3, what: 'edited' },
    { name: 'first row removed', sql: `DELETE FROM audit WHERE ${where(1)}`, at: 1, what: 'missing' },
    { name: 'a row removed', sql: `DELETE FROM audit WHERE ${where(4)}`, at: 4, what: 'missing' },
    { name: 'a row removed, the rest moved up', sql: `DELETE FROM audit WHERE ${where(4)}; UPDATE audit SET sequence = -sequence WHERE chain = '${chain}' AND sequence > 4; UPDATE audit SET sequence = -sequence - 1 WHERE chain = '${chain}' AND sequence < 0; UPDATE audit_chain SET length = length - 1 WHERE chain = '${chain}'`, at: 4, what: 'edited' },
    { name: 'two rows exchanged', sql: `UPDATE audit SET sequence = -1 WHERE ${where(3)}; UPDATE audit SET sequence = 3 WHERE ${where(4)}; UPDATE audit SET sequence = 4 WHERE ${where(-1)}`, at: 3, what: 'edited' },
    { name: 'a row of another chain put in', sql: `DELETE FROM audit WHERE ${where(3)}; UPDATE audit SET chain = '${chain}', sequence = 3 WHERE id = (SELECT id FROM audit WHERE chain <> '${chain}' LIMIT 1)`, at: 3, what: 'edited' },
    { name: 'the end cut', sql: `DELETE FROM audit WHERE ${where(n)}`, at: n, what: 'cut' },
    { name: 'the end cut, and the head told', sql: `DELETE FROM audit WHERE ${where(n)}; UPDATE audit_chain SET length = ${n - 1}, mac = (SELECT mac FROM audit WHERE ${where(n - 1)}) WHERE chain = '${chain}'`, at: n, what: 'cut' },
    { name: 'the whole chain gone', sql: `DELETE FROM audit WHERE chain = '${chain}'; DELETE FROM audit_chain WHERE chain = '${chain}'`, at: 1, what: 'cut' },
    { name: 'a forged row at the end', sql: `INSERT INTO audit SELECT 'evt_forged', chain, sequence + 1, application_id, user_id, occurred_at, actor, action, method, result, object, request_id, details, mac, mac FROM audit WHERE ${where(n)}; UPDATE audit_chain SET length = length + 1 WHERE chain = '${chain}'`, at: n + 1, what: 'edited' },
    { name: 'a checkpoint edited', sql: `UPDATE checkpoint_entry SET length = length - 1 WHERE checkpoint_number = ${checkpoint} AND position = 0`, chain: 'checkpoint', at: checkpoint, what: 'checkpoint' },
    { name: 'a signature edited', sql: `UPDATE checkpoint SET signature = (SELECT signature FROM checkpoint WHERE number <> ${checkpoint} LIMIT 1) WHERE number = ${checkpoint}`, chain: 'checkpoint', at: checkpoint, what: 'checkpoint' },
    { name: 'the promise of a checkpoint edited', sql: `UPDATE checkpoint_entry SET mac = 'x' WHERE checkpoint_number = ${checkpoint} AND chain = '${chain}'`, chain: 'checkpoint', at: checkpoint, what: 'checkpoint' },
  ];
};

/** What the export of that user says, checked by itself. */
async function alone(site, env, { user, jwks }) {
  const said = site.tool(['audit', 'export', '--application', 'Hosting', '--user', user], env);
  assert.equal(said.code, 0, said.stderr);
  const [report, ...more] = await checkExport(said.stdout, jwks);
  assert.equal(more.length, 0);
  return report;
}

async function judge(site, env, seen, t) {
  const { chain } = seen;
  const said = site.tool(['audit', 'verify', '--json'], env);
  assert.equal(said.code, 1, `${t.name}: ${said.stdout}${said.stderr}`);
  const faults = JSON.parse(said.stdout).faults;
  assert.ok(faults.some((f) => f.chain === (t.chain ?? chain) && f.sequence === t.at && f.what === t.what), `${t.name}: ${said.stdout}`);
  const text = site.tool(['audit', 'verify'], env);
  assert.equal(text.code, 1);
  assert.match(text.stdout, /^BROKEN ".+" at event \d+: \w+$/m);
  assert.match(text.stdout, /NOT whole\.\n$/);
  const report = await alone(site, env, seen);
  assert.equal(report.chain, chain);
  assert.ok(report.faults.some((f) => f.at === t.at && f.what === t.what), `${t.name}, by the export alone: ${JSON.stringify(report.faults)}`);
}

describe('audit verify', () => {
  it('security 85: every change to a row, a head or a checkpoint is found and located (SQLite)', { timeout: 120_000 }, async () => {
    const site = await FaultSite.open(sqlite);
    try {
      const seen = await history(site);
      const { length } = seen;
      assert.ok(length >= 6, `${length} events`);
      const whole = site.tool(['audit', 'verify']);
      assert.equal(whole.code, 0, whole.stdout + whole.stderr);
      assert.match(whole.stdout, /all whole\.\n$/);
      const own = await alone(site, {}, seen);
      assert.deepEqual([own.faults, own.events, own.unchecked, own.detailsUnchecked], [[], length, 0, 0]);
      assert.equal(own.vouched.length, length);
      const saved = join(site.folder, 'saved.db');
      execFileSync('sqlite3', [site.databaseFile, `.backup ${saved}`]);
      const copy = join(site.folder, 'copy.db');
      const env = { TWOFOLD_DATABASE: `sqlite:${copy}` };
      for (const t of tampering(seen)) {
        copyFileSync(saved, copy);
        const changed = execFileSync('sqlite3', [copy, `${t.sql}; SELECT total_changes()`], { encoding: 'utf8' });
        assert.ok(Number(changed) > 0, t.name);
        await judge(site, env, seen, t);
      }
      copyFileSync(saved, copy);
      assert.equal(site.tool(['audit', 'verify'], env).code, 0, 'the copy itself is whole');
    } finally {
      await site.close();
    }
  });

  it('security 85: the same on MariaDB, for one row edited and one removed', { timeout: 120_000 }, async () => {
    const site = await FaultSite.open(mariadb);
    try {
      const seen = await history(site);
      const { chain } = seen;
      assert.equal(site.tool(['audit', 'verify']).code, 0);
      assert.deepEqual((await alone(site, {}, seen)).faults, []);
      const [edited] = tampering(seen);
      await site.rows(edited.sql.replace("action || 'x'", "CONCAT(action, 'x')"));
      await judge(site, {}, seen, edited);
      await site.rows(`DELETE FROM audit WHERE chain = '${chain}' AND sequence = 5`);
      await judge(site, {}, seen, { name: 'removed', at: 5, what: 'missing' });
    } finally {
      await site.close();
    }
  });
});
