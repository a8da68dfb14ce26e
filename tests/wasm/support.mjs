// support.mjs - the wasm core as the tests use it: core_node.ts without its types, the .wasm beside it.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const wasmPath = `${root}build/wasm/twofold_core.wasm`;

const require = createRequire(`${root}wasm/package.json`);

/** Writes build/wasm/test/core.mjs and its .wasm, and returns the path. */
export function buildLoader() {
  if (!existsSync(wasmPath)) execFileSync(`${root}wasm/build.sh`, { stdio: "inherit" });
  const { buildSync } = require("esbuild");
  const { outputFiles } = buildSync({
    entryPoints: [`${root}wasm/src/core_node.ts`],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "es2022",
    minify: true,
  });
  const directory = `${root}build/wasm/test`;
  mkdirSync(directory, { recursive: true });
  copyFileSync(wasmPath, `${directory}/twofold_core.wasm`);
  writeFileSync(`${directory}/core.mjs`, outputFiles[0].contents);
  return `${directory}/core.mjs`;
}

export const vectors = (file) => JSON.parse(readFileSync(`${root}tests/vectors/${file}`, "utf8"));

export const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (b) => parseInt(b, 16));
export const toHex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

/** The native core's answers to the same questions (tests/shared/agree.cpp). */
export function askNative(questions) {
  const agree = [process.env.TWOFOLD_AGREE, `${root}build/release/tests/shared/agree`].find((p) => p && existsSync(p));
  if (!agree) throw new Error("build the target `agree` first, or name it in TWOFOLD_AGREE");
  return JSON.parse(execFileSync(agree, { input: JSON.stringify(questions), maxBuffer: 1 << 28 }).toString());
}
