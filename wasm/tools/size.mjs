// Prints what a page loads, minified and brotli 11, without the message catalogs (one of them is
// fetched, in the page's language). Exits 1 over a budget.
import { constants, brotliCompressSync } from "node:zlib";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle } from "./build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const brotli = (data) =>
  brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }).length;

/** Everything an entry loads, static and lazy, apart from catalogs; one file a request. */
async function sizeOf(entry, { lazy }) {
  const { metafile, files } = await bundle("/size", { entryPoints: [`${root}src/${entry}.ts`], metafile: true });
  const texts = new Map(files.map((f) => [f.path.split("/").pop(), f.text]));
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, o]) => [path.split("/").pop(), o]));
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const i of outputs.get(name)?.imports ?? []) {
      if (i.external) continue;
      const next = i.path.split("/").pop();
      const inputs = Object.keys(outputs.get(next)?.inputs ?? {});
      if (inputs.some((input) => /locales\/.*\.json$/.test(input))) continue;
      // Fetched by somebody who is locked out, and by Security Settings while a request is open.
      if (!entry.includes("support") && inputs.some((input) => /support_element/.test(input))) continue;
      if (i.kind === "dynamic-import" && !lazy) continue;
      visit(next);
    }
  };
  visit(`${entry.split("/").pop()}.js`);
  return [...seen].reduce((sum, name) => sum + brotli(Buffer.from(texts.get(name))), 0);
}

const wasmPath = [`${root}../build/wasm/twofold_core.wasm`, `${root}twofold_core.wasm`].find(existsSync);
const wasm = wasmPath ? brotli(readFileSync(wasmPath)) : 0;
const rows = [
  ["three elements + loader + core (wasm)", (await sizeOf("define", { lazy: true })) + wasm, 41_000],
  ["<twofold-verify> alone (the core comes only with a backup code)", await sizeOf("define_verify", { lazy: false }), 17_000],
  ["what <twofold-support> adds to it", await sizeOf("elements/support_element", { lazy: false }), 5_000],
];
let over = false;
for (const [what, bytes, budget] of rows) {
  over ||= bytes > budget;
  console.log(`${String(bytes).padStart(7)} B of ${budget}  ${what}`);
}
if (!wasm) console.log("        the core is not built yet and not counted");
process.exit(over ? 1 : 0);
