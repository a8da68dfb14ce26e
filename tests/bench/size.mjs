// Size of what a page fetches for the core: the wasm and its minified loader, brotli 11.
//   node tests/bench/size.mjs      prints a table and writes build/bench/size.json
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants, brotliCompressSync, gzipSync } from "node:zlib";
import { buildLoader, root, wasmPath } from "../wasm/support.mjs";

const kBudget = 8192;
const kStar = 6656;

const brotli = (data) =>
  brotliCompressSync(data, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length },
  }).length;

const loader = readFileSync(buildLoader());
const wasm = readFileSync(wasmPath);
const rows = [
  { what: "twofold_core.wasm", raw: wasm.length, gzip: gzipSync(wasm, { level: 9 }).length, brotli: brotli(wasm) },
  { what: "loader, minified", raw: loader.length, gzip: gzipSync(loader, { level: 9 }).length, brotli: brotli(loader) },
];
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
rows.push({ what: "together", raw: sum("raw"), gzip: sum("gzip"), brotli: sum("brotli") });

console.log("what".padEnd(20), "raw".padStart(8), "gzip 9".padStart(8), "brotli 11".padStart(10));
for (const { what, raw, gzip, brotli: b } of rows)
  console.log(what.padEnd(20), String(raw).padStart(8), String(gzip).padStart(8), String(b).padStart(10));
const total = sum("brotli");
console.log(`budget ${kBudget}: ${total <= kBudget ? "within" : `over by ${total - kBudget}`}; star ${kStar}: ${total <= kStar ? "reached" : `${total - kStar} away`}`);
mkdirSync(`${root}build/bench`, { recursive: true });
writeFileSync(`${root}build/bench/size.json`, JSON.stringify({ budget: kBudget, star: kStar, rows }, null, 1) + "\n");
