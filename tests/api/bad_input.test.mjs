// The bad-input list (security 54, 56, 59, 67 to 71) against every call of /openapi.json, on each
// database: each line gets its class of answer, never a 5xx, and changes nothing. The list is data:
// data/bad_input.json.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { openapi } from './client.mjs';
import { enrol, person, userWithFactor } from './people.mjs';
import { faults, resolveSchema } from './schema.mjs';
import { databases, Site } from './server.mjs';

const list = JSON.parse(readFileSync(new URL('./data/bad_input.json', import.meta.url), 'utf8'));
const kMethods = ['get', 'put', 'post', 'patch', 'delete'];

/** The bytes of one value of the list as it stands in JSON. */
function valueBytes(v) {
  if (v.hex) return Buffer.from(v.hex, 'hex');
  if (v.repeat) return Buffer.from(JSON.stringify(v.repeat.repeat(v.times)));
  return Buffer.from(v.raw);
}

/** The value as JavaScript sees it, or undefined when it is no JSON. */
function parsed(v) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(valueBytes(v)));
  } catch {
    return undefined;
  }
}

function bodyBytes(b) {
  if (b.hex) return Buffer.from(b.hex, 'hex');
  if (b.nest) return Buffer.from('['.repeat(b.nest) + ']'.repeat(b.nest));
  if (b.size) return Buffer.alloc(b.size, 'x');
  return Buffer.from(b.text);
}

/** Members of an object's schema with their paths, one level of nesting deep. */
function* members(doc, schema) {
  for (const [name, inner] of Object.entries(resolveSchema(doc, schema).properties ?? {})) {
    yield { path: [name], schema: inner };
    const sub = resolveSchema(doc, inner);
    for (const [deep, leaf] of Object.entries(sub.properties ?? {})) yield { path: [name, deep], schema: leaf, holder: sub.example };
  }
}

/** The JSON text of `example` with `bytes` at the path (or without it, when bytes is undefined). */
function withMember(example, { path, holder }, bytes) {
  const copy = structuredClone(example);
  const mark = '@@here@@';
  let at = copy;
  if (path.length === 2) at = copy[path[0]] = structuredClone(holder ?? copy[path[0]] ?? {});
  if (bytes === undefined) delete at[path.at(-1)];
  else at[path.at(-1)] = mark;
  const text = Buffer.from(JSON.stringify(copy));
  if (bytes === undefined) return text;
  const where = text.indexOf(`"${mark}"`);
  return Buffer.concat([text.subarray(0, where), bytes, text.subarray(where + mark.length + 2)]);
}

/** The same object as JavaScript sees it. */
function withParsed(example, { path, holder }, value, drop) {
  const copy = structuredClone(example);
  let at = copy;
  if (path.length === 2) at = copy[path[0]] = structuredClone(holder ?? copy[path[0]] ?? {});
  if (drop) delete at[path.at(-1)];
  else at[path.at(-1)] = value;
  return copy;
}

/** A person of the desk who may work: signed in, with a second factor of their own. */
async function deskPerson(site) {
  const email = 'somebody@desk.example';
  const password = 'known to nobody but this test';
  site.agent({ role: 'agent', email, password });
  const client = site.client();
  const answer = await client.call('POST', '/desk/sign-in', { email, password });
  assert.equal(answer.status, 200, answer.text);
  await enrol(client, 'me');
  return client;
}

for (const database of databases) {
  describe(`bad input on ${database.name}`, { concurrency: false }, () => {
    let site;
    let doc;
    let calls;
    let server;
    let key;
    let user;    // whose state must not change
    let target;  // whom changes are tried upon
    let witness;
    let sent = 0;

    before(async () => {
      site = await Site.open(database, {
        TWOFOLD_SIGN_INS_PER_IP: '100000', TWOFOLD_SIGN_INS_PER_ACCOUNT: '100', TWOFOLD_REGISTERS_PER_IP: '10000',
      });
      server = await site.serve();
      key = site.client(undefined, { key: site.key('Hosting') });
      // Not the password of the document's examples: no call shall get through.
      const someone = await person(site, 'known to nobody but this test');
      await enrol(someone.client, 'me');
      const step = site.client();
      await step.call('POST', '/client/sign-in', { email: someone.email, password: someone.password });
      user = await userWithFactor(key);
      target = await userWithFactor(key);
      await key.call('PUT', '/v1/users/spare', { email: 'spare@example.com' });
      doc = await openapi(key);
      const desk = await deskPerson(site);
      calls = [];
      for (const [path, operations] of Object.entries(doc.paths)) {
        for (const method of kMethods.filter((m) => m in operations)) {
          const operation = operations[method];
          const kinds = operation.security.map((s) => Object.keys(s)[0]);
          const partial = path === '/client/sign-in/verify' || path === '/client/challenge';
          // A caller of the kind the call is for: the person's session, the half-open one, or the key.
          const open = kinds.length === 0 || kinds.includes(undefined);
          const atDesk = operation.tags[0] === 'Support desk' && !open;
          const caller = atDesk ? desk : open ? site.client() : kinds.includes('apiKey') ? key : partial ? step : someone.client;
          calls.push({ method: method.toUpperCase(), template: path, operation, caller, open, session: !kinds.includes('apiKey') && kinds.includes('session') });
        }
      }
      assert.ok(calls.length >= 35, `${calls.length} calls`);
      witness = await state();
    });

    after(() => site.close());

    /** What must not change. */
    async function state() {
      const answers = await Promise.all([`/v1/users/${user.user}`, `/v1/users/${user.user}/enrollments`, `/v1/users/${user.user}/backup-codes`]
        .map((path) => key.call('GET', path)));
      return answers.map((a) => a.body);
    }

    /** A path of the template. Only reading goes to the user who must not change. */
    function pathOf({ method, template }) {
      const who = method === 'GET' ? user : target;
      return template.replace('{user}', method === 'DELETE' ? 'spare' : who.user)
        .replace('{id}', template.includes('/challenges/') ? 'chl_none' : who.id);
    }

    async function send(call, { path = pathOf(call), headers = {}, drop = [], body } = {}) {
      const all = { ...call.caller.credentials(call.method) };
      if (body !== undefined) all['Content-Type'] = 'application/json';
      for (const [name, value] of Object.entries(headers)) all[name] = value.replace('{origin}', site.url);
      for (const name of drop) delete all[name];
      ++sent;
      const answer = await call.caller.raw(call.method, path, { headers: all, body });
      assert.ok(answer.status < 500, `${call.method} ${path} -> ${answer.status} ${answer.text}`);
      if (answer.status >= 400) {
        assert.match(answer.headers['content-type'], /^application\/problem\+json/, `${call.method} ${path}`);
        assert.deepEqual(faults(doc, doc.components.schemas.Problem, answer.body), []);
        assert.ok(!/SELECT|INSERT|soci|sqlite|mysql|exception|\/work|\.cpp/i.test(answer.text), answer.text);
      }
      return answer;
    }

    function expect(answer, wanted, what) {
      assert.equal(answer.status, wanted.status, `${what}: ${answer.text}`);
      if (wanted.code) assert.equal(answer.code, wanted.code, what);
    }

    const exampleOf = (call) => call.operation.requestBody?.content['application/json'].example;
    const schemaOf = (call) => call.operation.requestBody?.content['application/json'].schema;

    it('security 16, 68, 70: each member of each call takes no wrong value', async () => {
      for (const call of calls.filter(schemaOf)) {
        for (const member of members(doc, schemaOf(call))) {
          for (const value of list.values) {
            const what = `${call.method} ${call.template} /${member.path.join('/')} = ${value.name}`;
            const answer = await send(call, { body: withMember(exampleOf(call), member, value.drop ? undefined : valueBytes(value)) });
            if (value.status) {
              expect(answer, value, what);
              continue;
            }
            const seen = withParsed(exampleOf(call), member, value.drop ? undefined : parsed(value), value.drop);
            // 30.0 and 3e1 are whole to JavaScript and JSON Schema; this server asks for digits.
            const whole = Number.isInteger(parsed(value)) && !/^-?\d+$/.test(value.raw);
            if (faults(doc, schemaOf(call), seen).length > 0 || whole || /\0/.test(JSON.stringify(parsed(value) ?? ''))) {
              expect(answer, { status: 422, code: 'validation_failed' }, what);
              assert.ok(answer.body.errors.some((e) => e.pointer.startsWith(`/${member.path[0]}`)), `${what}: ${answer.text}`);
            }
          }
        }
      }
    });

    it('security 56: no member that is unknown', async () => {
      for (const call of calls.filter(schemaOf)) {
        for (const name of list.extra_members) {
          if ([...members(doc, schemaOf(call))].some((m) => m.path.length === 1 && m.path[0] === name)) continue; // known here
          const text = JSON.stringify(exampleOf(call)).replace(/^\{/, `{${JSON.stringify(name)}:1${Object.keys(exampleOf(call)).length ? ',' : ''}`);
          expect(await send(call, { body: text }), { status: 422, code: 'validation_failed' }, `${call.method} ${call.template} +${name}`);
        }
      }
    });

    it('security 68, 70: no body that is not the JSON of an object', async () => {
      for (const call of calls.filter(schemaOf)) {
        for (const body of list.bodies) {
          // A body that may be absent is absent when it is empty.
          if (body.text === '' && !call.operation.requestBody.required) continue;
          const answer = await send(call, { body: bodyBytes(body) }).catch((error) => {
            if (body.size && /EPIPE|ECONNRESET/.test(error.code)) return undefined; // told and closed while we still sent
            throw error;
          });
          if (answer) expect(answer, body, `${call.method} ${call.template} ${body.name}`);
        }
      }
    });

    it('security 54, 68: no header that is out of place', async () => {
      for (const call of calls) {
        for (const h of list.headers) {
          const mutates = call.method !== 'GET';
          if (h.body && !call.operation.requestBody) continue;
          if (h.guarded && call.open && !mutates) continue;
          if (h.csrf && !(call.session && mutates && call.caller.cookie)) continue;
          if (h.private && call.open) continue;
          const answer = await send(call, { headers: h.set, drop: h.drop, body: call.operation.requestBody ? JSON.stringify(exampleOf(call)) : undefined });
          if (h.status) expect(answer, h, `${call.method} ${call.template} ${h.name}`);
        }
      }
    });

    it('security 55, 59, 68: no path parameter that is nobody, and no query that is not known', async () => {
      for (const call of calls) {
        const body = call.operation.requestBody ? JSON.stringify(exampleOf(call)) : undefined;
        for (const [, name] of call.template.matchAll(/\{(\w+)\}/g)) {
          // PUT makes the user it names.
          if (call.method === 'PUT') continue;
          for (const p of list.parameters) {
            const value = p.repeat ? p.repeat.repeat(p.times) : p.text;
            const path = pathOf({ ...call, template: call.template.replace(`{${name}}`, value) });
            const answer = await send(call, { path, body });
            // An example's code is judged only where the user exists; a 422 tells nothing of the id.
            const fine = [...p.status, ...(name === 'id' ? [403, 422, 405] : [405])];
            assert.ok(fine.includes(answer.status), `${call.method} ${path}: ${answer.text}`);
          }
        }
        for (const q of list.queries) {
          const known = (call.operation.parameters ?? []).some((p) => p.in === 'query');
          const path = pathOf(call) + (q.encode ? encodeURI(q.text) : q.text);
          const answer = await send(call, { path, body });
          if (q.code !== 'validation_failed' || known) expect(answer, q, `${call.method} ${path}`);
          else assert.ok([401, 403, 404, 422].includes(answer.status), `${call.method} ${path}: ${answer.text}`);
        }
      }
    });

    it('security 65, 69: no method but the documented ones, and no permission for another origin', async () => {
      for (const [template, operations] of Object.entries(doc.paths)) {
        for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'LOCK']) {
          if (operations[method.toLowerCase()]) continue;
          const answer = await send({ method, template, caller: key }, {});
          expect(answer, { status: 405, code: 'method_not_allowed' }, `${method} ${template}`);
          const allow = answer.headers.allow.split(', ');
          if (/TRACE|PROPFIND|LOCK/.test(method)) continue;
          assert.deepEqual(kMethods.filter((m) => allow.includes(m.toUpperCase())), kMethods.filter((m) => m in operations), template);
        }
        const options = await key.raw('OPTIONS', pathOf({ template }), { headers: { Origin: 'https://attacker.example', 'Access-Control-Request-Method': 'POST' } });
        assert.equal(options.status, 204);
        assert.equal(options.headers['access-control-allow-origin'], undefined, 'no other origin may call (65)');
        assert.match(options.headers.vary ?? '', /Origin/);
      }
      assert.equal((await key.raw('GET', '/no/such/path')).code, 'not_found');
    });

    it('security 68: and nothing has changed', async () => {
      assert.deepEqual(await state(), witness);
      assert.equal(server.child.exitCode, null);
      const health = await key.call('GET', '/readyz');
      assert.equal(health.status, 200);
      console.log(`# ${sent} requests on ${database.name}`);
    });
  });
}
