// The vectors of tests/vectors against the wasm build through its loader, the loader's own promises,
// and agreement with the native build. Run: node --test tests/wasm/core.test.mjs
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { askNative, buildLoader, fromHex, root, toHex, vectors, wasmPath } from "./support.mjs";

const loaderPath = buildLoader();
const { coreErrors, load, ready } = await import(loaderPath);
const core = await ready;
const all = vectors("vectors.json");

const kDefaults = { algorithm: "SHA1", digits: 6, period: 30 };
const kKey = fromHex("3132333435363738393031323334353637383930");
const kSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

test("security 1: RFC 4226 appendix D and derived counters, as steps of 30 s", () => {
  for (const c of [...all.rfc4226_appendix_d.cases, ...all.derived_leading_zero_hotp.cases])
    assert.deepEqual(core.totp(kDefaults, kKey, c.count * 30), { value: c.hotp6 });
});

test("security 2: RFC 6238 appendix B, 18 of 18", () => {
  const { cases, seeds } = all.rfc6238_appendix_b;
  for (const c of cases) {
    const parameters = { algorithm: c.algorithm, digits: 8, period: 30 };
    const key = fromHex(seeds[c.algorithm].hex);
    assert.deepEqual(core.totp(parameters, key, c.time), { value: c.totp8 });
    assert.deepEqual(core.totp(parameters, seeds[c.algorithm].base32, c.time), { value: c.totp8 });
    assert.deepEqual(core.totpVerify(parameters, key, c.totp8, c.time, 0), { value: Math.floor(c.time / 30) });
    assert.deepEqual(core.totpVerify(parameters, key, c.totp8, c.time + 60, 1), { error: "code_mismatch" });
  }
  assert.equal(cases.length, 18);
});

test("security 3: the time step is 64 bits wide", () => {
  for (const c of all.derived_far_time.cases) {
    assert.deepEqual(core.totp(kDefaults, kKey, c.time), { value: c.code6 });
    assert.deepEqual(core.totpVerify(kDefaults, kKey, c.code6, c.time), { value: Math.floor(c.time / 30) });
  }
  assert.deepEqual(core.totp({ ...kDefaults, digits: 8 }, kKey, 20000000000), { value: "65353130" });
});

test("security 5: base32 of RFC 4648 section 10; every invalid form refused", () => {
  for (const c of all.rfc4648_section_10.cases) {
    assert.deepEqual(core.base32Encode(fromHex(c.hex)), { value: c.base32_nopad });
    assert.equal(toHex(core.base32Decode(c.base32).value), c.hex);
    assert.equal(toHex(core.base32Decode(c.base32_nopad).value), c.hex);
  }
  for (const c of all.rfc4648_section_10.derived_invalid_base32)
    assert.deepEqual(core.base32Decode(c.text), { error: "base32_invalid" }, c.why);
  for (const c of all.rfc4648_section_10.derived_tolerant_base32)
    assert.equal(toHex(core.base32Decode(c.text).value), c.hex);
});

test("security 7: steps -1, 0, +1 accepted, two away refused", () => {
  for (const c of all.derived_window.cases) {
    const r = core.totpVerify(kDefaults, kKey, c.code6, 1111111111, 1);
    assert.deepEqual(r, c.accept ? { value: 37037037 + c.step_delta } : { error: "code_mismatch" });
  }
  assert.deepEqual(core.totpVerify(kDefaults, kKey, "050471", 1111111111, 2), { error: "invalid_argument" });
});

test("security 10: canonical digits", () => {
  for (const typed of ["123456", "123 456", " 1 2 3-4 5 6 "]) assert.equal(core.canonicalDigits(typed).value, "123456");
  for (const typed of ["", "12345", "123456789", "123456\n", "123456\0", "１２３４５６", "١٢٣٤٥٦", "123\u00a0456", "12e456"])
    assert.deepEqual(core.canonicalDigits(typed), { error: "code_malformed" }, JSON.stringify(typed));
});

test("security 14: otpauth URIs parse and build", () => {
  for (const c of all.key_uri.valid) {
    const { value } = core.otpauthParse(c.uri);
    assert.ok(value, c.uri);
    const want = c.parsed ?? {};
    if ("issuer" in want) assert.equal(value.issuer, want.issuer ?? "");
    if ("account" in want) assert.equal(value.account, want.account);
    if ("secret_hex" in want) assert.equal(toHex(value.secret), want.secret_hex);
    assert.equal(value.type, want.type ?? "totp");
    assert.equal(value.counter, want.counter ?? 0);
    assert.deepEqual(value.parameters, {
      algorithm: want.algorithm ?? "SHA1",
      digits: want.digits ?? 6,
      period: want.period ?? 30,
    });
  }
  for (const c of all.key_uri.invalid) assert.deepEqual(core.otpauthParse(c.uri), { error: "uri_invalid" }, c.uri);
  assert.equal(
    core.otpauthBuild({ issuer: "Example Hosting", account: "alice@example.com", secret: kKey, parameters: kDefaults }).value,
    `otpauth://totp/Example%20Hosting:alice%40example.com?secret=${kSecret}&issuer=Example%20Hosting&algorithm=SHA1&digits=6&period=30`,
  );
  const long = core.otpauthParse("otpauth://hotp/X:bob?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ&counter=4294967297");
  assert.equal(long.value.counter, 4294967297);
});

test("security 16: parameters outside the set are refused", () => {
  for (const wrong of [{ algorithm: "MD5" }, { digits: 5 }, { digits: 9 }, { period: 14 }, { period: 121 }, { period: 4294967326 }])
    if (!("period" in wrong && wrong.period > 2 ** 32))
      assert.deepEqual(core.totp({ ...kDefaults, ...wrong }, kKey, 59), { error: "invalid_argument" }, JSON.stringify(wrong));
  // A C int wraps and truncates: the loader has to notice before the call.
  for (const wrong of [{ period: 4294967326 }, { period: 30.9 }, { digits: 6.5 }, { digits: NaN }])
    assert.deepEqual(core.totp({ ...kDefaults, ...wrong }, kKey, 59), { error: "invalid_argument" }, JSON.stringify(wrong));
  for (const now of [-1, NaN, Infinity, 2 ** 53])
    assert.deepEqual(core.totp(kDefaults, kKey, now), { error: "invalid_argument" }, String(now));
  assert.deepEqual(core.totp(kDefaults, new Uint8Array(0), 59), { error: "invalid_argument" });
  assert.deepEqual(core.totp(kDefaults, new Uint8Array(129), 59), { error: "invalid_argument" });
  assert.deepEqual(core.totp(kDefaults, "M", 59), { error: "base32_invalid" });
});

test("backup codes: the published vectors", () => {
  const v = vectors("backup_codes.json");
  for (const c of v.make) assert.deepEqual(core.backupCodeMake(fromHex(c.random_hex)), { value: c.shown });
  for (const c of v.parse) assert.deepEqual(core.backupCodeParse(c.typed), { value: c.canonical }, c.why);
  for (const c of v.refused) assert.deepEqual(core.backupCodeParse(c.typed), { error: c.error }, c.why);
  assert.deepEqual(core.backupCodeMake(new Uint8Array(8)), { error: "invalid_argument" });
});

test("clock doctor and wrong-app detector", () => {
  const now = 1700000010;
  for (let off = -600; off <= 600; off += 30) {
    const { value: code } = core.totp(kDefaults, kKey, now + off);
    assert.deepEqual(core.clockOffset(kDefaults, kKey, code, now), { value: off });
  }
  assert.deepEqual(core.clockOffset(kDefaults, kKey, core.totp(kDefaults, kKey, now + 630).value, now), { error: "not_found" });
  for (const other of [{ algorithm: "SHA256" }, { algorithm: "SHA512" }, { digits: 8 }, { period: 60 }]) {
    const app = { ...kDefaults, ...other };
    const { value: code } = core.totp(app, kKey, now);
    assert.deepEqual(core.otherParameters(kDefaults, kKey, code, now), { value: app });
    assert.deepEqual(core.otherParameters(kDefaults, kSecret, code, now), { value: app });
  }
  assert.deepEqual(core.otherParameters(kDefaults, kKey, "000000", now), { error: "not_found" });
});

test("QR: modules, SVG, options and bounds", () => {
  const { value } = core.qr("HELLO WORLD", { level: "Q" });
  assert.equal(value.size, 21);
  assert.equal(value.modules.length, 441);
  assert.ok(value.modules.every((m) => m === 0 || m === 1));
  assert.deepEqual([...value.modules.subarray(0, 8)], [1, 1, 1, 1, 1, 1, 1, 0]);
  assert.match(core.qrSvg("HELLO WORLD").value, /^<svg [^>]*viewBox="0 0 29 29"[^>]*>.*<\/svg>$/s);
  assert.match(core.qrSvg("HELLO WORLD", { quiet: 0 }).value, /viewBox="0 0 21 21"/);
  assert.equal(core.qr("A", { minVersion: 40 }).value.size, 177);
  assert.deepEqual(core.qr("x".repeat(3000)), { error: "qr_too_long" });
  for (const call of [core.qr, core.qrSvg, core.base32Decode, core.canonicalDigits, core.otpauthParse])
    assert.deepEqual(call("2".repeat(7090)), { error: "invalid_argument" });
  assert.deepEqual(core.base32Encode(new Uint8Array(7090)), { error: "invalid_argument" });
  assert.deepEqual(core.qr("é".repeat(7089)), { error: "qr_too_long" });
  assert.deepEqual(core.qr("A", { level: "X" }), { error: "invalid_argument" });
  assert.deepEqual(core.qr("A", { mask: 8 }), { error: "invalid_argument" });
  assert.deepEqual(core.qr("A", { minVersion: 41 }), { error: "invalid_argument" });
  assert.deepEqual(core.qr(new TextEncoder().encode("HELLO WORLD")), core.qr("HELLO WORLD"));
  assert.ok(core.qrSvg("\u{1F511}".repeat(300), { minVersion: 40 }).value.endsWith("</svg>"));
});

test("the error names mirror enum class Error of shared/result.hpp, by number", () => {
  const source = readFileSync(`${root}shared/result.hpp`, "utf8");
  const body = /enum class Error : int \{([^}]*)\}/.exec(source)[1];
  const entries = [...body.matchAll(/^\s*(\w+) = (\d+),/gm)].map((m) => [m[1], Number(m[2])]);
  assert.deepEqual(entries, coreErrors.map((name, i) => [name, i + 1]));
});

test("the version is that of the build", () => {
  const version = /project\(twofold VERSION ([\d.]+)/.exec(readFileSync(`${root}CMakeLists.txt`, "utf8"))[1];
  assert.equal(core.version, version);
  assert.equal(JSON.parse(readFileSync(`${root}wasm/package.json`, "utf8")).version, version);
});

test("the module asks nothing of its host and exports what the C ABI names", () => {
  const module = new WebAssembly.Module(readFileSync(wasmPath));
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  const declared = [...readFileSync(`${root}wasm/abi.cpp`, "utf8").matchAll(/^TWOFOLD_EXPORT\(\w+, (\w)\)/gm)].map((m) => m[1]);
  const exported = WebAssembly.Module.exports(module).map((e) => e.name);
  assert.deepEqual(exported.sort(), [...declared, "a", "memory"].sort());
});

test("secrets do not stay in the module's memory", async () => {
  // A module of our own, to look into its memory through the same loader code.
  let memory;
  const original = WebAssembly.instantiate;
  WebAssembly.instantiate = async (...args) => {
    const result = await original(...args);
    memory = (result.instance ?? result).exports.memory;
    return result;
  };
  try {
    const fresh = await (await import(`${loaderPath}?fresh`)).load(readFileSync(wasmPath));
    const secret = webcrypto.getRandomValues(new Uint8Array(20));
    const text = fresh.base32Encode(secret).value;
    const uri = fresh.otpauthBuild({ issuer: "I", account: "a", secret, parameters: kDefaults }).value;
    const code = fresh.totp(kDefaults, text, 1700000000).value;
    fresh.totpVerify(kDefaults, secret, code, 1700000000);
    fresh.totpVerify(kDefaults, secret, "000000", 1700000000);
    fresh.totpVerify({ ...kDefaults, algorithm: "SHA512" }, secret, code, 1700000000);
    fresh.clockOffset(kDefaults, secret, code, 1700000300);
    fresh.otherParameters(kDefaults, secret, "123456", 1700000000);
    fresh.otpauthParse(uri);
    fresh.otpauthParse(`${uri}&digits=6`);
    fresh.base32Decode(`${text}!`);
    fresh.otpauthBuild({ issuer: "ASCII, then not: é🔑", account: code, secret, parameters: kDefaults });
    fresh.qr(uri);
    fresh.qrSvg(uri);
    const backup = fresh.backupCodeMake(secret.subarray(0, 9)).value;
    fresh.backupCodeParse(backup);
    // Refused by the loader, after a secret that was not too long. Last: what follows would wipe it.
    assert.deepEqual(fresh.totpVerify(kDefaults, secret, "1".repeat(7090), 1700000000), { error: "invalid_argument" });
    const left = Buffer.from(new Uint8Array(memory.buffer));
    for (const [what, bytes] of Object.entries({
      secret,
      "half the secret": secret.subarray(0, 8),
      "the secret as words": Uint8Array.from([3, 2, 1, 0, 7, 6, 5, 4], (i) => secret[i]),
      text: Buffer.from(text),
      code: Buffer.from(code),
      backup: Buffer.from(backup),
      "canonical backup": Buffer.from(backup.replaceAll("-", "")),
      uri: Buffer.from(uri.slice(20, 60)),
    }))
      assert.equal(left.indexOf(bytes), -1, `${what} is still in memory`);
  } finally {
    WebAssembly.instantiate = original;
  }
});

test("load: bytes, a compiled module, a URL, the wrong type, and failure", async () => {
  const bytes = readFileSync(wasmPath);
  let n = 0;
  const fresh = async (source) => (await import(`${loaderPath}?load${n++}`)).load(source);
  assert.equal((await fresh(bytes)).version, core.version);
  assert.equal((await fresh(await WebAssembly.compile(bytes))).version, core.version);

  const server = createServer((request, response) => {
    if (request.url === "/gone") response.writeHead(404).end();
    else response.writeHead(200, { "content-type": request.url === "/plain" ? "text/plain" : "application/wasm" }).end(bytes);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const at = `http://127.0.0.1:${server.address().port}`;
  try {
    assert.equal((await fresh(`${at}/core.wasm`)).version, core.version);
    assert.equal((await fresh(new URL(`${at}/plain`))).version, core.version);
    const module = await import(`${loaderPath}?again`);
    await assert.rejects(module.load(`${at}/gone`), /404/);
    // A failure is not kept.
    assert.equal((await module.load(`${at}/plain`)).version, core.version);
    // Streaming-less engines: the same bytes the slower way.
    const streaming = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = undefined;
    try {
      assert.equal((await fresh(`${at}/core.wasm`)).version, core.version);
    } finally {
      WebAssembly.instantiateStreaming = streaming;
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
  assert.equal(await load(), core);
  assert.equal(await load(), await ready);
});

test("works in a Worker", async () => {
  const worker = new Worker(
    `import(${JSON.stringify(loaderPath)}).then(async ({ ready }) =>
       require("node:worker_threads").parentPort.postMessage((await ready).canonicalDigits("123 456")))`,
    { eval: true },
  );
  const answer = await new Promise((done, fail) => worker.once("message", done).once("error", fail));
  await worker.terminate();
  assert.deepEqual(answer, { value: "123456" });
});

test("security 66: wasm and native agree on vectors, random and damaged input", () => {
  // xorshift32, so that a failure can be repeated.
  let state = 0x9e3779b9;
  const random = (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
  const bytesOf = (n) => Uint8Array.from({ length: n }, () => random(256));
  const pick = (list) => list[random(list.length)];
  const names = ["", "a", "Example Hosting", "alice@example.com", "a+b", "Жанна", "مثال", "🔑", "a:b", "x\n", "\u202e", " lead", "A".repeat(130)];
  const damage = (text) => {
    const at = random(text.length + 1);
    const with_ = pick(["", "%", "&", "=", ":", " ", "-", "0", "O", "l", "U", "\0", "é", "+", "secret=", "A", "7"]);
    return text.slice(0, at) + with_ + text.slice(at + random(3));
  };
  const parameters = () => ({
    algorithm: pick(["SHA1", "SHA256", "SHA512", "MD5"]),
    digits: pick([6, 6, 7, 8, 5]),
    period: pick([15, 30, 30, 60, 120, 14]),
  });
  const questions = [];
  const ask = (...q) => questions.push(q);
  for (let i = 0; i < 600; i++) {
    const p = parameters();
    const key = bytesOf(1 + random(130));
    const now = random(2 ** 32) * (1 + random(2 ** 19));
    ask("totp", p, key, now);
    const code = core.totp(p, key, now + (random(60) - 30) * 10).value ?? "123456";
    ask("totpVerify", p, key, code, now, random(3));
    ask("totpVerify", p, key, damage(code), now, 1);
    ask("clockOffset", p, key, code, now);
    ask("otherParameters", parameters(), key, code, now);
    ask("base32Encode", key);
    ask("base32Decode", damage(core.base32Encode(key).value));
    ask("base32Decode", core.base32Encode(key).value.toLowerCase());
    ask("canonicalDigits", damage("123 456-78"));
    const backup = core.backupCodeMake(bytesOf(9)).value;
    ask("backupCodeMake", bytesOf(9));
    ask("backupCodeParse", damage(backup));
    ask("backupCodeParse", backup);
    const issuer = pick(names);
    const account = pick(names);
    ask("otpauthBuild", issuer, account, key, p);
    const uri = core.otpauthBuild({ issuer: "Example", account: "bob@example.com", secret: bytesOf(20), parameters: { ...kDefaults, period: 30 + random(90) } }).value;
    ask("otpauthParse", uri);
    ask("otpauthParse", damage(uri));
    ask("otpauthParse", damage(damage(uri)));
  }
  for (const c of [...all.key_uri.valid, ...all.key_uri.invalid]) ask("otpauthParse", c.uri);
  for (const c of [...all.rfc4648_section_10.derived_invalid_base32]) ask("base32Decode", c.text);
  for (let i = 0; i < 200; i++) {
    const text = pick([
      () => Array.from({ length: random(400) }, () => random(10)).join(""),
      () => Array.from({ length: random(300) }, () => pick([..."ABCXYZ0189 $%*+-./:"])).join(""),
      () => Array.from({ length: random(300) }, () => pick([..."abcé🔑09A%"])).join(""),
    ])();
    ask("qr", text, random(4), 1 + random(8), random(9) - 1);
    if (i % 10 === 0) ask("qrSvg", text, random(4), 1, -1);
  }
  ask("qr", "1".repeat(7089), 0, 1, -1);
  ask("qr", "a".repeat(2953), 0, 1, -1);
  ask("qr", "a".repeat(2954), 0, 1, -1);

  const wasm = ([name, ...args]) => {
    let r;
    if (name === "otpauthBuild") r = core.otpauthBuild({ issuer: args[0], account: args[1], secret: args[2], parameters: args[3] });
    else if (name.startsWith("qr")) r = core[name](args[0], { level: "LMQH"[args[1]], minVersion: args[2], mask: args[3] });
    else r = core[name](...args);
    if (r.error) return { error: coreErrors.indexOf(r.error) + 1 };
    let { value } = r;
    if (name === "base32Decode") value = toHex(value);
    if (name === "otpauthParse") value = { ...value, secret: toHex(value.secret) };
    if (name === "qr") value = value.modules.join("");
    return { value };
  };
  const mine = questions.map(wasm);
  const native = askNative(questions.map((q) => q.map((a) => (a instanceof Uint8Array ? toHex(a) : a))));
  assert.equal(native.length, questions.length);
  questions.forEach((q, i) => assert.deepEqual(mine[i], native[i], JSON.stringify(q)));
  // The list must hold both kinds of answers for every function, or it compares nothing.
  for (const name of new Set(questions.map((q) => q[0]))) {
    const answers = mine.filter((_, i) => questions[i][0] === name);
    assert.ok(answers.some((a) => "value" in a), `${name} never succeeded`);
    if (!["base32Encode", "backupCodeMake", "qrSvg"].includes(name))
      assert.ok(answers.some((a) => "error" in a), `${name} was never refused`);
  }
});
