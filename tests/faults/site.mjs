// site.mjs - servers that are to be killed, starved and cut off: what tests/api/server.mjs starts, with
// the port kept over a restart, and with settings of each server's own.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, Site } from '../api/server.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = process.env.TWOFOLD_BINARY ?? join(root, 'build/release/twofold');
/** `make soak`: the counts the security bar names, in place of the short ones of `make test`. */
export const long = process.env.TWOFOLD_LONG === '1';
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export class FaultSite extends Site {
  static async open(database, env = {}) {
    return Object.setPrototypeOf(await super.open(database, env), FaultSite.prototype);
  }

  /** A server. `env` goes over the site's; `before` is a command line that ends by running the rest. */
  async serve({ port, env = {}, before = [] } = {}) {
    const server = { port: port ?? (this.servers.length === 0 ? this.port : await freePort()), env, before, log: '', starts: 0 };
    this.servers.push(server);
    await this.start(server);
    return server;
  }

  /** Starts it, again or for the first time, on its port; the milliseconds until /readyz is 200. */
  async start(server, deadline = 20_000) {
    const began = performance.now();
    const line = [...server.before, binary, 'serve'];
    const child = spawn(line[0], line.slice(1), {
      env: { ...this.env, ...server.env, TWOFOLD_LISTEN: `127.0.0.1:${server.port}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    server.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { server.log += text; });
    // Ended, and everything it has said is in the log.
    server.exited = new Promise((done) => child.once('close', (code, signal) => done(signal ?? code)));
    ++server.starts;
    while (performance.now() - began < deadline) {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${server.log}`);
      if ((await this.probe(server, '/readyz')).status === 200) return performance.now() - began;
      await sleep(20);
    }
    throw new Error(`not ready after ${deadline} ms:\n${server.log.slice(-4000)}`);
  }

  /** kill -9, and the milliseconds of being away. */
  async crash(server) {
    server.child.kill('SIGKILL');
    await server.exited;
    return this.start(server);
  }

  /** /healthz or /readyz: status 0 when nobody answers; ms is how long the answer took. */
  async probe(server, path) {
    const began = performance.now();
    const answer = await this.client(server, { checked: false }).raw('GET', path).catch(() => undefined);
    return { status: answer?.status ?? 0, ms: performance.now() - began, text: answer?.text ?? '', headers: answer?.headers ?? {} };
  }

  /** Milliseconds until /readyz of the server is 200. */
  async healthy(server, deadline = 20_000) {
    const began = performance.now();
    while (performance.now() - began < deadline) {
      if ((await this.probe(server, '/readyz')).status === 200) return performance.now() - began;
      await sleep(50);
    }
    throw new Error(`not ready after ${deadline} ms:\n${server.log.slice(-4000)}`);
  }

  /** The command line of twofold: exit code and both outputs. */
  tool(args, env = {}) {
    try {
      const stdout = execFileSync(binary, args, { env: { ...this.env, ...env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      return { code: 0, stdout, stderr: '' };
    } catch (error) {
      return { code: error.status, stdout: error.stdout, stderr: error.stderr };
    }
  }

  get databaseFile() { return this.database.url.replace(/^sqlite:/, ''); }

  /** Rows of a query, straight from the database, as arrays of text. */
  async rows(statement) {
    const text = this.database.db
      ? await this.database.db.sql(`USE ${this.database.url.split('/').pop()}; ${statement}`)
      : execFileSync('sqlite3', ['-cmd', '.timeout 5000', '-separator', '\t', this.databaseFile, statement], { encoding: 'utf8' });
    return text.split('\n').filter(Boolean).map((line) => line.split('\t'));
  }

  async close() {
    for (const { child } of this.servers) child.kill('SIGCONT');
    await super.close();
  }
}

/** The process of a private MariaDB. */
export const databasePid = (db) => Number(readFileSync(join(dirname(db.socket), 'pid'), 'utf8'));

/** Writes what a client saw where a person finds it after a failure; its path. */
export function keepLedger(name, lines) {
  const folder = join(root, 'build/test-logs');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n') + '\n');
  return path;
}
