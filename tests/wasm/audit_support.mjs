// audit_support.mjs - writes histories as the server exports them, by Node's own cryptography: a second
// implementation of docs/adr/0016 to hold wasm/src/audit.ts against. And that file, built for Node.
import { createCipheriv, createHash, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { webcrypto } from 'node:crypto';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const wasmPath = `${root}build/wasm/twofold_audit.wasm`;

/** { checkExport }, from source. */
export async function auditModule() {
  globalThis.crypto ??= webcrypto;  // Node 18 has it, but not as a global
  if (!existsSync(wasmPath)) execFileSync(`${root}wasm/build.sh`, { stdio: 'inherit' });
  const { buildSync } = createRequire(`${root}wasm/package.json`)('esbuild');
  const { outputFiles } = buildSync({ entryPoints: [`${root}wasm/src/audit.ts`], bundle: true, write: false, platform: 'node', format: 'esm', target: 'es2022' });
  mkdirSync(`${root}build/wasm/test`, { recursive: true });
  const path = `${root}build/wasm/test/audit-${process.pid}.mjs`;
  writeFileSync(path, outputFiles[0].contents);
  const { checkExport } = await import(path);
  const source = readFileSync(wasmPath);
  return (file, jwks) => checkExport(file, jwks, { source });
}

const kFields = ['id', 'chain', 'sequence', 'application', 'user', 'at', 'actor', 'action', 'method', 'result', 'object', 'request_id', 'details_sealed', 'previous_mac'];
const kMade = 1763990000;

const fieldsText = (fields) => Buffer.concat(fields.flatMap((f) => [Buffer.from(`${Buffer.byteLength(f)}:`), Buffer.from(f)]));
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const time = (seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

export function macOf(event, chain, key) {
  const fields = kFields.map((f) => (f === 'chain' ? chain : f === 'at' ? String(Date.parse(event.at) / 1000) : String(event[f])));
  return createHmac('sha256', key).update(fieldsText(fields)).digest('hex');
}

/** As Sealer::seal_under (server/platform/sealer.cpp). */
function seal(details, key, event) {
  const plain = Object.keys(details).sort().map((k) => `${k}=${details[k].replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`).join('');
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const parts = ['twofold-seal-1', 'u', 'audit', 'details', event.id, event.application, event.user, ''].map((p) => Buffer.from(p));
  cipher.setAAD(Buffer.concat(parts.flatMap((p) => [Buffer.from([p.length >> 24, p.length >> 16, p.length >> 8, p.length]), p])));
  return `u.${Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url')}`;
}

export class Signing {
  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.private = privateKey;
    this.kid = `kid_${randomBytes(4).toString('hex')}`;
    this.jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: this.kid, alg: 'ES256', use: 'sig' }] };
  }
  sign(text) {
    return sign('sha256', Buffer.from(`twofold-bytes-1\n${text}`), { key: this.private, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }
}

const node = (a, b) => sha256(Buffer.from([1]), a, b);

/** A checkpoint over this chain and two others. */
function checkpoint(number, previous, chain, length, mac, signing) {
  const leaf = sha256(Buffer.from([0]), fieldsText([chain, String(length), mac]));
  const [left, right] = [randomBytes(32), randomBytes(32)];
  const entries = `tree:${node(node(left, leaf), right).toString('hex')}`;
  const at = kMade + 60 * number;
  const text = `twofold checkpoint 2\n${number}\n${at}\n${previous}\n${entries}\n`;
  const out = { type: 'checkpoint', number, at: time(at), previous_hash: previous, entries_hash: entries, length, mac, path: [`L${left.toString('hex')}`, `R${right.toString('hex')}`], kid: signing.kid, signature: signing.sign(text) };
  return { out, hash: sha256(Buffer.from(`${text}${out.kid}\n${out.signature}\n`)).toString('hex') };
}

/** The lines of an export, as objects: 12 events, checkpoints at 5 and 9. */
export function history(signing, { user = 'bob', n = 12 } = {}) {
  const chain = `user:usr_${user}`;
  const key = createHash('sha256').update(`key of ${user}`).digest('hex');
  const lines = [{ type: 'history', version: 1, issuer: 'https://id.example.com', exported_at: time(kMade + 5000), application: 'app_one', user, chain, chain_key: key }];
  let previous = '';
  for (let i = 1; i <= n; ++i) {
    const event = {
      type: 'event', sequence: i, id: `evt_${user}_${i}`, at: time(kMade + 11 * i), actor: i % 3 ? 'user' : 'key:key_a', action: i % 2 ? 'challenge.created' : 'challenge.verified',
      method: i % 2 ? '' : 'totp', result: 'ok', object: `enr_${i}`, request_id: `req_${i}`, application: 'app_one', user: `usr_${user}`,
    };
    if (i % 4) {
      const details = { ip: `198.51.100.${i}`, label: 'Tëléphone "1"\n=2', user_agent: 'Mozilla/5.0 \\o/' };
      const own = createHash('sha256').update(event.id).digest();
      Object.assign(event, { details, details_key: own.toString('hex'), details_sealed: seal(details, own, event) });
    } else event.details_sealed = '';
    event.previous_mac = previous;
    event.mac = previous = macOf(event, chain, key);
    lines.push(event);
  }
  let before = '';
  for (const [number, length] of [[3, 5], [4, 9]]) {
    const { out, hash } = checkpoint(number, before, chain, length, lines[length].mac, signing);
    before = hash;
    lines.push(out);
  }
  lines.push({ type: 'end', length: n, mac: previous });
  return lines;
}

export const file = (lines) => lines.map((l) => `${typeof l === 'string' ? l : JSON.stringify(l)}\n`).join('');

/** Chains the events from `from` on anew, as somebody with the chain's key could. */
export function rechain(lines, from) {
  const events = lines.filter((l) => l.type === 'event');
  for (const e of events.filter((e) => e.sequence >= from)) {
    e.previous_mac = events.find((b) => b.sequence === e.sequence - 1)?.mac ?? '';
    e.mac = macOf(e, lines[0].chain, lines[0].chain_key);
  }
  lines.at(-1).mac = events.at(-1).mac;
}
