// http.mjs - verifies of right codes over HTTP: 64 keep-alive connections, random users, everything on;
// against bench_bare on the same database. The two take turns; each user is asked once.
// BENCH_PER_ROUND verifies a round and side (20000), BENCH_HTTP_ROUNDS rounds (5).
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { startMariaDb } from "../support/mariadb.mjs";
import { median, record } from "./lib.mjs";
import { folder, freePort, prepare, program, serve, start } from "./services.mjs";

const rounds = Number(process.env.BENCH_HTTP_ROUNDS ?? 5);
const per = Number(process.env.BENCH_PER_ROUND ?? 20000);
const warm = 2000;
// Both programs' rows fit in memory: the figure is about commits, not about a small buffer pool.
process.env.BUFFER_POOL ??= "1G";
process.env.LOG_FILE_SIZE ??= "512M";
const users = warm + rounds * per;

async function measure({ id, title, ours, bare, sessions, threads, reach, star }) {
  const { keys, id: keyId, key } = prepare(ours, id);
  const ourFile = join(folder, `${id}-ours.tsv`);
  const bareFile = join(folder, `${id}-bare.tsv`);
  execFileSync(program("bench_seed"), [ours, keys, "Bench", keyId, String(users), ourFile], { stdio: "inherit" });
  execFileSync(program("bench_bare"), [bare, "seed", String(users), bareFile], { stdio: "inherit" });
  const twofold = await serve(ours, keys);
  const barePort = await freePort();
  const peer = await start(program("bench_bare"), [bare, "serve", String(barePort), String(threads), String(sessions)], { port: barePort, path: "/" });
  const load = (port, file, from, count, header) =>
    JSON.parse(execFileSync(program("bench_load"), [String(port), file, String(from), String(count), "64", ...(header ? [header] : [])], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
  const sides = {
    twofold: (from, count) => load(twofold.port, ourFile, from, count, `Authorization: Bearer ${key}`),
    "bare cpp-httplib": (from, count) => load(barePort, bareFile, from, count),
  };
  const runs = { twofold: [], "bare cpp-httplib": [] };
  for (const name of Object.keys(sides)) sides[name](0, warm);
  for (let round = 0; round < rounds; ++round) {
    const names = Object.keys(sides);
    if (round % 2) names.reverse();
    for (const name of names) {
      const run = sides[name](warm + round * per, per);
      // Connections the peer drops count against it only as answers it did not give.
      if (run.ok !== per && name === "twofold") throw new Error(`${name}: ${JSON.stringify(run.statuses)} of ${per}`);
      runs[name].push(run);
    }
  }
  await twofold.stop();
  await peer.stop();
  const p = (name, which) => median(runs[name].map((r) => r[which])).toFixed(1);
  const p99 = median(runs.twofold.map((r, i) => r.p99 / runs["bare cpp-httplib"][i].p99));
  record({
    id,
    title,
    unit: "/s",
    better: "more",
    samples: Object.fromEntries(Object.entries(runs).map(([n, r]) => [n, r.map((x) => x.per_second)])),
    reach,
    star,
    note:
      `p50 ${p("twofold", "p50")} ms, p99 ${p("twofold", "p99")} ms; bare p50 ${p("bare cpp-httplib", "p50")}, p99 ${p("bare cpp-httplib", "p99")}: ` +
      `p99 ${p99.toFixed(2)} of the bare one's (${p99 <= 1 ? "no worse" : "WORSE"})`,
  });
}

const which = process.env.BENCH_DATABASES ?? "mariadb,sqlite";
if (which.includes("mariadb")) {
  const server = await startMariaDb({ durable: true });
  const ours = await server.createDatabase();
  const bareUrl = new URL(await server.createDatabase());
  const bare = `mysql:host=127.0.0.1 port=${bareUrl.port} user=${bareUrl.username} password='${decodeURIComponent(bareUrl.password)}' db=${bareUrl.pathname.slice(1)}`;
  await measure({
    id: "http-mariadb",
    title: "Verify a right code over HTTP, MariaDB, innodb_flush_log_at_trx_commit=1, 64 connections",
    ours,
    bare,
    threads: 96,
    sessions: 64,
    reach: 1.5,
    star: 3,
  });
  await server.stop();
}
if (which.includes("sqlite")) {
  await measure({
    id: "http-sqlite",
    title: "Verify a right code over HTTP, SQLite, WAL, synchronous=FULL, 64 connections",
    ours: `sqlite:${join(folder, "ours.db")}`,
    bare: `sqlite:${join(folder, "bare.db")}`,
    threads: 96,
    sessions: 1,
    reach: 1.0,
  });
}
process.exit(0);
