// healthz.mjs - /healthz while 500 idle and 500 slow connections hang on: how long honest requests take,
// whether one is refused, and what the server's memory comes to.
import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { record, rounds } from "./lib.mjs";
import { folder, prepare, serve } from "./services.mjs";

const database = `sqlite:${join(folder, "health.db")}`;
const { keys } = prepare(database, "health");
const server = await serve(database, keys);
const sockets = new Set();
let opened = 0;
const hold = (first, drip) =>
  new Promise((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      ++opened;
      if (first) socket.write(first);
      resolve();
    });
    sockets.add(socket);
    socket.on("error", () => resolve());
    // The server drops them after its time limits: a new one takes the place, as an attacker's would.
    socket.on("close", () => {
      clearInterval(timer);
      sockets.delete(socket);
      if (!over) hold(first, drip);
    });
    const timer = drip ? setInterval(() => socket.writable && socket.write(drip), 1000) : undefined;
  });
let over = false;
await Promise.all(Array.from({ length: 500 }, () => hold()));
await Promise.all(Array.from({ length: 500 }, () => hold("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "a")));

let refused = 0;
const ask = (agent) =>
  new Promise((resolve) => {
    const begin = performance.now();
    const done = (ok) => {
      if (!ok) ++refused;
      resolve(performance.now() - begin);
    };
    get({ port: server.port, host: "127.0.0.1", path: "/healthz", agent, headers: { Host: `localhost:${server.port}` }, timeout: 5000 }, (response) => {
      response.resume();
      response.on("end", () => done(response.statusCode === 200));
    })
      .on("timeout", function () {
        this.destroy();
      })
      .on("error", () => done(false));
  });
const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]) / 1024;
const p99s = [];
let highest = 0;
const each = 300;
for (let round = 0; round < rounds; ++round) {
  const times = [];
  for (let i = 0; i < each; ++i) times.push(await ask(i % 2 ? undefined : new Agent()));
  times.sort((a, b) => a - b);
  p99s.push(times[Math.floor(times.length * 0.99)]);
  highest = Math.max(highest, rss());
}
over = true;
for (const socket of sockets) socket.destroy();
await server.stop();
record({
  id: "healthz",
  title: "/healthz p99 while 500 idle and 500 slow connections hang on",
  unit: "ms",
  samples: { twofold: p99s, bound: p99s.map(() => 50) },
  against: ["bound"],
  reach: 1,
  note: `${rounds * each} requests, ${refused} refused; ${opened} bad connections opened; server RSS ${highest.toFixed(1)} MiB (under 64: ${highest < 64 && refused === 0 ? "kept" : "MISSED"})`,
});
process.exit(refused === 0 && highest < 64 ? 0 : 1);
