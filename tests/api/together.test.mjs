// Several server processes on one database (security 8, 38): of many parallel requests with one valid
// code exactly one succeeds, round after round, and parallel guesses never exceed the budget.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { challenge, enrol, userWithFactor, verify } from './people.mjs';
import { databases, Site } from './server.mjs';
import { App } from './totp.mjs';

const kRounds = Number(process.env.TWOFOLD_ROUNDS ?? 200);

for (const database of databases) {
  describe(`two servers on ${database.name}`, () => {
    let site;
    let keys;
    before(async () => {
      site = await Site.open(database);
      await site.serve();
      await site.serve();
      const key = site.key('Hosting');
      keys = site.servers.map((server) => site.client(server, { key, checked: false }));
    });
    after(() => site.close());

    it(`security 8: 64 at once with one valid code, one success, ${kRounds} times`, { timeout: 600_000 }, async () => {
      let done = 0;
      // Each round has a user of its own: a user's next code would have to be waited for.
      while (done < kRounds) {
        const u = await userWithFactor(keys[0]);
        const code = await u.app.fresh();
        const challenges = await Promise.all(Array.from({ length: 16 }, (_, i) => challenge(keys[i % 2], u.user)));
        const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => verify(keys[(i >> 1) % 2], challenges[i % 16].id, code)));
        const codes = answers.map((a) => a.code ?? a.status);
        assert.equal(answers.filter((a) => a.status === 200).length, 1, `round ${done}: ${codes}`);
        assert.ok(answers.every((a) => a.status === 200 || ['code_already_used', 'challenge_closed'].includes(a.code)), `round ${done}: ${codes}`);
        ++done;
      }
    });

    it('security 38: 1000 parallel wrong guesses are charged no more than the budget', { timeout: 300_000 }, async () => {
      const u = await userWithFactor(keys[0]);
      const challenges = await Promise.all(Array.from({ length: 40 }, (_, i) => challenge(keys[i % 2], u.user)));
      const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => verify(keys[i % 2], challenges[i % 40].id, u.app.wrong(i))));
      const evaluated = answers.filter((a) => a.code === 'code_invalid').length;
      assert.equal(evaluated, 5, 'as many as the budget, whoever asks');
      assert.ok(answers.every((a) => ['code_invalid', 'factor_locked', 'overloaded', 'unavailable'].includes(a.code)));
      assert.equal((await verify(keys[1], challenges[0].id, await u.app.fresh())).code, 'factor_locked');
    });

    it('a pending enrolment opened before 2FA was on cannot be confirmed after (rule 6)', async () => {
      const user = 'rule-six';
      await keys[0].call('PUT', `/v1/users/${user}`, { email: 'six@example.com' });
      const early = await keys[0].call('POST', `/v1/users/${user}/enrollments`, { method: 'totp' });
      await enrol(keys[1], user);
      const late = await keys[0].call('POST', `/v1/users/${user}/enrollments/${early.body.id}/confirm`, { code: await new App(early.body.totp).fresh() });
      assert.equal(late.code, 'enrollment_closed');
    });
  });
}
