// services.mjs - the server under measurement and its peer, each on a port and folder of its own.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./lib.mjs";

export const folder = mkdtempSync(join(tmpdir(), "twofold-bench-"));
const children = new Set();
export const twofold = process.env.TWOFOLD_BINARY ?? `${build}/twofold`;
export const program = (name) => `${build}/tests/bench/${name}`;

process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Starts a program and waits until it accepts connections on the port. */
export async function start(file, args, { port, env = {}, path = "/healthz" }) {
  // Its log goes to a file: a pipe that nobody reads while a round runs would fill up.
  const log = join(folder, `${port}.log`);
  const fd = openSync(log, "w");
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", fd] });
  closeSync(fd);
  children.add(child);
  const said = () => readFileSync(log, "utf8").slice(-4000);
  let exit;
  child.on("exit", (code, signal) => (exit = signal ?? code));
  for (let i = 0; i < 150; ++i) {
    if (exit !== undefined) throw new Error(`${file} ended (${exit}):\n${said()}`);
    try {
      await fetch(`http://127.0.0.1:${port}${path}`, { headers: { Host: `localhost:${port}` } });
      return {
        pid: child.pid,
        stop: () =>
          new Promise((done) => {
            child.on("exit", () => done(children.delete(child)));
            child.kill("SIGTERM");
            setTimeout(() => child.kill("SIGKILL"), 12_000).unref();
          }),
      };
    } catch {
      await new Promise((r) => setTimeout(r, 100));
    }
  }
  throw new Error(`${file} does not answer:\n${said()}`);
}

/** A migrated database with a key ring, an application and a key for it. */
export function prepare(database, name) {
  const keys = join(folder, `${name}.keys`);
  const env = { ...process.env, TWOFOLD_DATABASE: database, TWOFOLD_KEYS: keys, TWOFOLD_PUBLIC_URL: "http://localhost:8080" };
  const run = (...args) => execFileSync(twofold, args, { env, encoding: "utf8" });
  run("keys", "init");
  run("migrate");
  const made = JSON.parse(run("api-key", "create", "--application", "Bench", "--scopes", "verify,users,enroll", "--json"));
  return { keys, id: made.id, key: made.key ?? made.secret ?? made.token };
}

export async function serve(database, keys) {
  const port = await freePort();
  const env = {
    TWOFOLD_DATABASE: database,
    TWOFOLD_KEYS: keys,
    TWOFOLD_LISTEN: `127.0.0.1:${port}`,
    TWOFOLD_PUBLIC_URL: `http://localhost:${port}`,
  };
  return { port, ...(await start(twofold, ["serve"], { port, env })) };
}
