// lib.mjs - how everything here is measured. The contestants take turns in one process, round after
// round, so that a machine that slows down slows all of them; what counts is the ratio within a round,
// given as its median with the lowest and highest.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const build = `${root}${process.env.BUILD ?? "build/release"}`;
export const out = `${root}build/bench`;
export const rounds = Number(process.env.BENCH_ROUNDS ?? 7);

// The work of every QR and TOTP figure.
export const uri =
  "otpauth://totp/Example%20Hosting:alice%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example%20Hosting&algorithm=SHA1&digits=6&period=30";
export const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export const spread = (values) => ({ median: median(values), low: Math.min(...values), high: Math.max(...values) });

/** Microseconds per call of each contestant: one sample a round, each about `millis` long. */
export function alternate(contestants, { millis = 120 } = {}) {
  const names = Object.keys(contestants);
  const counts = {};
  for (const name of names) {
    const f = contestants[name];
    // Long enough for the compilers to be done with it.
    let calls = 0;
    const begin = performance.now();
    while (performance.now() - begin < 300) {
      f();
      ++calls;
    }
    counts[name] = Math.max(1, Math.round((calls / 300) * millis));
  }
  const samples = Object.fromEntries(names.map((n) => [n, []]));
  for (let round = 0; round < rounds; ++round) {
    // Everyone is first, second, ... in turn.
    for (let k = 0; k < names.length; ++k) {
      const name = names[(k + round) % names.length];
      const f = contestants[name];
      const begin = performance.now();
      for (let i = 0; i < counts[name]; ++i) f();
      samples[name].push(((performance.now() - begin) * 1000) / counts[name]);
    }
  }
  return samples;
}

/**
 * Writes build/bench/<id>.json.
 *   samples  per contestant, the same number each, paired by index; "twofold" is ours
 *   better   "less" (time, bytes) or "more" (throughput)
 *   against  the peers that count; the best of them by median, if several
 *   reach    bound of the ratio ours / peer: at most with "less", at least with "more"; star is further
 */
export function record({ id, title, unit, samples, better = "less", against, reach, star, note }) {
  const peers = (against ?? Object.keys(samples)).filter((n) => n !== "twofold" && samples[n]);
  const best = peers.sort((a, b) =>
    better === "less" ? median(samples[a]) - median(samples[b]) : median(samples[b]) - median(samples[a]),
  )[0];
  const ratio = best && spread(samples.twofold.map((v, i) => v / samples[best][i]));
  const meets = (bound) => bound === undefined || !ratio ? undefined : better === "less" ? ratio.median <= bound : ratio.median >= bound;
  const result = {
    id,
    title,
    unit,
    better,
    contestants: Object.fromEntries(Object.entries(samples).map(([n, v]) => [n, spread(v)])),
    best,
    ratio,
    reach,
    star,
    reached: meets(reach),
    starred: meets(star),
    note,
    samples,
    machine: { cpu: cpus()[0].model, cores: cpus().length, node: process.version },
  };
  mkdirSync(out, { recursive: true });
  writeFileSync(`${out}/${id}.json`, JSON.stringify(result, null, 1));
  return result;
}

/** The JSON a native program of this folder prints: { id: { contestant: [samples] } }. */
export function native(program, args = []) {
  return JSON.parse(execFileSync(`${build}/tests/bench/${program}`, args, { encoding: "utf8", env: { ...process.env, BENCH_ROUNDS: String(rounds) } }));
}
