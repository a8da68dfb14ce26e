// size.mjs - what a browser must fetch: the core and its loader, minified and brotli 11, against bundles
// of peers that do a part of it (QR and SHA-1 codes).
import { buildSync } from "esbuild";
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { record, root } from "./lib.mjs";

const brotli = (data) =>
  brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }).length;
const bundle = (contents, resolveDir) =>
  buildSync({
    stdin: { contents, resolveDir, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    external: ["node:*"],
    target: "es2022",
    write: false,
    legalComments: "none",
  }).outputFiles[0].contents;
const here = new URL(".", import.meta.url).pathname;
const peer = (contents) => [brotli(bundle(contents, here))];

const wasm = brotli(readFileSync(`${root}build/wasm/twofold_core.wasm`));
const loader = brotli(bundle(`export { load, ready } from "./core.ts";`, `${root}wasm/src`));
const samples = {
  twofold: [wasm + loader],
  "uqr + noble": peer(`export { encode } from "uqr"; export { hmac } from "@noble/hashes/hmac.js"; export { sha1 } from "@noble/hashes/legacy.js"`),
  "qr + noble": peer(`export { default as qr } from "qr"; export { hmac } from "@noble/hashes/hmac.js"; export { sha1 } from "@noble/hashes/legacy.js"`),
  "uqr + otpauth": peer(`export { encode } from "uqr"; export * from "otpauth"`),
  "qrcode + otplib": peer(`export { default as qr } from "qrcode"; export * from "otplib"`),
};
const budget = 8192;
const star = 6656;
const result = record({
  id: "size",
  title: "Size, wasm + loader (QR, 3 hashes, otpauth, backup codes, SVG), brotli 11",
  unit: "bytes",
  samples: { ...samples, budget: [budget] },
  against: ["budget"],
  reach: 1,
  star: star / budget,
  note: `wasm ${wasm} + loader ${loader}`,
});
if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [name, [bytes]] of Object.entries(samples)) console.log(`${String(bytes).padStart(7)} B  ${name}`);
  console.log(`wasm ${wasm} + loader ${loader}; budget ${budget}, star ${star}: ${result.reached ? "kept" : "OVER"}`);
  process.exitCode = result.reached ? 0 : 1;
}
