// certificates.mjs - a throw-away authority and a certificate for localhost, for servers that speak TLS.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** {folder, ca (path), cert, key (PEM text)}; `name` is what the certificate is for. */
export function makeCertificate(name = 'localhost') {
  const folder = mkdtempSync(join(tmpdir(), 'twofold-tls-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const at = (file) => join(folder, file);
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-keyout', 'ca.key',
    '-out', 'ca.pem', '-subj', '/CN=Twofold test authority');
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', `/CN=${name}`);
  writeFileSync(at('leaf.ext'), `subjectAltName=DNS:${name},IP:127.0.0.1\n`);
  openssl('x509', '-req', '-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-out', 'leaf.pem', '-extfile', 'leaf.ext');
  return { folder, ca: at('ca.pem'), cert: readFileSync(at('leaf.pem'), 'utf8'), key: readFileSync(at('leaf.key'), 'utf8') };
}
