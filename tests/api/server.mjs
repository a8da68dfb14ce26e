// server.mjs - a Twofold server of one's own for a test: any free port, a folder under /tmp, SQLite or
// a private MariaDB. It is stopped, and its folder removed, when the test file ends.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startMariaDb } from '../support/mariadb.mjs';
import { Client } from './client.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const binary = process.env.TWOFOLD_BINARY ?? join(root, 'build/release/twofold');
const tool = join(dirname(binary), 'tests/server/http/api_test_tool');
export const kAllScopes = 'users,enroll,verify,manage,support,audit,webhooks,import,erase,keys,applications';

export function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Both databases the contract names; each makes databases of its own. */
export const databases = [
  { name: 'SQLite', open: async (folder) => ({ url: `sqlite:${folder}/twofold.db`, close: async () => undefined }) },
  {
    name: 'MariaDB',
    open: async () => {
      const db = await startMariaDb();
      return { url: await db.createDatabase(), close: () => db.stop(), db };
    },
  },
];

/** One database with its key ring; start as many servers on it as the test needs. */
export class Site {
  static async open(database, env = {}) {
    const site = new Site();
    site.folder = mkdtempSync(join(tmpdir(), 'twofold-api-'));
    mkdirSync(join(site.folder, 'web'));
    site.database = await database.open(site.folder);
    site.servers = [];
    site.port = await freePort();
    site.url = `http://localhost:${site.port}`;
    site.env = {
      ...process.env,
      TWOFOLD_DATABASE: site.database.url,
      TWOFOLD_KEYS: join(site.folder, 'keys'),
      TWOFOLD_PUBLIC_URL: site.url,
      TWOFOLD_WEB_ROOT: join(site.folder, 'web'),
      ...env,
    };
    site.run('keys', 'init');
    site.run('migrate');
    return site;
  }

  run(...args) {
    return execFileSync(binary, args, { env: this.env, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** An API key of an application, with all scopes unless told. */
  key(application, scopes = kAllScopes) {
    return JSON.parse(this.run('api-key', 'create', '--application', application, '--scopes', scopes, '--json')).key;
  }

  /** A person of the support desk, with that password and no second factor yet. */
  agent({ role, email, password, name = role }) {
    const args = ['agent', 'add', '--role', role, '--email', email, '--name', name, '--password-stdin', '--json'];
    return JSON.parse(execFileSync(binary, args, { env: this.env, input: `${password}\n`, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] }));
  }

  account(email, password) {
    execFileSync(tool, ['account', email, password], { env: this.env });
  }

  mails() {
    return JSON.parse(execFileSync(tool, ['mails'], { env: this.env, encoding: 'utf8' })).items;
  }

  /** A server process; the first one has the port of the public URL. */
  async serve() {
    const port = this.servers.length === 0 ? this.port : await freePort();
    const child = spawn(binary, ['serve'], {
      env: { ...this.env, TWOFOLD_LISTEN: `127.0.0.1:${port}` },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const server = { port, child, log: '' };
    child.stderr.on('data', (text) => { server.log += text; });
    server.exited = new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)));
    this.servers.push(server);
    for (let i = 0; i < 200; ++i) {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${server.log}`);
      try {
        const answer = await this.client(server).raw('GET', '/readyz');
        if (answer.status === 200) return server;
      } catch {
        // not yet
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`the server does not answer:\n${server.log}`);
  }

  /** A caller with no credentials yet; checks every answer against /openapi.json. */
  client(server = this.servers[0], credentials = {}) {
    return new Client({ port: server.port, host: `localhost:${server.port}`, origin: this.url, ...credentials });
  }

  async close() {
    for (const { child, exited } of this.servers) {
      child.kill('SIGTERM');
      await exited;
    }
    await this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
