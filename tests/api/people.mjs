// people.mjs - users in the states tests begin from.
import assert from 'node:assert/strict';

import { App } from './totp.mjs';

/** Enrols an authenticator for `user` ("me" or an integrator's own id); returns it with its codes. */
export async function enrol(client, user, totp = undefined, more = {}) {
  const started = await client.call('POST', `/v1/users/${user}/enrollments`, { method: 'totp', ...(totp && { totp }), ...more });
  assert.equal(started.status, 201, started.text);
  const app = new App(started.body.totp);
  const code = await app.fresh();
  const confirmed = await client.call('POST', `/v1/users/${user}/enrollments/${started.body.id}/confirm`, { code });
  assert.equal(confirmed.status, 200, confirmed.text);
  return { app, id: started.body.id, codes: confirmed.body.backup_codes, confirmCode: code };
}

let made = 0;

/** A new user of the key's application, with 2FA on. */
export async function userWithFactor(client, totp = undefined) {
  const user = `user-${process.pid}-${++made}`;
  const put = await client.call('PUT', `/v1/users/${user}`, { email: `${user}@example.com` });
  assert.equal(put.status, 201, put.text);
  return { user, ...(await enrol(client, user, totp)) };
}

export async function challenge(client, user, more = { purpose: 'sign_in' }) {
  const made = await client.call('POST', `/v1/users/${user}/challenges`, more);
  assert.equal(made.status, 201, made.text);
  return made.body;
}

export const verify = (client, id, code, more = {}) => client.call('POST', `/v1/challenges/${id}/verify`, { code, ...more });

/** An account with a session, 2FA off. */
export async function person(site, password = 'a long and private sentence') {
  const email = `p${process.pid}-${++made}@example.com`;
  site.account(email, password);
  const client = site.client();
  const signedIn = await client.call('POST', '/client/sign-in', { email, password });
  assert.equal(signedIn.status, 200, signedIn.text);
  return { client, email, password };
}
