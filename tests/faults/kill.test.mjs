// kill -9 under load (security 87, 36): what was acknowledged is there, no code counts twice, the server
// is back within 5 s. TWOFOLD_LONG=1: 500 kills on each database.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { databases } from '../api/server.mjs';
import { Load } from './load.mjs';
import { FaultSite, keepLedger, long, sleep } from './site.mjs';

const kKills = Number(process.env.TWOFOLD_KILLS ?? (long ? 500 : 12));
const kBack = 5000;  // ms

for (const database of databases) {
  describe(`killed on ${database.name}`, () => {
    it(`security 87, 36: ${kKills} times kill -9 under load, no acknowledged effect lost, no code twice`, { timeout: kKills * 20_000 + 120_000 }, async () => {
      const site = await FaultSite.open(database);
      try {
        // On MariaDB two servers share the database, and the callers of the killed one go to the other.
        const servers = [await site.serve()];
        if (database.name === 'MariaDB') servers.push(await site.serve());
        const key = site.key('Hosting');
        const clients = servers.map((s) => site.client(s, { key, checked: false }));
        const load = new Load(clients, { people: 16 });
        let slowest = 0;
        let settled = 0;
        for (let kill = 0; kill < kKills; ++kill) {
          load.limit = load.people.length + 3;
          load.start();
          await sleep(700 + Math.random() * 700);
          const victim = servers[kill % servers.length];
          const back = await site.crash(victim);
          slowest = Math.max(slowest, back);
          await sleep(200);
          await load.stop();
          settled += await load.settle(clients[kill % servers.length]);
          assert.deepEqual(load.bad, [], `after kill ${kill + 1}`);
        }
        await load.settleRows(site);
        const path = keepLedger(`kill-${database.name}`, load.ledger);
        console.log(`# ${database.name}: ${kKills} kills, ${load.summary()}; ${settled} acknowledged effects checked; back in at most ${Math.round(slowest)} ms; ${path}`);
        load.judge();
        assert.ok(load.count('verify') >= kKills / 2 && load.count('confirm') >= 5, load.summary());
        assert.ok(load.ledger.some((e) => e.lost), 'nothing was under way at any kill');
        assert.ok(slowest < kBack, `back after ${slowest} ms`);
      } finally {
        await site.close();
      }
    });
  });
}
