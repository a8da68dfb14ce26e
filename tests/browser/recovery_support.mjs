// recovery_support.mjs - the people around somebody who is locked out: their own client, an agent and a
// supervisor who work through the API, and their mailbox.
import assert from 'node:assert/strict';
import { Client } from '../api/client.mjs';
import { enrol } from '../api/people.mjs';
import { makeAccount } from './client_area_support.mjs';

function client(url) {
  const { port, host, origin } = new URL(url);
  return new Client({ port: Number(port), host, origin, checked: false });
}

async function ok(answer) {
  const { status, text, body } = await answer;
  assert.ok(status < 300, `${status} ${text}`);
  return body;
}

/** An account with one authenticator; `app` makes its codes, `codes` are its backup codes. */
export async function ownerWithApp(url, name) {
  const person = await makeAccount(url, name);
  const mine = client(url);
  await ok(mine.call('POST', '/client/sign-in', person));
  const { app, codes, id } = await enrol(mine, 'me');
  await mine.call('POST', '/client/sign-out', {});
  return { ...person, app, codes, enrollment: id };
}

/** One of the demo's people of the desk, who sets up an own second factor first. */
export async function deskPerson(url, role) {
  const desk = client(url);
  const { demo_accounts: accounts } = await (await fetch(`${url}/client/config`)).json();
  const { email, password } = accounts.find((a) => a.role === role);
  await ok(desk.call('POST', '/desk/sign-in', { email, password }));
  const refused = await desk.call('GET', '/v1/support-cases');
  assert.equal(refused.code, 'own_factor_required', `a ${role} works only with an own second factor: ${refused.text}`);
  await enrol(desk, 'me');
  const on = (id) => `/v1/support-cases/${id}`;
  return {
    queue: () => ok(desk.call('GET', '/v1/support-cases')),
    see: (id) => ok(desk.call('GET', on(id))),
    record: (id, kind) => ok(desk.call('POST', `${on(id)}/evidence`, { kind })),
    /** The bare answer: a refusal may be what is wanted. */
    approve: (id, deliver = 'email') => desk.call('POST', `${on(id)}/approve`, { deliver }),
    resume: (id, reason) => ok(desk.call('POST', `${on(id)}/resume`, { reason })),
    reject: (id, reason) => ok(desk.call('POST', `${on(id)}/reject`, { reason })),
  };
}

/** Waits until the case is in a state. */
export async function until(desk, id, state) {
  for (let i = 0; i < 150; i += 1) {
    const seen = await desk.see(id);
    if (seen.state === state) return seen;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`${id} is not ${state}: ${(await desk.see(id)).state}`);
}
