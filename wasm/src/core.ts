// core.ts - loads twofold_core.wasm and speaks to its C ABI (wasm/abi.cpp).
//
//   import { ready } from "@twofold/elements/core";
//   const core = await ready;
//   const { value, error } = core.canonicalDigits("123 456");
//
// Runs in a page under `script-src 'self' 'wasm-unsafe-eval'`, in a Worker and in Node 18 or newer.
// Nothing is fetched from elsewhere: the .wasm stands beside this file. Wrong input is ordinary, so it
// comes back as `error`, never thrown. Whatever crossed the module's memory is wiped before a call
// returns; a JavaScript string cannot be wiped, so keep secrets as bytes where you can.

/** Why the core refused: the names and order of `enum class Error` in shared/result.hpp, from 1. */
export const coreErrors = [
  "invalid_argument",
  "buffer_too_small",
  "base32_invalid",
  "code_malformed",
  "code_mismatch",
  "uri_invalid",
  "secret_too_short",
  "qr_too_long",
  "check_mismatch",
  "not_found",
] as const;
export type CoreError = (typeof coreErrors)[number];

export type Result<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: CoreError };

const hashes = ["SHA1", "SHA256", "SHA512"] as const;
export type HashName = (typeof hashes)[number];

export interface TotpParameters {
  readonly algorithm: HashName;
  /** 6, 7 or 8 */
  readonly digits: number;
  /** seconds, 15 to 120 */
  readonly period: number;
}

/** Secret bytes, or their Base32 text as the server hands it out. */
export type Key = Uint8Array | string;

export interface QrOptions {
  /** Default "M". */
  readonly level?: "L" | "M" | "Q" | "H";
  /** 1 to 40; default 1. */
  readonly minVersion?: number;
  /** 0 to 7; default the best by the standard's penalty. */
  readonly mask?: number;
}

export interface QrModules {
  /** Modules on a side, without the quiet zone: 21 to 177. */
  readonly size: number;
  /** size * size bytes, row by row, 1 for dark. */
  readonly modules: Uint8Array;
}

export interface OtpauthUri {
  readonly issuer: string;
  readonly account: string;
  readonly secret: Uint8Array;
  readonly parameters: TotpParameters;
}

export interface ParsedOtpauthUri extends OtpauthUri {
  readonly type: "totp" | "hotp";
  /** hotp only, else 0 */
  readonly counter: number;
}

/** All times are Unix seconds; fractions are dropped. */
export interface Core {
  /** "0.1.0": the version of the C++ core inside. */
  readonly version: string;
  qr(text: string | Uint8Array, options?: QrOptions): Result<QrModules>;
  /** An SVG document without width or height; quiet zone in modules, 4 unless you know better. */
  qrSvg(text: string | Uint8Array, options?: QrOptions & { readonly quiet?: number }): Result<string>;
  totp(parameters: TotpParameters, key: Key, now: number): Result<string>;
  /** The matching time step. For previews: only a server's verdict counts. window is 0 or 1. */
  totpVerify(parameters: TotpParameters, key: Key, code: string, now: number, window?: number): Result<number>;
  /** Seconds the phone's clock is ahead (+) or behind (-), up to ten minutes. */
  clockOffset(parameters: TotpParameters, key: Key, code: string, now: number): Result<number>;
  /** Other parameters under which the code is right now: an app that ignores the URI's. */
  otherParameters(parameters: TotpParameters, key: Key, code: string, now: number): Result<TotpParameters>;
  base32Encode(bytes: Uint8Array): Result<string>;
  base32Decode(text: string): Result<Uint8Array>;
  otpauthBuild(uri: OtpauthUri): Result<string>;
  otpauthParse(uri: string): Result<ParsedOtpauthUri>;
  /** The 6 to 8 digits of a typed code. */
  canonicalDigits(typed: string): Result<string>;
  /** XXXXX-XXXXX-XXXXX from nine bytes of crypto.getRandomValues(). */
  backupCodeMake(random: Uint8Array): Result<string>;
  /** The canonical 15 characters of a typed backup code. */
  backupCodeParse(typed: string): Result<string>;
}

/** Where the module comes from; by default the .wasm beside this file. */
export type CoreSource = string | URL | BufferSource | WebAssembly.Module;

type Text = string | Uint8Array;
/** Makes the answer from what a function of wasm/abi.cpp returned and the bytes it wrote. */
type Read<T> = (n: number, out: Uint8Array) => T;

const bytes: Read<Uint8Array> = (n, out) => out.slice(0, n);
const text: Read<string> = (n, out) => new TextDecoder().decode(out.subarray(0, n));
const number: Read<number> = (n) => n;
const parameters: Read<TotpParameters> = (n) => ({
  algorithm: hashes[(n & 3) - 1]!,
  digits: (n >> 2) & 15,
  period: n >> 6,
});
// struct OtpauthFields of shared/otpauth.hpp.
const fields: Read<ParsedOtpauthUri> = (n, out) => {
  const w = new Uint32Array(out.buffer, out.byteOffset);
  return {
    type: w[0]! > 1 ? "hotp" : "totp",
    issuer: text(w[6]!, out.subarray(36)),
    account: text(w[7]!, out.subarray(164)),
    secret: bytes(w[8]!, out.subarray(420)),
    parameters: parameters(n, out),
    counter: w[4]! + w[5]! * 2 ** 32,
  };
};

// C would wrap 4294967326 to 30 and cut 30.9 to 30. -2 is out of range for every such argument.
const int = (n: number): number => ((n | 0) === n ? n : -2);
const isString = (t: unknown): t is string => !!(t as string).big;

const connect = (made: WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource): Core => {
  const wasm = ("instance" in made ? made.instance : made).exports as Record<string, (...args: number[]) => number> & {
    readonly memory: WebAssembly.Memory;
    readonly a: WebAssembly.Global;
  };
  // The memory never grows, so these views stay.
  const memory = new Uint8Array(wasm.memory.buffer, wasm.a.value);
  const out = memory.subarray(1 << 17);
  const encoder = new TextEncoder();

  // Copies strings and bytes in, one behind the other; calls with the numbers and their lengths; lets
  // `read` copy the answer out, and wipes both. Nothing longer than 7089 is valid anywhere.
  const call = <T>(name: string, read: Read<T>, texts: readonly Text[], ...numbers: number[]): Result<T> => {
    if (texts.some((t) => t.length > 7089)) return { error: coreErrors[0] };
    let end = 0;
    for (let t of texts) {
      let size = t.length;
      let i = 0;
      if (isString(t)) {
        // Codes are short ASCII: quicker than an encoder.
        for (; i < size && (memory[end + i] = t.charCodeAt(i)) < 128; ) ++i;
        if (i < size) t = encoder.encode(t);
      }
      if (i < size) {
        size = t.length;
        memory.set(t as Uint8Array, end);
      }
      numbers.push(size);
      end += size;
    }
    const n = wasm[name]!(...numbers);
    const result = n < 0 ? { error: coreErrors[~n]! } : { value: read(n, out) };
    memory.fill(0, 0, end);
    // A refusal may have left the start of an answer: under 1 kB everywhere. No answer is as long as
    // 2^17; that is a time step.
    if (n < 1 << 17) out.fill(0, 0, n + 1024);
    return result;
  };
  // The calls that begin with parameters and a key, which may come as Base32.
  const keyed = <T>(name: string, read: Read<T>, p: TotpParameters, key: Key, texts: Text[], ...rest: number[]): Result<T> => {
    if (isString(key)) {
      const decoded = call("d", bytes, [key]);
      if (decoded.error) return decoded;
      key = decoded.value!;
    }
    return call(name, read, [key, ...texts], hashes.indexOf(p.algorithm) + 1, int(p.digits), int(p.period), ...rest);
  };
  const qr = <T>(read: Read<T>, t: Text, quiet: number, { level = "M", minVersion = 1, mask = -1 }: QrOptions): Result<T> =>
    call("q", read, [t], "LMQH".indexOf(level), int(minVersion), int(mask), quiet);

  return {
    version: call("v", text, []).value!,
    qr: (t, options = {}) => qr((n, out) => ({ size: n ** 0.5, modules: bytes(n, out) }), t, -1, options),
    qrSvg: (t, options = {}) => qr(text, t, int(options.quiet ?? 4), options),
    totp: (p, key, now) => keyed("t", text, p, key, [""], now, 4),
    // Above 1 the last argument means something else.
    totpVerify: (p, key, code, now, window = 1) => keyed("t", number, p, key, [code], now, window > 1 ? -1 : int(window)),
    clockOffset: (p, key, code, now) => keyed("t", (n) => n - 600, p, key, [code], now, 2),
    otherParameters: (p, key, code, now) => keyed("t", parameters, p, key, [code], now, 3),
    base32Encode: (t) => call("e", text, [t]),
    base32Decode: (t) => call("d", bytes, [t]),
    otpauthBuild: (u) => keyed("b", text, u.parameters, u.secret, [u.issuer, u.account]),
    otpauthParse: (t) => call("p", fields, [t]),
    canonicalDigits: (t) => call("c", text, [t]),
    backupCodeMake: (t) => call("m", text, [t]),
    backupCodeParse: (t) => call("r", text, [t]),
  };
};

const open = async (source: CoreSource): Promise<Core> => {
  source = (source as URL).href ?? source;
  if (isString(source)) {
    const response = await fetch(source);
    if (!response.ok) throw Error("HTTP " + response.status);
    try {
      return connect(await WebAssembly.instantiateStreaming(response.clone()));
    } catch {
      // No streaming, or a server that does not send the exact type.
      source = await response.arrayBuffer();
    }
  }
  return connect(await WebAssembly.instantiate(source as BufferSource));
};

let loading: Promise<Core> | undefined;

/**
 * Loads the core. Without a source it is loaded once, from beside this file, and after a failure the
 * next call tries again; with one it is loaded from there, and is what later calls and `ready` give.
 */
export const load = (source?: CoreSource): Promise<Core> => {
  if (source || !loading) {
    loading = open(source ?? new URL("./twofold_core.wasm", import.meta.url));
    loading.catch(() => (loading = undefined));
  }
  return loading;
};

/** `await ready` gives the core. Nothing is fetched before somebody waits for it. */
export const ready: PromiseLike<Core> = { then: (done, failed) => load().then(done, failed) };
