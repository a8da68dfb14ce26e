// asking.mjs - people who ask for codes while the other side misbehaves: each has an address of their
// own, so that what arrives there is theirs alone.
import assert from 'node:assert/strict';

import { FaultSite, sleep } from './site.mjs';

export const kFrom = 'Example Hosting <no-reply@example.com>';
let made = 0;

/** A site that sends by this mail server (`smtp`: its URL) and asks freely. */
export const openSite = (database, smtp, env = {}) => FaultSite.open(database, {
  TWOFOLD_SMTP: smtp, TWOFOLD_MAIL_FROM: kFrom, TWOFOLD_PHONE_REGION: 'ES', TWOFOLD_CODES_PER_IP: '100000', TWOFOLD_CODES_PER_APPLICATION: '1000000', ...env,
});

/** Asks for a code to a new address: {user, to, id, ms, answer}; throws when nobody answers. */
export async function ask(key, { method = 'email', local = '' } = {}) {
  const n = ++made;
  const user = `asks-${process.pid}-${n}`;
  const to = method === 'email' ? `${local}${user}@mail.example` : `+3462${String(1_000_000 + n).slice(-7)}`;
  await key.call('PUT', `/v1/users/${user}`, {});
  const began = performance.now();
  const answer = await key.call('POST', `/v1/users/${user}/enrollments`, { method, address: to });
  return { user, to, id: answer.body?.id, ms: performance.now() - began, answer };
}

let slow = 0;

/**
 * Asking takes under 300 ms (the fault table), whatever the other side does. A request that waited for the
 * other side would be slow each time; one that met a busy machine is slow once, and is let pass with a word.
 */
export function inTime(ms) {
  slow = ms < 300 ? 0 : slow + 1;
  if (slow > 0) console.log(`# a request took ${Math.round(ms)} ms`);
  assert.ok(slow < 3 && ms < 2000, `the request took ${ms} ms, and those before it were slow too`);
}

/** The same, and it must have been taken in the time the fault table gives. */
export async function asked(key, more) {
  const a = await ask(key, more);
  assert.equal(a.answer.status, 201, a.answer.text);
  inTime(a.ms);
  return a;
}

export const delivery = async (key, a) => (await key.call('GET', `/v1/users/${a.user}/enrollments/${a.id}`)).body.delivery;

/** Waits until `look` gives something; that. */
export async function until(look, within = 10_000, what = 'it did not happen') {
  for (const end = performance.now() + within; performance.now() < end; await sleep(25)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`${what} within ${within} ms`);
}

/** The server writes its log beside its work, and it comes through a pipe: waits until it is there. */
export const logged = (server, what) => until(() => what.test(server.log), 10_000, `no ${what} in the log`);

export const status = (key, a, wanted, within) => until(async () => {
  const d = await delivery(key, a);
  return d.status === wanted && d;
}, within, `no delivery "${wanted}"`);

/** What arrived at an address. */
export const mailsTo = (smtp, a) => smtp.mails.filter((m) => m.to[0] === a.to);
export const codeOf = (mail) => mail.raw.match(/^One-Time-Code: code=(\d+);/m)?.[1];
export const messageId = (mail) => mail.raw.match(/^Message-ID: <([^@>]+)@/m)?.[1];
