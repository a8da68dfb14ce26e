// Whose tries are counted (security 44): forged headers never move anybody to a fresh limit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { databases } from '../api/server.mjs';
import { FaultSite } from './site.mjs';

const kForged = ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'X-Client-IP', 'True-Client-IP', 'CF-Connecting-IP', 'REMOTE_ADDR', 'Remote-Addr', 'X-Forwarded-Host', 'Via'];
const address = (i) => `198.51.100.${i % 250}`;

for (const database of databases) {
  describe(`limits by address on ${database.name}`, () => {
    const tries = (site, headers) => site.client().call('POST', '/client/sign-in', { email: `nobody-${Math.random()}@example.com`, password: 'not this one' }, headers);

    it('security 44: no proxy is listed: every header of that kind is ignored', { timeout: 60_000 }, async () => {
      const site = await FaultSite.open(database, { TWOFOLD_SIGN_INS_PER_IP: '6' });
      try {
        await site.serve();
        for (let i = 0; i < 6; ++i) assert.equal((await tries(site, { 'X-Forwarded-For': address(i) })).code, 'credentials_invalid');
        for (const [i, name] of kForged.entries()) {
          const answer = await tries(site, { [name]: name === 'Forwarded' ? `for=${address(i)}` : address(i) });
          assert.equal(answer.code, 'rate_limited', name);
        }
        // A restart is no fresh start either.
        await site.crash(site.servers[0]);
        assert.equal((await tries(site, { 'X-Forwarded-For': address(99) })).code, 'rate_limited');
      } finally {
        await site.close();
      }
    });

    it('security 44: behind a listed proxy its own entry counts, never what the caller put before it', { timeout: 60_000 }, async () => {
      const site = await FaultSite.open(database, { TWOFOLD_SIGN_INS_PER_IP: '6', TWOFOLD_TRUSTED_PROXIES: '127.0.0.0/8' });
      try {
        await site.serve();
        for (let i = 0; i < 6; ++i) {
          assert.equal((await tries(site, { 'X-Forwarded-For': `${address(i)}, 203.0.113.7` })).code, 'credentials_invalid');
        }
        assert.equal((await tries(site, { 'X-Forwarded-For': `${address(50)}, 203.0.113.7` })).code, 'rate_limited');
        assert.equal((await tries(site, { 'X-Forwarded-For': `${address(51)}, 203.0.113.7, 127.0.0.9` })).code, 'rate_limited', 'a second proxy of ours');
        assert.equal((await tries(site, { 'X-Forwarded-For': '203.0.113.8' })).code, 'credentials_invalid', 'another caller');
      } finally {
        await site.close();
      }
    });
  });
}
