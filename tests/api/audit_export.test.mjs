// Histories as they leave the server: who gets them, whole and in parts, as JSON lines that check by
// themselves and as CSV that no spreadsheet takes for a program.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { auditModule } from '../wasm/audit_support.mjs';
import { challenge, enrol, person, userWithFactor, verify } from './people.mjs';
import { databases, Site } from './server.mjs';

const checkExport = await auditModule();

/** RFC 4180. */
function readCsv(text) {
  const rows = [[]];
  for (const [, cell, end] of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    rows.at(-1).push(cell.replaceAll('""', '"'));
    if (end !== ',') rows.push([]);
  }
  assert.deepEqual(rows.pop(), []);
  return rows;
}

for (const database of databases) {
  describe(`exports on ${database.name}`, () => {
    let site;
    let key;
    let jwks;
    before(async () => {
      site = await Site.open(database);
      await site.serve();
      key = site.client(undefined, { key: site.key('Hosting') });
      jwks = (await key.call('GET', '/.well-known/jwks.json')).body;
    });
    after(() => site.close());

    it('security 85: a person takes their own history along, and it checks by itself', async () => {
      const { client } = await person(site);
      await enrol(client, 'me');
      const answer = await client.call('GET', '/v1/users/me/audit/export');
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-type'], 'application/x-ndjson; charset=utf-8');
      assert.equal(answer.headers['content-disposition'], 'attachment; filename="history.jsonl"');
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal(answer.headers.link, undefined);
      const lines = answer.text.trimEnd().split('\n').map((l) => JSON.parse(l));
      const [report] = await checkExport(answer.text, jwks);
      assert.deepEqual(report.faults, []);
      assert.equal(report.events, lines.at(-1).length);
      assert.ok(report.events >= 4, answer.text);
      assert.equal(report.unchecked + report.detailsUnchecked, 0);
      assert.equal(lines[0].issuer, site.url);
      assert.ok(lines.some((l) => l.type === 'event' && l.action === 'enrollment.confirmed' && l.details.ip === '127.0.0.1'));
      // The list says the same.
      const listed = (await client.call('GET', '/v1/users/me/audit?limit=100')).body.items;
      assert.deepEqual(listed.map((e) => [e.id, e.at, e.action]).reverse(), lines.filter((l) => l.type === 'event').map((l) => [l.id, l.at, l.action]));
    });

    it('security 55: an integrator gets it by the scope audit, for their own users', async () => {
      const u = await userWithFactor(key);
      await verify(key, (await challenge(key, u.user)).id, u.codes[0]);
      const path = `/v1/users/${u.user}/audit/export`;
      const [report] = await checkExport((await key.call('GET', path)).text, jwks);
      assert.deepEqual([report.user, report.faults], [u.user, []]);
      const without = site.client(undefined, { key: site.key('Hosting', 'users') });
      assert.equal((await without.call('GET', path)).status, 403);
      assert.equal((await without.call('GET', '/v1/audit/export')).status, 403);
      const other = site.client(undefined, { key: site.key('Elsewhere') });
      assert.equal((await other.call('GET', path)).code, 'not_found');
      assert.equal((await site.client().call('GET', path)).status, 401);
      const { client } = await person(site);
      assert.equal((await client.call('GET', path)).code, 'not_found');
      assert.equal((await client.call('GET', '/v1/audit/export')).status, 403);
    });

    it('security 46: after the password alone there is no history', async () => {
      const { client, email, password } = await person(site);
      await enrol(client, 'me');
      const half = site.client();
      assert.equal((await half.call('POST', '/client/sign-in', { email, password })).body.status, 'second_factor_required');
      assert.equal((await half.call('GET', '/v1/users/me/audit/export')).code, 'second_factor_required');
    });

    it('no export tells of another chain', async () => {
      const u = await userWithFactor(key);
      const v = await userWithFactor(key);
      const text = (await key.call('GET', `/v1/users/${u.user}/audit/export`)).text;
      const theirs = (await key.call('GET', `/v1/users/${v.user}/audit/export`)).text;
      const chain = JSON.parse(theirs.split('\n')[0]).chain;
      assert.ok(!text.includes(chain) && !text.includes(v.user));
      const [a, b] = [text, theirs].map((t) => JSON.parse(t.split('\n')[0]).chain_key);
      assert.match(a, /^[0-9a-f]{64}$/);
      assert.notEqual(a, b);
    });

    it('an application has a history of its own', async () => {
      const answer = await key.call('GET', '/v1/audit/export');
      const [report] = await checkExport(answer.text, jwks);
      assert.match(report.chain, /^application:app_/);
      assert.deepEqual(report.faults, []);
      assert.ok(answer.text.includes('api_key.created'));
    });

    it('security 86: CSV is formula-safe, and says what the JSON lines say', async () => {
      const user = `csv-${process.pid}`;
      await key.call('PUT', `/v1/users/${user}`, { email: `${user}@example.com` });
      const started = await enrol(key, user, undefined, { label: '=HYPERLINK("http://evil.example","x")' });
      for (const agent of ['+1+1', '-2', '@SUM(A1)', '\u{ff1d}1+1', 'plain, with "quotes"']) {
        const c = await challenge(key, user, { purpose: 'sign_in', client: { ip: '203.0.113.9', user_agent: agent } });
        assert.equal((await verify(key, c.id, started.codes.pop())).status, 200);
      }
      const path = `/v1/users/${user}/audit/export`;
      const answer = await key.call('GET', `${path}?format=csv`);
      assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8');
      assert.equal(answer.headers['content-disposition'], 'attachment; filename="history.csv"');
      const [heading, ...rows] = readCsv(answer.text);
      const events = (await key.call('GET', path)).text.trimEnd().split('\n').map((l) => JSON.parse(l)).filter((l) => l.type === 'event');
      assert.equal(rows.length, events.length);
      for (const row of rows) {
        assert.equal(row.length, heading.length);
        for (const cell of row) assert.doesNotMatch(cell, /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/);
      }
      const at = (name) => heading.indexOf(name);
      const cells = (name) => new Set(rows.map((r) => r[at(name)]));
      assert.ok(cells('label').has('\'=HYPERLINK("http://evil.example","x")'), [...cells('label')].join());
      for (const agent of ["'+1+1", "'-2", "'@SUM(A1)", "'\u{ff1d}1+1", 'plain, with "quotes"']) assert.ok(cells('user agent').has(agent), agent);
      assert.deepEqual(rows.map((r) => Number(r[at('number')])), events.map((e) => e.sequence));
      assert.deepEqual(rows.map((r) => r[at('what')]), events.map((e) => e.action));
    });

    it('says no to what is not asked for rightly', async () => {
      const path = `/v1/users/csv-${process.pid}/audit/export`;
      for (const query of ['?format=xml', '?after=-1', '?after=x', '?after=1.5', '?after=99999999999999999999', '?limit=5', '?format=csv&format=csv'])
        assert.equal((await key.call('GET', path + query)).code, 'validation_failed', query);
      assert.equal((await key.raw('POST', path, { headers: key.credentials('POST') })).status, 405);
    });

    if (database.name === databases[0].name) {
      it('a long history comes in parts that make one file', { timeout: 120_000 }, async () => {
        const user = `long-${process.pid}`;
        for (let i = 0; i < 2050; i += 10)
          await Promise.all(Array.from({ length: 10 }, (_, k) => key.call('PUT', `/v1/users/${user}`, { display_name: `Name ${i + k}` }).then((r) => r.status)));
        for (const format of ['jsonl', 'csv']) {
          let path = `/v1/users/${user}/audit/export?format=${format}`;
          let text = '';
          let parts = 0;
          while (path !== undefined) {
            const answer = await key.call('GET', path);
            assert.equal(answer.status, 200);
            text += answer.text;
            path = answer.headers.link?.match(/^<([^>]+)>; rel="next"$/)[1];
            parts += 1;
          }
          assert.equal(parts, 2, format);
          if (format === 'csv') {
            assert.deepEqual(readCsv(text).slice(1).map((r) => Number(r[0])), Array.from({ length: readCsv(text).length - 1 }, (_, i) => i + 1));
          } else {
            const [report, ...more] = await checkExport(text, jwks);
            assert.deepEqual([report.faults, more.length], [[], 0]);
            assert.ok(report.events > 2000);
            // Without its last part a file is not taken for whole.
            const first = (await key.call('GET', `/v1/users/${user}/audit/export`)).text;
            assert.deepEqual((await checkExport(first, jwks))[0].faults, [{ what: 'cut', at: 2001 }]);
          }
        }
      });
    }

    it('the command line prints the same, of one user and of the whole application', async () => {
      const u = await userWithFactor(key);
      const api = (await key.call('GET', `/v1/users/${u.user}/audit/export`)).text.split('\n').filter((l) => l.includes('"type":"event"'));
      const run = (...args) => site.run('audit', 'export', ...args);
      const own = run('--application', 'Hosting', '--user', u.user);
      assert.deepEqual(own.split('\n').filter((l) => l.includes('"type":"event"')), api);
      const subject = JSON.parse(api[0]).user;
      assert.equal(run('--application', 'Hosting', '--user', subject).split('\n')[1], own.split('\n')[1]);
      const reports = await checkExport(run('--application', 'Hosting'), jwks);
      assert.deepEqual(reports.flatMap((r) => r.faults), []);
      assert.ok(reports.some((r) => r.user === u.user) && reports.some((r) => r.chain.startsWith('application:')));
      assert.ok(!reports.some((r) => r.chain === 'system'));
      const csv = readCsv(run('--application', 'Hosting', '--format', 'csv'));
      assert.equal(csv.length - 1, reports.reduce((n, r) => n + r.events, 0));
      // Erased: what happened stays, what it said does not.
      assert.equal((await key.call('DELETE', `/v1/users/${u.user}`)).status, 204);
      assert.throws(() => run('--application', 'Hosting', '--user', u.user), /no user of that id/);
      const erased = run('--application', 'Hosting', '--user', subject);
      assert.deepEqual((await checkExport(erased, jwks))[0].faults, []);
      assert.ok(!erased.includes('"details":') && !erased.includes('details_key'));
      assert.throws(() => run('--application', 'Nowhere'), /no application of that name/);
      assert.throws(() => run('--format', 'csv'), /application/);
    });
  });
}
