// mariadb.mjs - a private MariaDB for the API and browser tests (tests/support/mariadb.sh).
//   const db = await startMariaDb();          // its own directory and port; gone with this process
//                                             // {durable: true}: every commit waits for the disk
//   const url = await db.createDatabase();    // TWOFOLD_DATABASE of an empty database
//   await db.kill(); await db.restart(); await db.sql('…'); await db.stop();
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = join(dirname(fileURLToPath(import.meta.url)), 'mariadb.sh');

function run(env, ...args) {
  return new Promise((resolve, reject) => {
    execFile(script, args, { encoding: 'utf8', env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else reject(Object.assign(new Error(`mariadb.sh ${args[0]}: ${stderr || error.message}`), { status: error.code }));
    });
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export async function startMariaDb({ durable = false } = {}) {
  const env = durable ? { DURABLE: '1' } : {};
  const directory = await mkdtemp(join(tmpdir(), 'twofold-mariadb-'));
  let port;
  let databases = 0;

  async function start() {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (port === undefined || attempt > 0) port = await freePort();
      try {
        await run(env, 'start', directory, String(port), String(process.pid));
        return;
      } catch (error) {
        if (error.status !== 3) throw error; // 3: the port was taken meanwhile
      }
    }
    throw new Error('MariaDB found no free port');
  }
  await start();

  return {
    get port() { return port; },
    socket: join(directory, 'sock'),
    /** An empty database; the URL is what TWOFOLD_DATABASE takes. */
    async createDatabase() {
      const name = `test_${++databases}`;
      await run(env, 'create', directory, name);
      return `mysql://twofold:test%20password%2F1@127.0.0.1:${port}/${name}`;
    },
    /** Runs statements as root; the answer is tab-separated text. */
    sql: (statements) => run(env, 'sql', directory, statements),
    /** Everything in the database of that URL, as SQL. */
    dump: (url) => new Promise((resolve, reject) => {
      const args = [`--socket=${join(directory, 'sock')}`, '-uroot', new URL(url).pathname.slice(1)];
      execFile('mariadb-dump', args, { encoding: 'utf8', maxBuffer: 1 << 28 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    }),
    /** SIGKILL, as a crash. */
    kill: () => run(env, 'kill', directory),
    /** Again after kill(), on the same port and data. */
    restart: start,
    async stop() {
      await run(env, 'stop', directory).catch(() => {});
      await rm(directory, { recursive: true, force: true });
    },
  };
}
