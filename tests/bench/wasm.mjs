// wasm.mjs - the core as WebAssembly in Node against what npm offers: QR and TOTP, warm.
import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { generate as leanGenerate, correction, mode } from "lean-qr";
import nayuki from "nayuki-qr-code-generator";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as OTPAuth from "otpauth";
import { NobleCryptoPlugin, ScureBase32Plugin, verifySync } from "otplib";
import encodeQR from "qr";
import QRCode from "qrcode";
import { encode as uqrEncode } from "uqr";
import { alternate, record, root, secret, uri } from "./lib.mjs";

const { ready } = await import(`${root}wasm/dist/core_node.js`);
const core = await ready;

// fast_qr is packed for bundlers; its glue is ES modules without saying so.
const require = createRequire(import.meta.url);
async function fastQr() {
  const path = require.resolve("fast_qr/fast_qr.js");
  const glue = await import(`data:text/javascript,${encodeURIComponent(readFileSync(path, "utf8"))}`);
  await glue.default(readFileSync(require.resolve("fast_qr/fast_qr_bg.wasm")));
  return glue;
}
const fast = await fastQr();

const { qrcodegen } = nayuki.qrcodegen ? nayuki : { qrcodegen: nayuki };
const bytes = new TextEncoder().encode(uri);
const qr = {
  twofold: () => core.qr(uri).value,
  qr: () => encodeQR(uri, "raw", { ecc: "medium", encoding: "byte", border: 1 }),
  "lean-qr": () => leanGenerate(uri, { minCorrectionLevel: correction.M, maxCorrectionLevel: correction.M, modes: [mode.ascii] }),
  qrcode: () => QRCode.create([{ data: uri, mode: "byte" }], { errorCorrectionLevel: "M" }),
  uqr: () => uqrEncode(uri, { ecc: "M", boostEcc: false, border: 0 }),
  nayuki: () => qrcodegen.QrCode.encodeSegments([qrcodegen.QrSegment.makeBytes([...bytes])], qrcodegen.QrCode.Ecc.MEDIUM, 1, 40, -1, false),
  "fast_qr (wasm)": () => fast.qr(uri),
};

// The same symbol, module by module, with the mask each peer chose (the third to fifth module of row 8).
const grids = {
  qr: (s) => s.slice(1, -1).map((row) => row.slice(1, -1)),
  "lean-qr": (s) => Array.from({ length: s.size }, (_, y) => Array.from({ length: s.size }, (_, x) => s.get(x, y))),
  qrcode: (s) => Array.from({ length: s.modules.size }, (_, y) => Array.from({ length: s.modules.size }, (_, x) => !!s.modules.get(y, x))),
  uqr: (s) => s.data,
  nayuki: (s) => Array.from({ length: s.size }, (_, y) => Array.from({ length: s.size }, (_, x) => s.getModule(x, y))),
};
const automatic = core.qr(uri).value;
const maskOf = (at) => ((at(2, 8) ? 4 : 0) + (at(3, 8) ? 2 : 0) + (at(4, 8) ? 1 : 0)) ^ 5;
const same = [];
for (const [name, grid] of Object.entries(grids)) {
  const theirs = grid(qr[name]());
  const mask = maskOf((x, y) => theirs[y][x]);
  const ours = core.qr(uri, { mask }).value;
  const equal =
    ours.size === theirs.length && ours.modules.every((m, i) => !!m === !!theirs[Math.floor(i / ours.size)][i % ours.size]);
  if (!equal) throw new Error(`${name} draws another symbol with mask ${mask}`);
  const chosen = maskOf((x, y) => automatic.modules[y * automatic.size + x]);
  same.push(`${name} ${mask === chosen ? "chose the same mask" : `chose mask ${mask}, ours ${chosen}`}`);
}
record({
  id: "qr-wasm",
  title: "QR, wasm in Node, string to modules, warm",
  unit: "us",
  samples: alternate(qr),
  reach: 0.25,
  star: 0.18,
  note: `equal module by module with the mask forced; ${same.join("; ")}`,
});

// Verify a right code in a window of one step on either side, from key bytes.
const key = core.base32Decode(secret).value;
const now = 1700000010;
const parameters = { algorithm: "SHA1", digits: 6, period: 30 };
// The codes of the step before, of now and of the next one, in turn: some peers stop at the first match.
const codes = [-30, 0, 30].map((d) => core.totp(parameters, key, now + d).value);
let turn = 0;
const next = () => codes[(turn = turn === 2 ? 0 : turn + 1)];
const authenticator = new OTPAuth.TOTP({ algorithm: "SHA1", digits: 6, period: 30, secret: new OTPAuth.Secret({ buffer: key.slice().buffer }) });
const counter = new Uint8Array(8);
const counterView = new DataView(counter.buffer);
function nobleCode(step) {
  counterView.setUint32(0, Math.floor(step / 2 ** 32));
  counterView.setUint32(4, step >>> 0);
  const mac = hmac(sha1, key, counter);
  const at = mac[19] & 15;
  const value = ((mac[at] & 127) << 24) | (mac[at + 1] << 16) | (mac[at + 2] << 8) | mac[at + 3];
  return String(value % 1000000).padStart(6, "0");
}
function nobleVerify() {
  const code = next();
  const step = Math.floor(now / 30);
  let found = -1;
  for (let i = -1; i <= 1; ++i) if (nobleCode(step + i) === code) found = step + i;
  return found;
}
const otplib = { crypto: new NobleCryptoPlugin(), base32: new ScureBase32Plugin() };
const totp = {
  twofold: () => core.totpVerify(parameters, key, next(), now).value,
  otpauth: () => authenticator.validate({ token: next(), timestamp: now * 1000, window: 1 }),
  "@noble/hashes": nobleVerify,
  otplib: () => verifySync({ secret: key, token: next(), epoch: now, epochTolerance: 30, strategy: "totp", ...otplib }),
};
for (let i = 0; i < 3; ++i) {
  if (!(totp.twofold() > 0)) throw new Error("ours does not verify");
  if (totp.otpauth() === null) throw new Error("otpauth does not verify");
  if (nobleVerify() < 0) throw new Error("noble does not verify");
  if (!totp.otplib().valid) throw new Error("otplib does not verify");
}
record({
  id: "totp-wasm",
  title: "TOTP verify +-1, wasm in Node, warm",
  unit: "us",
  samples: alternate(totp),
  reach: 1 / 6,
});
