// SIGTERM under load (security 89): every request that was taken is answered, and the server is gone
// within 10 s with exit code 0.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { databases } from '../api/server.mjs';
import { Load } from './load.mjs';
import { FaultSite, long, sleep } from './site.mjs';

const kRounds = long ? 20 : 1;

for (const database of databases) {
  describe(`SIGTERM on ${database.name}`, () => {
    it(`security 89: drains within 10 s with 0 broken requests, ${kRounds} times`, { timeout: kRounds * 40_000 }, async () => {
      const site = await FaultSite.open(database);
      try {
        const server = await site.serve();
        const load = new Load([site.client(server, { key: site.key('Hosting'), checked: false })], { people: 8, workers: 16 });
        for (let round = 0; round < kRounds; ++round) {
          load.limit = load.people.length + 6;
          load.start();
          await sleep(2000);
          const from = load.ledger.length;
          const told = performance.now();
          server.child.kill('SIGTERM');
          const code = await server.exited;
          const took = performance.now() - told;
          await sleep(200);
          await site.start(server);
          await sleep(500);
          await load.stop();
          // A refused connection is no broken request: nothing was taken. All else that got no answer is.
          const broken = load.ledger.filter((e) => e.lost && e.lost !== 'ECONNREFUSED');
          const after = load.ledger.slice(from).filter((e) => e.status).length;
          console.log(`# ${database.name}: gone after ${Math.round(took)} ms, ${after} answers since, ${load.ledger.filter((e) => e.lost).length} turned away at the door`);
          assert.deepEqual(broken.map((e) => JSON.stringify(e)), []);
          assert.equal(code, 0);
          assert.ok(took < 10_000, `took ${took} ms`);
          assert.ok(server.log.includes('"requests_cut_off":"no"'), server.log.slice(-1000));
          await load.settle(load.clients[0]);
          assert.deepEqual(load.bad, []);
        }
        load.judge();
        await load.settleRows(site);
        assert.deepEqual(load.bad, []);
      } finally {
        await site.close();
      }
    });
  });
}
