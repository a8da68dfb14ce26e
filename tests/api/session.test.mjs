// Sessions and the browser's side: CSRF, Origin, cookies, the demo, what nobody may see.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { person } from './people.mjs';
import { databases, Site } from './server.mjs';

describe('sessions', () => {
  let site;
  before(async () => {
    site = await Site.open(databases[0]);
    await site.serve();
  });
  after(() => site.close());

  it('security 53: the cookie is HttpOnly, SameSite=Strict, on the whole host, and plain only on loopback http', async () => {
    site.account('cookie@example.com', 'a long and private sentence');
    const answer = await site.client().call('POST', '/client/sign-in', { email: 'cookie@example.com', password: 'a long and private sentence' });
    assert.match(answer.headers['set-cookie'][0], /^twofold_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  });

  it('security 53, 72: with an https public URL the cookie is __Host- and Secure, HSTS is sent, the URL is the origin', async () => {
    const secure = await Site.open(databases[0], { TWOFOLD_PUBLIC_URL: 'https://area.example' });
    try {
      await secure.serve();
      secure.account('a@example.com', 'a long and private sentence');
      const client = secure.client(undefined, { host: 'area.example', origin: 'https://area.example' });
      const answer = await client.call('POST', '/client/sign-in', { email: 'a@example.com', password: 'a long and private sentence' }, { Origin: 'https://area.example' });
      assert.match(answer.headers['set-cookie'][0], /^__Host-twofold_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
      assert.match(answer.headers['strict-transport-security'], /max-age=\d{8}/);
      const foreign = await client.call('POST', '/client/sign-in', { email: 'a@example.com', password: 'x' }, { Origin: `http://localhost:${secure.port}` });
      assert.equal(foreign.code, 'origin_refused');
    } finally {
      await secure.close();
    }
  });

  it('security 54: changes need the CSRF token of this very session', async () => {
    const one = await person(site);
    const two = await person(site);
    const csrf = one.client.csrf;
    for (const wrong of [undefined, '', two.client.csrf, `${csrf}0`]) {
      one.client.csrf = wrong;
      const answer = await one.client.call('PATCH', '/client/me', { display_name: 'Mallory' });
      assert.equal(answer.code, 'csrf_required');
      assert.equal((await one.client.call('POST', '/client/sign-out', {})).code, 'csrf_required', 'nobody is signed out by a stranger');
    }
    one.client.csrf = csrf;
    assert.equal((await one.client.call('PATCH', '/client/me', { display_name: 'Alice', locale: 'ar' })).body.display_name, 'Alice');
    assert.equal((await one.client.call('GET', '/client/me')).body.user.locale, 'ar');
  });

  it('security 54: a foreign or opaque Origin is refused before anything happens', async () => {
    const { client } = await person(site);
    for (const origin of ['https://attacker.example', 'null', `${site.url}.attacker.example`, site.url.replace('http', 'https'), '']) {
      const answer = await client.call('PATCH', '/client/me', { display_name: 'Mallory' }, { Origin: origin });
      assert.equal(answer.code, 'origin_refused', origin);
    }
    assert.notEqual((await client.call('GET', '/client/me')).body.user.display_name, 'Mallory');
  });

  it('a person is only `me`, and a key is never `me`', async () => {
    const { client } = await person(site);
    const key = site.client(undefined, { key: site.key('Hosting') });
    const id = (await client.call('GET', '/client/me')).body.user.id;
    for (const user of [id, 'alice', 'ME']) assert.equal((await client.call('GET', `/v1/users/${user}`)).code, 'not_found');
    assert.equal((await key.call('GET', '/v1/users/me')).code, 'not_found');
    assert.equal((await client.call('GET', '/v1/audit')).code, 'forbidden');
    assert.equal((await client.call('PUT', '/v1/users/me', { email: 'x@example.com' })).code, 'forbidden');
    assert.equal((await key.call('PATCH', '/client/me', { display_name: 'x' })).code, 'forbidden');
  });

  it('a header that names a key decides, even beside a good cookie', async () => {
    const { client } = await person(site);
    const both = await client.call('GET', '/v1/users/me', undefined, { Authorization: `Bearer tfk_${'A'.repeat(43)}` });
    assert.equal(both.code, 'unauthenticated');
    const twice = await client.call('GET', '/v1/users/me', undefined, { Cookie: `${client.cookie}; ${client.cookie}` });
    assert.equal(twice.code, 'unauthenticated', 'two cookies of one name');
  });

  it('security 25: sign-in answers alike for an unknown address and a wrong password', async () => {
    const { email } = await person(site);
    const wrong = await site.client().call('POST', '/client/sign-in', { email, password: 'not this one' });
    const unknown = await site.client().call('POST', '/client/sign-in', { email: 'nobody@example.com', password: 'not this one' });
    assert.equal(wrong.status, 401);
    assert.deepEqual({ ...wrong.body, request_id: 0 }, { ...unknown.body, request_id: 0 });
  });

  it('security 44, 74: tries are limited per account with Retry-After and RateLimit, whatever the proxy headers say', async () => {
    const { email, password } = await person(site);
    let last;
    for (let i = 0; i < 12; ++i) last = await site.client().call('POST', '/client/sign-in', { email, password: `wrong ${i}` });
    assert.equal(last.code, 'rate_limited');
    assert.ok(Number(last.headers['retry-after']) > 0);
    assert.match(last.headers.ratelimit, /r=0;t=\d+/);
    const right = await site.client().call('POST', '/client/sign-in', { email, password });
    assert.equal(right.code, 'rate_limited', 'right and wrong look the same');
    const forged = await site.client().call('POST', '/client/sign-in', { email, password }, { 'X-Forwarded-For': '198.51.100.9', REMOTE_ADDR: '198.51.100.9' });
    assert.equal(forged.code, 'rate_limited', 'a forged header moves no limit (44)');
  });

  it('the mailbox and its page exist in the demo only', async () => {
    const client = site.client();
    assert.equal((await client.raw('GET', '/demo/mailbox.json')).status, 404);
    assert.equal((await client.raw('GET', '/demo/mailbox')).status, 404);
    assert.equal((await client.call('GET', '/client/config')).body.demo_accounts, undefined);
  });
});
