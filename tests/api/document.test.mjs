// /openapi.json is whole: it names every route the server has, every schema and error code, and its
// examples fit its schemas. (That answers fit it is checked by the client at every call.)
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { openapi } from './client.mjs';
import { faults } from './schema.mjs';
import { databases, Site } from './server.mjs';

describe('the document', () => {
  let site;
  let doc;
  before(async () => {
    site = await Site.open(databases[0]);
    await site.serve();
    doc = await openapi(site.client());
  });
  after(() => site.close());

  const operations = () => Object.entries(doc.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })));

  it('is OpenAPI 3.1 with unique operations, each described and answered', () => {
    assert.equal(doc.openapi, '3.1.0');
    const ids = operations().map((o) => o.operationId);
    assert.equal(new Set(ids).size, ids.length);
    for (const o of operations()) {
      const what = `${o.method} ${o.path}`;
      assert.ok(o.summary && o.tags.length === 1, what);
      const inPath = [...o.path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
      assert.deepEqual((o.parameters ?? []).filter((p) => p.in === 'path').map((p) => p.name), inPath, what);
      assert.ok(Object.keys(o.responses).some((s) => s.startsWith('2')), what);
      assert.ok(o.responses['400'] && o.responses['421'] && o.responses['500'], what);
      if (o.requestBody) assert.ok(o.responses['413'] && o.responses['415'] && o.responses['422'], what);
    }
  });

  it('resolves every reference, and every example fits its schema', () => {
    const seen = new Set();
    (function walk(node) {
      if (typeof node !== 'object' || node === null) return;
      if (typeof node.$ref === 'string') {
        seen.add(node.$ref);
        assert.notEqual(node.$ref.replace('#/', '').split('/').reduce((at, part) => at?.[part], doc), undefined, node.$ref);
      }
      Object.values(node).forEach(walk);
    })(doc);
    for (const [name, schema] of Object.entries(doc.components.schemas)) {
      assert.ok('example' in schema, `${name} has no example`);
      assert.deepEqual(faults(doc, schema, schema.example, name), []);
    }
    for (const o of operations()) {
      for (const media of Object.values(o.requestBody?.content ?? {})) assert.deepEqual(faults(doc, media.schema, media.example), [], o.operationId);
      for (const response of Object.values(o.responses)) {
        for (const [type, media] of Object.entries(response.content ?? {})) {
          if (type === 'application/problem+json') assert.ok(Object.keys(media.examples).length > 0);
          else assert.deepEqual(faults(doc, media.schema, media.example), [], o.operationId);
        }
      }
    }
  });

  it('lists every code, each with an example, each answered by some call', () => {
    const codes = doc.components.schemas.Problem.properties.code.enum;
    const header = readFileSync(new URL('../../server/http/problem.hpp', import.meta.url), 'utf8');
    const inSource = [...header.matchAll(/^ {4}\{"(\w+)", \d{3}, /gm)].map((m) => m[1]);
    assert.deepEqual(codes, inSource);
    assert.deepEqual(Object.keys(doc.components.examples), codes);
    const used = new Set(['method_not_allowed', ...operations().flatMap((o) => Object.values(o.responses)
      .flatMap((r) => r.content?.['application/problem+json']?.schema.allOf[1].properties.code.enum ?? []))]);
    assert.deepEqual(codes.filter((c) => !used.has(c)), []);
  });

  it('knows the same codes as the client library', () => {
    const source = readFileSync(new URL('../../wasm/src/api.ts', import.meta.url), 'utf8');
    const text = source.match(/kErrorCodes = \[([\s\S]*?)\] as const/)[1];
    const client = new Set([...text.matchAll(/"(\w+)"/g)].map((m) => m[1]));
    // What only a client that speaks no HTTP meets has no text of its own there.
    const codes = doc.components.schemas.Problem.properties.code.enum.filter((c) => !['malformed_request', 'request_timeout'].includes(c));
    assert.deepEqual(codes.filter((c) => !client.has(c)), []);
  });

  it('is a page too, without scripts', async () => {
    const page = await site.client().raw('GET', '/docs');
    assert.match(page.headers['content-type'], /^text\/html; charset=utf-8$/);
    assert.ok(!/<script|style="/.test(page.text));
    assert.match(page.headers['content-security-policy'], /default-src 'none'/);
    for (const o of operations()) assert.ok(page.text.includes(`id="${o.operationId}"`), o.operationId);
    assert.match((await site.client().raw('GET', '/docs/style.css')).headers['content-type'], /^text\/css/);
  });

  it('health says build and core version', async () => {
    const health = (await site.client().call('GET', '/healthz')).body;
    assert.match(health.version, /^\d+\.\d+\.\d+/);
    assert.ok(health.core);
  });
});
