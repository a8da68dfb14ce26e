// outbox.mjs - codes by email: from the request to the mail server's "taken", how many a second, what a
// full outbox costs the verifies, and what a mail server that hangs costs the people who ask.
// BENCH_PARTS (idle,rate,beside,hang), BENCH_DATABASES (mariadb,sqlite; the rate is MariaDB's),
// BENCH_MAILS a round (12000), BENCH_OUTBOX_ROWS beside the verifies (100000), BENCH_HTTP_ROUNDS (5).
import { execFile, execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { startMariaDb } from "../support/mariadb.mjs";
import { median, record } from "./lib.mjs";
import { folder, freePort, prepare, program, start, twofold } from "./services.mjs";

const parts = (process.env.BENCH_PARTS ?? "idle,rate,beside,hang").split(",");
const databases = (process.env.BENCH_DATABASES ?? "mariadb,sqlite").split(",");
const rounds = Number(process.env.BENCH_HTTP_ROUNDS ?? 5);
const mails = Number(process.env.BENCH_MAILS ?? 12_000);
const rows = Number(process.env.BENCH_OUTBOX_ROWS ?? 100_000);
const per = Number(process.env.BENCH_PER_ROUND ?? 10_000);
process.env.BUFFER_POOL ??= "1G";
process.env.LOG_FILE_SIZE ??= "512M";
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const share = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))];

/** A mail server that takes everything, each reply after `delay` ms; what it took is read from its output. */
async function sink(delay = 0) {
  const port = await freePort();
  const file = join(folder, `sink-${port}.tsv`);
  const fd = openSync(file, "w");
  const child = spawn(program("bench_smtp_sink"), [port, delay].map(String), { stdio: ["ignore", fd, "inherit"] });
  closeSync(fd);
  process.on("exit", () => child.kill("SIGKILL"));
  await sleep(200);
  const taken = () =>
    readFileSync(file, "utf8").split("\n").slice(0, -1).map((line) => {
      const [at, to] = line.split("\t");
      return { at: Number(at) / 1000, to };
    });
  return { url: `smtp://127.0.0.1:${port}`, taken, size: () => statSync(file).size, stop: () => child.kill("SIGKILL") };
}

/** A mail server that lets everyone in and never says a word. */
async function silence() {
  const sockets = new Set();
  const server = createServer((socket) => sockets.add(socket.on("error", () => undefined)));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `smtp://127.0.0.1:${server.address().port}`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function serve(database, keys, smtp, more = {}) {
  const port = await freePort();
  const env = {
    TWOFOLD_DATABASE: database, TWOFOLD_KEYS: keys, TWOFOLD_LISTEN: `127.0.0.1:${port}`, TWOFOLD_PUBLIC_URL: `http://localhost:${port}`,
    TWOFOLD_SMTP: smtp, TWOFOLD_MAIL_FROM: "Bench <no-reply@example.com>", TWOFOLD_CODES_PER_IP: "100000", TWOFOLD_CODES_PER_APPLICATION: "1000000", ...more,
  };
  return { port, ...(await start(twofold, ["serve"], { port, env })) };
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
function call(port, key, method, path, body) {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const sent = performance.timeOrigin + began;
    const headers = { Host: `localhost:${port}`, Authorization: `Bearer ${key}`, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
    const r = request({ agent, host: "127.0.0.1", port, method, path, headers }, (answer) => {
      answer.resume().on("end", () => resolve({ status: answer.statusCode, sent, ms: performance.now() - began }));
    });
    r.on("error", reject).end(text);
  });
}

/** Asks for a code to an address of its own; when it was asked and how long the answer took. */
async function ask(port, key, name) {
  await call(port, key, "PUT", `/v1/users/${name}`, {});
  const asked = await call(port, key, "POST", `/v1/users/${name}/enrollments`, { method: "email", address: `${name}@mail.example` });
  // 409: the channel is paused after too many failures, and says so as fast.
  if (asked.status !== 201 && asked.status !== 409) throw new Error(`asking for a code: ${asked.status}`);
  return { ...asked, to: `${name}@mail.example` };
}

async function idle(name, url) {
  const { keys, key } = prepare(url, `idle-${name}`);
  const mail = await sink();
  const server = await serve(url, keys, mail.url);
  const asked = [];
  for (let i = 0; i < 320; ++i) {
    asked.push(await ask(server.port, key, `idle-${i}`));
    await sleep(20 + Math.random() * 40);
  }
  await sleep(500);
  const taken = new Map(mail.taken().map((m) => [m.to, m.at]));
  const ms = asked.slice(20).map((a) => taken.get(a.to) - a.sent);
  await server.stop();
  mail.stop();
  if (ms.some(Number.isNaN)) throw new Error("a mail did not arrive");
  const third = (i) => ms.slice(i * 100, i * 100 + 100);
  record({
    id: `outbox-idle-${name}`, title: `A code is asked for -> its mail is taken by a local SMTP server, idle, ${name}, p50`, unit: "ms",
    samples: { twofold: [0, 1, 2].map((i) => share(third(i), 0.5)), "the bar": [50, 50, 50] }, reach: 1,
    note: `p99 of ${ms.length}: ${share(ms, 0.99).toFixed(1)} ms (bar 250 ms); request answered after ${median(asked.map((a) => a.ms)).toFixed(1)} ms`,
  });
  record({
    id: `outbox-idle-p99-${name}`, title: `The same, p99`, unit: "ms", samples: { twofold: [share(ms, 0.99)], "the bar": [250] }, reach: 1,
  });
}

/** Mails a second while `servers` servers empty an outbox of `count`; the mail server replies after `delay` ms. */
async function emptied(db, servers, count, delay) {
  const url = await db.createDatabase();
  const { keys } = prepare(url, `rate-${url.split("/").pop()}`);
  execFileSync(program("bench_fill_outbox"), [url, keys, "Bench", String(count), "due"], { stdio: "inherit" });
  const mail = await sink(delay);
  const running = await Promise.all(Array.from({ length: servers }, () => serve(url, keys, mail.url, { TWOFOLD_EMAIL_WORKERS: "8", TWOFOLD_LOG_LEVEL: "warning" })));
  const left = async () => Number((await db.sql(`SELECT COUNT(*) FROM ${url.split("/").pop()}.message WHERE status <> 'sent'`)).match(/\d+/)[0]);
  while ((await left()) > 0) await sleep(200);
  for (const server of running) await server.stop();
  await sleep(100);
  const taken = mail.taken();
  mail.stop();
  const once = new Set(taken.map((m) => m.to)).size;
  if (taken.length !== count || once !== count) throw new Error(`${taken.length} mails to ${once} addresses, of ${count}`);
  // From the first to the last, without the first and last twentieth: servers start and end at their own pace.
  const [from, to] = [Math.floor(count * 0.05), Math.floor(count * 0.95)];
  const at = taken.map((m) => m.at).sort((a, b) => a - b);
  return ((to - from) * 1000) / (at[to] - at[from]);
}

async function rate() {
  const db = await startMariaDb({ durable: true });
  const runs = { one: [], two: [], oneFar: [], twoFar: [] };
  const kFar = 5;  // ms
  for (let round = 0; round < Math.min(rounds, 3); ++round) {
    runs.one.push(await emptied(db, 1, mails, 0));
    runs.two.push(await emptied(db, 2, mails, 0));
    runs.oneFar.push(await emptied(db, 1, mails / 4, kFar));
    runs.twoFar.push(await emptied(db, 2, mails / 4, kFar));
  }
  await db.stop();
  record({
    id: "outbox-rate", title: "Mails a second, one server, 8 workers, MariaDB, innodb_flush_log_at_trx_commit=1", unit: "/s", better: "more",
    samples: { twofold: runs.one, "the bar": runs.one.map(() => 1000) }, reach: 1,
  });
  record({
    id: "outbox-rate-two", title: `Two servers against one, 8 workers each, a mail server that takes ${kFar} ms for each reply`, unit: "/s", better: "more",
    samples: { twofold: runs.twoFar, "one server": runs.oneFar }, reach: 1.5,
    note: `with one that replies at once: ${Math.round(median(runs.two)).toLocaleString("en")}/s, ${median(runs.two.map((v, i) => v / runs.one[i])).toFixed(2)} of one server, which fills this machine by itself (database, mail server and both servers share it)`,
  });
}

/**
 * Verifies beside an outbox in which most are put off and the rest is dead, against an empty one. The
 * mail server works: the workers look for what is due all the time.
 */
async function beside(name, full, empty) {
  const users = 2000 + rounds * per;
  const mail = await sink();
  const side = async (url, which) => {
    const { keys, id, key } = prepare(url, `beside-${name}-${which}`);
    const file = join(folder, `beside-${name}-${which}.tsv`);
    execFileSync(program("bench_seed"), [url, keys, "Bench", id, String(users), file], { stdio: "inherit" });
    if (which === "full")
      for (const [state, part] of [["later", 0.6], ["dead", 0.4]])
        execFileSync(program("bench_fill_outbox"), [url, keys, "Bench", String(rows * part), state], { stdio: "inherit" });
    const server = await serve(url, keys, mail.url, { TWOFOLD_LOG_LEVEL: "error" });
    const load = (from, count) =>
      new Promise((resolve, reject) => {
        const args = [server.port, file, from, count, 64, `Authorization: Bearer ${key}`].map(String);
        execFile(program("bench_load"), args, { encoding: "utf8" }, (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout))));
      });
    return { server, load };
  };
  const sides = { twofold: await side(full, "full"), "empty outbox": await side(empty, "empty") };
  const samples = { twofold: [], "empty outbox": [] };
  execFileSync("sync");  // what filling has left to write is not the verifies' to wait for
  for (const { load } of Object.values(sides)) await load(0, 2000);
  for (let round = 0; round < rounds; ++round) {
    const names = Object.keys(sides);
    if (round % 2) names.reverse();
    for (const which of names) {
      const run = await sides[which].load(2000 + round * per, per);
      if (run.ok !== per) throw new Error(`${which}: ${JSON.stringify(run.statuses)} of ${per}`);
      samples[which].push(run.per_second);
    }
  }
  for (const { server } of Object.values(sides)) await server.stop();
  mail.stop();
  record({
    id: `outbox-beside-${name}`, title: `Verifies beside an outbox of ${rows.toLocaleString("en")} (put off or dead), ${name}`, unit: "/s", better: "more",
    samples, reach: 0.95,
  });
}

async function hang(name, url) {
  const { keys, key } = prepare(url, `hang-${name}`);
  const mail = await silence();
  const server = await serve(url, keys, mail.url);
  const asked = [];
  // The first few find the workers free and take them; from then on all of them hang.
  for (let i = 0; i < 40; ++i) asked.push(await ask(server.port, key, `hang-${i}`));
  for (let i = 0; i < 40; ++i) asked.push(...(await Promise.all(Array.from({ length: 8 }, (_, k) => ask(server.port, key, `hang-${i}-${k}`)))));
  const ms = asked.map((a) => a.ms);
  mail.stop();
  await server.stop();
  record({
    id: `outbox-hang-${name}`, title: `Asking for a code while the mail server hangs, eight at a time, ${name}: the slowest of ${ms.length}`, unit: "ms",
    samples: { twofold: [Math.max(...ms)], "the bar": [300] }, reach: 1, note: `p50 ${share(ms, 0.5).toFixed(1)} ms, p99 ${share(ms, 0.99).toFixed(1)} ms; ${asked.filter((a) => a.status === 201).length} of them queued`,
  });
}

for (const name of databases) {
  const db = name === "mariadb" ? await startMariaDb({ durable: true }) : undefined;
  const url = async (what) => (db ? db.createDatabase() : `sqlite:${join(folder, `${what}.db`)}`);
  if (parts.includes("idle")) await idle(name, await url("idle"));
  if (parts.includes("hang")) await hang(name, await url("hang"));
  if (parts.includes("beside")) await beside(name, await url("full"), await url("empty"));
  await db?.stop();
}
if (parts.includes("rate") && databases.includes("mariadb")) await rate();
process.exit(0);
