// client.mjs - calls the API as an integrator, a browser or a mischief-maker would, and checks every
// answer against /openapi.json: status, media type, members, error codes.
import { Agent, request } from 'node:http';
import assert from 'node:assert/strict';

import { faults } from './schema.mjs';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
let document;

/** The document, fetched once per process (all servers of one build have the same). */
export async function openapi(client) {
  document ??= (await client.raw('GET', '/openapi.json', { headers: {} })).json();
  return document;
}

/** "/v1/users/{user}" of a path, or undefined. */
export function templateOf(doc, path) {
  const segments = path.split('?')[0].split('/');
  const matches = Object.keys(doc.paths).filter((template) => {
    const parts = template.split('/');
    return parts.length === segments.length && parts.every((p, i) => p === segments[i] || (p.startsWith('{') && segments[i] !== ''));
  });
  return matches.sort((a, b) => a.split('{').length - b.split('{').length)[0];
}

export class Answer {
  constructor(status, headers, bytes) {
    this.status = status;
    this.headers = headers;
    this.bytes = bytes;
  }
  get text() { return this.bytes.toString('utf8'); }
  json() { return JSON.parse(this.text); }
  /** The body, or undefined when there is none or it is no JSON. */
  get body() { return /[/+]json/.test(this.headers['content-type'] ?? '') && this.bytes.length > 0 ? this.json() : undefined; }
  get code() { return this.body?.code; }
}

export class Client {
  constructor({ port, host, origin, key, checked = true }) {
    Object.assign(this, { port, host, origin, key, checked });
    this.cookie = undefined;
    this.csrf = undefined;
  }

  /** Exactly what is given; nothing is added but Host and Content-Length. */
  raw(method, path, { headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
      const bytes = body === undefined ? undefined : Buffer.from(body);
      const req = request({
        agent, port: this.port, host: '127.0.0.1', method, path,
        headers: { Host: this.host, ...(bytes ? { 'Content-Length': bytes.length } : {}), ...headers },
      }, (res) => {
        const parts = [];
        res.on('data', (part) => parts.push(part));
        res.on('end', () => resolve(new Answer(res.statusCode, res.headers, Buffer.concat(parts))));
        res.on('error', reject);
      });
      req.on('error', reject);
      req.end(bytes);
    });
  }

  /** The headers of this caller: its key, or its cookie with the CSRF token. */
  credentials(method) {
    const headers = {};
    if (this.key) headers.Authorization = `Bearer ${this.key}`;
    if (this.cookie) {
      headers.Cookie = this.cookie;
      headers.Origin = this.origin;
      if (method !== 'GET' && this.csrf) headers['X-CSRF-Token'] = this.csrf;
    }
    return headers;
  }

  /** A call as a good client makes it. Follows Set-Cookie and the CSRF token. */
  async call(method, path, body, headers = {}) {
    const answer = await this.raw(method, path, {
      headers: {
        ...this.credentials(method),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const set = answer.headers['set-cookie']?.[0];
    if (set) {
      this.cookie = /Max-Age=0/.test(set) ? undefined : set.split(';')[0];
      if (!this.cookie) this.csrf = undefined;
    }
    const csrf = answer.status < 400 ? answer.body?.csrf_token : undefined;
    if (csrf) this.csrf = csrf;
    if (this.checked) await this.check(method, path, answer);
    return answer;
  }

  /** Fails when the answer is not one that /openapi.json promises for this call (security 56, 67, 72). */
  async check(method, path, answer) {
    const doc = await openapi(this);
    const what = `${method} ${path} -> ${answer.status} ${answer.text.slice(0, 300)}`;
    assert.match(answer.headers['x-request-id'] ?? '', /^req_[0-9a-z]{26}$/, what);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff', what);
    if (answer.status >= 400) {
      assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8', what);
      assert.equal(answer.headers['cache-control'], 'no-store', what);
      assert.deepEqual(faults(doc, doc.components.schemas.Problem, answer.body), [], what);
      // An answer that was kept names the request that had the effect.
      if (!answer.headers['idempotency-replayed']) assert.equal(answer.body.request_id, answer.headers['x-request-id'], what);
      assert.equal(answer.body.status, answer.status, what);
      if (answer.status === 429 || answer.status === 503) assert.match(answer.headers['retry-after'] ?? '', /^[1-9]\d*$/, what);
      if (answer.status === 429) assert.match(answer.headers.ratelimit ?? '', /^"default";r=0;t=\d+$/, what);
    }
    const template = templateOf(doc, path);
    const operation = doc.paths[template]?.[method.toLowerCase()];
    if (!operation) return;
    const promised = operation.responses[answer.status];
    assert.ok(promised, `not in the document: ${what}`);
    if (answer.status >= 400) {
      const codes = promised.content['application/problem+json'].schema.allOf[1].properties.code.enum;
      assert.ok(codes.includes(answer.code), `code not in the document: ${what}`);
    } else if (promised.content) {
      const type = answer.headers['content-type'];
      const media = Object.entries(promised.content).find(([name]) => type === `${name}; charset=utf-8`);
      assert.ok(media, `${type}: ${what}`);
      assert.deepEqual(faults(doc, media[1].schema, /[/+]json;/.test(type) ? answer.body : answer.text), [], what);
    } else if (answer.status === 204) {
      assert.equal(answer.bytes.length, 0, what);
    }
  }
}
