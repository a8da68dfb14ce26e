// elements_fixture.mjs - a page that embeds one element, and a small server whose every answer a test
// can bend: locks, used codes, expired challenges, refusals of a server that is not ours. The flows
// against the real server are in client_area.test.mjs. Codes come from node:crypto, not our core.
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(root, 'wasm/dist/browser');
const kBase32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const kCrockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const base32 = (bytes) =>
  [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('').match(/.{5}/g).map((c) => kBase32[parseInt(c, 2)]).join('');
const fromBase32 = (text) =>
  Buffer.from([...text].map((c) => kBase32.indexOf(c).toString(2).padStart(5, '0')).join('').match(/.{8}/g).map((b) => parseInt(b, 2)));

/** RFC 6238, at an offset from now in seconds. */
export function totp(secret, offset = 0, { digits = 6, period = 30, algorithm = 'sha1' } = {}) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor((Date.now() / 1000 + offset) / period)));
  const mac = createHmac(algorithm, fromBase32(secret)).update(counter).digest();
  const at = mac.at(-1) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 10 ** digits).padStart(digits, '0');
}

export function backupCode() {
  const value = BigInt(`0x${randomBytes(9).toString('hex')}`) >> 7n;
  const check = Number(value % 1021n);
  let text = '';
  for (let i = 60n; i >= 0n; i -= 5n) text += kCrockford[Number((value >> i) & 31n)];
  return (text + kCrockford[check >> 5] + kCrockford[check & 31]).match(/.{5}/g).join('-');
}

let made = 0;
export function factor(label, more = {}) {
  made += 1;
  return {
    id: `enr_${made}`,
    method: 'totp',
    label,
    status: 'active',
    created_at: '2026-03-03T10:00:00Z',
    activated_at: '2026-03-03T10:00:00Z',
    last_used_at: new Date(Date.now() - 7_200_000).toISOString(),
    totp: { algorithm: 'SHA1', digits: 6, period: 30 },
    secret: base32(randomBytes(20)),
    ...more,
  };
}

const shown = ({ secret: _, ...rest }) => rest;
const kDrifts = [-30, 0, 30];

export const kChannels = [
  { kind: 'email', value: 'help@example.com' },
  { kind: 'phone', value: '+34 912 34 56 78' },
  { kind: 'url', value: 'https://example.com/help' },
  { kind: 'text', value: 'Our shop in Calle Mayor 1' },
];

/** A request to support in a state, as its owner sees it, with all that led there. */
export function supportCase(state, more = {}) {
  const at = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const next = { open: 'evidence', evidence: 'approval', waiting: 'wait', link_issued: 'link', paused: 'review' }[state] ?? 'none';
  const way = { open: ['opened'], evidence: ['opened', 'evidence_recorded'], waiting: ['opened', 'evidence_recorded', 'evidence_recorded', 'approved', 'waiting'] };
  const did = way[state] ?? [...way.waiting, ...{ link_issued: ['link_sent'], done: ['link_sent', 'link_redeemed', 'done'] }[state] ?? [state]];
  return {
    id: 'case_1', state, reason: 'lost_phone', channel: 'client_area', opened_at: at(-did.length), updated_at: at(0), next, stolen: [],
    timeline: did.map((action, i) => ({ at: at(i - did.length), action, actor: action === 'opened' ? 'you' : 'support' })),
    can_withdraw: next !== 'none',
    ...(state === 'waiting' && { waits_until: at(24) }),
    ...(state === 'link_issued' && { link_expires_at: at(2), link_sent_to: 'email' }),
    ...(state === 'paused' && { pause: { reason: 'factor_used', at: at(0) } }),
    ...more,
  };
}

/**
 * @param state  factors, codes, fresh (the password step), recover, audit, cases; `answers` maps
 *               "METHOD /path" to [status, body, headers] given instead of the usual answer
 */
export async function startFixture(state = {}) {
  const s = { factors: [], codes: [], fresh: true, recover: null, audit: [], answers: {}, pending: null, requests: [], cases: [], ...state };
  const right = (code) =>
    s.factors.some((f) => kDrifts.some((o) => totp(f.secret, o) === code)) || s.codes.some((c) => c.replaceAll('-', '') === code);
  const iso = (ms = 0) => new Date(Date.now() + ms).toISOString();
  const wrong = [422, { code: 'code_invalid', attempts_remaining: 4 }];
  const guarded = (body, change) => {
    if (s.factors.length > 0 && !s.recover) {
      if (!body.code) return [403, { code: 'proof_required' }];
      if (!right(body.code)) return wrong;
    } else if (!s.fresh) {
      return [403, { code: 'reauthentication_required' }];
    }
    return change();
  };
  const challenge = () => ({
    id: 'chl_1',
    status: 'pending',
    purpose: 'sign_in',
    methods: [...s.factors.map((f) => ({ method: 'totp', enrollment_id: f.id, label: f.label })), { method: 'backup_code' }],
    preferred: 'totp',
    expires_at: iso(600_000),
    attempts_remaining: 5,
    ...(s.cases[0]?.can_withdraw && { support_case: { id: s.cases[0].id, state: s.cases[0].state } }),
  });
  const openCase = (body) => {
    if (s.cases[0]?.can_withdraw) return [409, { code: 'case_already_open' }];
    s.cases.unshift(supportCase('open', { reason: body.reason }));
    return [201, s.cases[0]];
  };
  const cancelCase = () => {
    const [{ state, timeline, ...rest }] = s.cases;
    const end = state === 'open' ? { state: 'cancelled', next: 'none', can_withdraw: false } : { state: 'paused', next: 'review', pause: { reason: 'withdrawal', at: iso() } };
    s.cases[0] = { ...rest, timeline: [...timeline, { at: iso(), action: end.state, actor: 'you' }], ...end };
    return [200, s.cases[0]];
  };
  const verified = (body, answer) => (right(body.code) ? [200, answer] : wrong);
  const newCodes = () => (s.codes = Array.from({ length: 10 }, backupCode));
  const enroll = (body) => {
    s.pending = { ...factor(body.label, { status: 'pending', expires_at: iso(900_000) }), replaces: body.replaces };
    const { secret } = s.pending;
    const parameters = { algorithm: 'SHA1', digits: 6, period: 30 };
    const otpauth_uri =
      `otpauth://totp/Example%20Hosting:alice%40example.com?secret=${secret}` +
      '&issuer=Example%20Hosting&algorithm=SHA1&digits=6&period=30';
    const totpPart = { secret, otpauth_uri, ...parameters, issuer: 'Example Hosting', account: 'alice@example.com' };
    return [201, { ...shown(s.pending), totp: totpPart }];
  };
  const confirm = (body) => {
    if (!kDrifts.some((o) => totp(s.pending.secret, o) === body.code)) return wrong;
    const first = s.factors.length === 0 || s.recover;
    s.factors = [...s.factors.filter((f) => f.id !== s.pending.replaces), { ...s.pending, status: 'active' }];
    if (first) newCodes();
    s.recover = null;
    return [200, { enrollment: shown(s.factors.at(-1)), ...(first && { backup_codes: s.codes }) }];
  };
  const rename = (body, id) => {
    const f = s.factors.find((x) => x.id === id);
    f.label = body.label;
    return [200, shown(f)];
  };
  const remove = (body, id) => guarded(body, () => ((s.factors = s.factors.filter((f) => f.id !== id)), [204]));
  const disable = (body) => guarded(body, () => ((s.factors = []), (s.codes = []), [204]));
  const reauthenticate = (body) =>
    body.password === 'correct horse' ? ((s.fresh = true), [200, { csrf_token: 'csrf-2' }]) : [401, { code: 'credentials_invalid' }];
  const me = () => ({ state: 'signed_in', csrf_token: 'csrf-1', user: { id: 'u', email: 'alice@example.com' }, session: { recover: s.recover } });
  const routes = [
    ['GET /client/config', () => [200, { demo: true, registration: true, application: { name: 'Example', issuer: 'Example' }, methods: ['totp'], locales: [], support: { channels: kChannels } }]],
    ['GET /client/me', () => [200, me()]],
    ['POST /client/reauthenticate', reauthenticate],
    ['GET /client/challenge', () => [200, challenge()]],
    ['POST /client/sign-in/verify', (body) => verified(body, { status: 'signed_in', csrf_token: 'csrf-3', user: {}, method: body.method })],
    ['GET /v1/challenges/:id', () => [200, challenge()]],
    ['POST /v1/challenges/:id/verify', (body) => verified(body, { status: 'approved', method: body.method, assertion: 'a.b.c' })],
    ['GET /v1/users/:user/enrollments', () => [200, { items: s.factors.map(shown), next_cursor: null }]],
    ['POST /v1/users/:user/enrollments', (body) => guarded(body, () => enroll(body))],
    ['POST /v1/users/:user/enrollments/:id/confirm', confirm],
    ['PATCH /v1/users/:user/enrollments/:id', rename],
    ['POST /v1/users/:user/enrollments/:id/remove', remove],
    ['POST /v1/users/:user/disable', disable],
    ['GET /v1/users/:user/backup-codes', () => [200, { remaining: s.codes.length, total: 10, created_at: '2026-03-03T10:00:00Z' }]],
    ['POST /v1/users/:user/backup-codes', (body) => guarded(body, () => [201, { backup_codes: newCodes(), created_at: iso() }])],
    ['GET /v1/users/:user/support-cases', () => [200, { items: s.cases, next_cursor: null }, { 'Retry-After': '5' }]],
    ['POST /v1/users/:user/support-cases', openCase],
    ['POST /v1/users/:user/support-cases/:id/cancel', cancelCase],
    ['GET /v1/users/:user/audit', () => [200, { items: s.audit, next_cursor: null }]],
  ].map(([route, answer]) => [new RegExp(`^${route.replace(/:\w+/g, '([^/]+)')}$`), answer]);

  const types = { '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
  const file = (path) => (existsSync(path) ? [200, readFileSync(path), types[/\.\w+$/.exec(path)[0]]] : [404, '', 'text/plain']);
  const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*', 'Access-Control-Allow-Methods': 'GET, POST, PATCH' };
  const csp =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self' http://127.0.0.1:*; base-uri 'none'; object-src 'none'";

  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (d) => (text += d));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url, 'http://x');
      const send = (status, body, type, more = {}) => response.writeHead(status, { 'Content-Type': type, ...more }).end(body);
      if (request.method === 'OPTIONS') return response.writeHead(204, cors).end();
      const what = `${request.method} ${pathname}`;
      if (/^\/(v1|client)\//.test(pathname)) {
        const body = text ? JSON.parse(text) : {};
        s.requests.push({ what, body, headers: request.headers });
        const route = routes.find(([pattern]) => pattern.test(what));
        const id = route?.[0].exec(what).at(-1);
        const [status, answer, headers] = s.answers[what] ?? route?.[1](body, id) ?? [404, { code: 'not_found' }];
        const type = status < 400 ? 'application/json' : 'application/problem+json';
        return status === 204 ? response.writeHead(204, cors).end() : send(status, JSON.stringify(answer), type, { ...cors, ...headers });
      }
      if (pathname === '/page.css') return send(200, kPageCss, 'text/css');
      if (pathname === '/page.js') return send(200, kPageJs, 'text/javascript');
      if (pathname === '/tokens.css') return send(...file(join(root, 'wasm/src/tokens.css')));
      if (pathname.startsWith('/dist/')) return send(...file(join(dist, pathname.slice(6))));
      if (pathname !== '/') return send(404, '', 'text/plain');
      return send(200, page(searchParams.get('lang') ?? 'en', searchParams.get('element') === 'support' ? 'define_support' : 'define'), 'text/html; charset=utf-8', { 'Content-Security-Policy': csp });
    });
  });
  // Two names of one server are two origins: enough to try a widget in somebody else's page.
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  return {
    url: `http://localhost:${port}`,
    otherOrigin: `http://127.0.0.1:${port}`,
    state: s,
    stop: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

const page = (lang, script) => `<!doctype html>
<html lang="${lang}" dir="${lang === 'ar' ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Host page</title>
<link rel="stylesheet" href="/tokens.css">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
<script type="module" src="/dist/${script}.js"></script>
</head>
<body><main><h1>Host page</h1></main></body>
</html>`;

const kPageCss = `body { margin: 0; padding: 16px; background: var(--twofold-canvas); color: var(--twofold-text); font-family: var(--twofold-font-family); }
h1 { font-size: 1rem; }
main { max-width: 42rem; margin: auto; }`;

// What a host page does: make the element, set properties, listen.
const kPageJs = `const q = new URLSearchParams(location.search);
const element = document.createElement('twofold-' + q.get('element'));
for (const a of q.getAll('attribute')) element.setAttribute(...(a.includes('=') ? a.split(/=(.*)/, 2) : [a, '']));
window.events = [];
window.opened = [];
for (const name of ['enabled', 'setup-done', 'backup-codes-saved', 'verified', 'disabled', 'changed', 'restart', 'cancel', 'signed-out', 'error', 'support-opened', 'support-withdrawn'])
  document.addEventListener('twofold-' + name, (e) => window.events.push([e.type, e.detail]));
if (q.get('token')) element.token = () => q.get('token');
element.openLink = (uri) => window.opened.push(uri);
document.querySelector('main').append(element);`;
