// soak.mjs - the server at work for a while (security 90): memory and descriptors stay flat, nothing
// fails, and it ends in good order. `make soak`; TWOFOLD_SOAK seconds on each database (default 90).
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

import { databases } from '../api/server.mjs';
import { Load } from './load.mjs';
import { FaultSite, sleep } from './site.mjs';

const kSeconds = Number(process.env.TWOFOLD_SOAK ?? 90);
const kGrowth = 32;       // MiB: what the page caches of eight connections take as the tables grow
const kDescriptors = 8;   // a connection here or there

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

for (const database of databases) {
  const site = await FaultSite.open(database);
  try {
    const server = await site.serve();
    const pid = server.child.pid;
    const key = site.key('Hosting');
    const load = new Load([site.client(server, { key, checked: false })], { people: 16 });
    const samples = [];
    const end = Date.now() + kSeconds * 1000;
    load.start();
    while (Date.now() < end) {
      await sleep(1000);
      if (samples.length % 10 === 9) load.limit += 4;  // new people all the time
      samples.push({
        rss: Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024,
        fds: readdirSync(`/proc/${pid}/fd`).length,
        threads: Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/Threads:\s+(\d+)/)[1]),
      });
    }
    await load.stop();
    const quarter = samples.length >> 2;
    const of = (name, at) => median(samples.slice(at * quarter, (at + 1) * quarter).map((s) => s[name]));
    const [first, last] = [1, 3].map((at) => ({ rss: of('rss', at), fds: of('fds', at), threads: of('threads', at) }));
    const times = load.ledger.map((e) => e.ms).sort((a, b) => a - b);
    console.log(`${database.name}: ${kSeconds} s, ${load.summary()}; p50 ${median(times)} ms, p99 ${times[Math.floor(times.length * 0.99)]} ms, slowest ${times.at(-1)} ms`);
    console.log(`${database.name}: RSS ${first.rss.toFixed(1)} -> ${last.rss.toFixed(1)} MiB, descriptors ${first.fds} -> ${last.fds}, threads ${first.threads} -> ${last.threads} (second quarter -> last)`);
    assert.ok(last.rss - first.rss < kGrowth, 'memory grows');
    assert.ok(Math.abs(last.fds - first.fds) <= kDescriptors, 'descriptors leak');
    assert.equal(last.threads, first.threads, 'threads leak');
    assert.deepEqual(load.ledger.filter((e) => e.lost || e.status >= 500).map((e) => JSON.stringify(e)), []);
    load.settled = Math.max(0, load.ledger.length - 2000);
    await load.settle(load.clients[0]);
    await load.settleRows(site);
    load.judge();
    server.child.kill('SIGTERM');
    assert.equal(await server.exited, 0);
    assert.ok(server.log.includes('"requests_cut_off":"no"'));
  } finally {
    await site.close();
  }
}
console.log('soak: passed (security 90: memory and descriptors stay flat)');
