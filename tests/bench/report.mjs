// report.mjs - the table of all figures in build/bench. Exits 1 if one misses what it should reach.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { out } from "./lib.mjs";

const order = ["qr-wasm", "qr-first", "qr-native", "totp-native", "totp-wasm", "size", "page", "http-mariadb", "http-sqlite", "healthz", ...["mariadb", "sqlite"].flatMap((d) => [`outbox-idle-${d}`, `outbox-idle-p99-${d}`, `outbox-hang-${d}`, `outbox-beside-${d}`]), "outbox-rate", "outbox-rate-two", "scale-mariadb", "scale-sqlite"];
const results = (existsSync(out) ? readdirSync(out) : [])
  .filter((f) => f.endsWith(".json"))
  .map((f) => JSON.parse(readFileSync(`${out}/${f}`, "utf8")))
  .filter((r) => r.contestants)
  .sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
const number = (v) => (v >= 1000 ? Math.round(v).toLocaleString("en") : v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v.toFixed(2));
// As people say it: "5.1x faster" for times, "1.6x" for throughput.
const times = (r, v) => (r.better === "less" && r.unit !== "bytes" ? 1 / v : v);
const word = (r) => (r.unit === "bytes" ? "of the budget" : r.better === "less" ? "times as fast" : "times as much");
let missed = 0;
for (const r of results) {
  console.log(`\n${r.title}`);
  const names = Object.keys(r.contestants).sort((a, b) => (a === "twofold" ? -1 : b === "twofold" ? 1 : r.contestants[a].median - r.contestants[b].median));
  for (const name of names) {
    const c = r.contestants[name];
    console.log(`  ${name.padEnd(28)} ${number(c.median).padStart(9)} ${r.unit}  [${number(c.low)} .. ${number(c.high)}]`);
  }
  if (r.ratio) {
    const ends = [times(r, r.ratio.low), times(r, r.ratio.high)].sort((a, b) => a - b);
    const verdict = r.reached === undefined ? "" : r.reached ? (r.starred ? "reached, star" : "reached") : "MISSED";
    console.log(
      `  = ${times(r, r.ratio.median).toFixed(2)} ${word(r)} vs ${r.best} [${ends.map((v) => v.toFixed(2)).join(" .. ")}]` +
        (r.reach === undefined ? "" : `, reach ${times(r, r.reach).toFixed(2)}${r.star === undefined ? "" : `, star ${times(r, r.star).toFixed(2)}`}: ${verdict}`),
    );
    if (r.reached === false) ++missed;
  }
  if (r.note) console.log(`  ${r.note}`);
}
console.log(`\n${results.length} figures, ${missed} missed. JSON in build/bench/.`);
process.exitCode = missed ? 1 : 0;
