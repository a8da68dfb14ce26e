// first.mjs - the first QR of a fresh Node process: loading the library and one call.
import { execFileSync } from "node:child_process";
import { record, root, rounds, uri } from "./lib.mjs";

const here = new URL(".", import.meta.url).href;
const scripts = {
  twofold: `const core = await (await import("${root}wasm/dist/core_node.js")).ready; return core.qr(uri).value.size`,
  qr: `const f = (await import("qr")).default; return f(uri, "raw", { ecc: "medium", encoding: "byte", border: 1 }).length - 2`,
  "lean-qr": `const q = await import("lean-qr"); return q.generate(uri, { minCorrectionLevel: q.correction.M, maxCorrectionLevel: q.correction.M, modes: [q.mode.ascii] }).size`,
  uqr: `const q = await import("uqr"); return q.encode(uri, { ecc: "M", boostEcc: false, border: 0 }).size`,
  qrcode: `const q = (await import("qrcode")).default; return q.create([{ data: uri, mode: "byte" }], { errorCorrectionLevel: "M" }).modules.size`,
  nayuki: `const q = (await import("nayuki-qr-code-generator")).default; const { QrCode, QrSegment } = (q.qrcodegen ?? q); return QrCode.encodeSegments([QrSegment.makeBytes([...new TextEncoder().encode(uri)])], QrCode.Ecc.MEDIUM, 1, 40, -1, false).size`,
};
const samples = Object.fromEntries(Object.keys(scripts).map((n) => [n, []]));
const names = Object.keys(scripts);
for (let round = -1; round < Math.max(rounds, 9); ++round)
  for (let k = 0; k < names.length; ++k) {
    const name = names[(k + round + names.length) % names.length];
    const code = `const uri = ${JSON.stringify(uri)};
const begin = performance.now();
const size = await (async () => { ${scripts[name]} })();
console.log(performance.now() - begin, size);`;
    const [ms, size] = execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8", cwd: new URL(here) }).split(" ").map(Number);
    if (size !== 49) throw new Error(`${name}: a symbol of ${size} modules`);
    if (round >= 0) samples[name].push(ms * 1000); // the first round only warms the file cache
  }
record({ id: "qr-first", title: "QR, first one in a fresh Node process (load and call)", unit: "us", samples, reach: 0.8 });
