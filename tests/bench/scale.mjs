// scale.mjs - a verify in a large database against one in a small one: load, lock, decide, write and
// COMMIT through the store, one after another, the two databases taking turns.
// BENCH_SCALE_USERS (1000000) and BENCH_SCALE_AUDIT rows (10000000) against 1,000 users and none;
// SQLite alone unless BENCH_DATABASES names others ("mariadb,sqlite"). Filling takes minutes, and about
// 10 GB of the temporary folder.
import { execFileSync } from "node:child_process";
import { build, record } from "./lib.mjs";

const users = Number(process.env.BENCH_SCALE_USERS ?? 1_000_000);
const audit = Number(process.env.BENCH_SCALE_AUDIT ?? 10_000_000);
const rounds = Number(process.env.BENCH_ROUNDS ?? 7);
const count = (n) => n.toLocaleString("en");

for (const database of (process.env.BENCH_DATABASES ?? "sqlite").split(",")) {
  const lines = execFileSync(
    `${build}/tests/server/storage/verify_bench`,
    [database, "--users", users, "--audit", audit, "--beside", 1000, "--rounds", rounds, "--batch", 1, "--writers", 1, "--seconds", 4].map(String),
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  const runs = lines.trim().split("\n").map((line) => JSON.parse(line));
  const p50 = (large) => runs.filter((r) => (r.users === users) === large).map((r) => r.p50_ms);
  record({
    id: `scale-${database}`,
    title: `One verify with ${count(users)} users and ${count(audit)} audit rows, ${database === "sqlite" ? "SQLite" : "MariaDB"}, p50`,
    unit: "ms",
    samples: { twofold: p50(true), "with 1,000 users": p50(false) },
    reach: 1.2,
  });
}
process.exit(0);
