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
export type CoreSource = string | URL | Response | PromiseLike<Response> | BufferSource | WebAssembly.Module;

type Exports = Record<string, (...args: number[]) => number> & {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
};

function connect(instance: WebAssembly.Instance): Core {
  const wasm = instance.exports as unknown as Exports;
  const base: number = wasm.__heap_base.value;
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();

  // Copies strings and bytes in (each becomes address and length), calls, and lets `read` copy the
  // answer out. The view is taken at each call, and what it held is wiped at its end.
  const call = <T>(name: string, args: (number | string | Uint8Array)[], read: (out: Uint8Array) => T): Result<T> => {
    const memory = new Uint8Array(wasm.memory.buffer);
    let end = base;
    const numbers: number[] = [];
    for (const arg of args) {
      if (typeof arg === "number") {
        numbers.push(arg);
        continue;
      }
      const room = memory.subarray(end);
      let size = arg.length;
      if (typeof arg === "string") {
        const { read: done, written } = encoder.encodeInto(arg, room);
        // What does not fit is too long for every function here.
        size = done < size ? memory.length : written;
      }
      if (size > room.length) {
        memory.fill(0, base);
        return { error: "invalid_argument" };
      }
      if (typeof arg !== "string") room.set(arg);
      numbers.push(end, size);
      end += size;
    }
    end = (end + 7) & ~7;
    const n = wasm[`twofold_${name}`]!(...numbers, end, memory.length - end);
    const result: Result<T> = n < 0 ? { error: coreErrors[-n - 1]! } : { value: read(memory.subarray(end, end + n)) };
    // A refused call may have written the start of an answer: under 1 kB everywhere.
    memory.fill(0, base, end + Math.max(n, 1024));
    return result;
  };
  const text = (out: Uint8Array): string => decoder.decode(out);
  const bytes = (out: Uint8Array): Uint8Array => out.slice();
  const view = (out: Uint8Array): DataView => new DataView(out.buffer, out.byteOffset, out.length);

  const parametersOf = (p: TotpParameters): number[] => [hashes.indexOf(p.algorithm) + 1, p.digits, p.period];
  const parametersAt = (v: DataView, at: number): TotpParameters => ({
    algorithm: hashes[v.getInt32(at, true) - 1]!,
    digits: v.getInt32(at + 4, true),
    period: v.getInt32(at + 8, true),
  });
  const qrArgs = (t: string | Uint8Array, o: QrOptions = {}): (number | string | Uint8Array)[] => [
    t,
    "LMQH".indexOf(o.level ?? "M"),
    o.minVersion ?? 1,
    o.mask ?? -1,
  ];
  // The calls that take parameters and a key: the key may come as Base32.
  const withKey = <T>(
    name: string,
    p: TotpParameters,
    key: Key,
    rest: (number | string)[],
    read: (out: Uint8Array) => T,
  ): Result<T> => {
    if (typeof key === "string") {
      const decoded = call("base32_decode", [key], bytes);
      if (decoded.value === undefined) return decoded;
      const result = withKey(name, p, decoded.value, rest, read);
      decoded.value.fill(0);
      return result;
    }
    return call(name, [...parametersOf(p), key, ...rest], read);
  };

  const number = wasm["twofold_version"]!(0, 0);
  return {
    version: [number / 10000, (number / 100) % 100, number % 100].map(Math.floor).join("."),
    qr: (t, options) =>
      call("qr", qrArgs(t, options), (out) => ({ size: Math.sqrt(out.length), modules: out.slice() })),
    qrSvg: (t, options) => call("qr_svg", [...qrArgs(t, options), options?.quiet ?? 4], text),
    totp: (p, key, now) => withKey("totp", p, key, [Math.floor(now)], text),
    totpVerify: (p, key, code, now, window = 1) =>
      withKey("totp_verify", p, key, [code, Math.floor(now), window], (out) => view(out).getFloat64(0, true)),
    clockOffset: (p, key, code, now) =>
      withKey("clock_offset", p, key, [code, Math.floor(now)], (out) => view(out).getInt32(0, true)),
    otherParameters: (p, key, code, now) =>
      withKey("other_parameters", p, key, [code, Math.floor(now)], (out) => parametersAt(view(out), 0)),
    base32Encode: (b) => call("base32_encode", [b], text),
    base32Decode: (t) => call("base32_decode", [t], bytes),
    otpauthBuild: (u) => withKey("otpauth_build", u.parameters, u.secret, [u.issuer, u.account], text),
    otpauthParse: (uri) =>
      call("otpauth_parse", [uri], (out) => {
        const v = view(out);
        const at = (i: number): number => v.getUint32(4 * i, true);
        const account = 36 + at(6);
        const secret = account + at(7);
        return {
          type: at(0) === 1 ? ("totp" as const) : ("hotp" as const),
          issuer: text(out.subarray(36, account)),
          account: text(out.subarray(account, secret)),
          secret: out.slice(secret),
          parameters: parametersAt(v, 4),
          counter: at(4) + at(5) * 2 ** 32,
        };
      }),
    canonicalDigits: (t) => call("canonical_digits", [t], text),
    backupCodeMake: (r) => call("backup_code_make", [r], text),
    backupCodeParse: (t) => call("backup_code_parse", [t], text),
  };
}

async function instantiate(source: CoreSource): Promise<WebAssembly.Instance> {
  if (source instanceof WebAssembly.Module) return WebAssembly.instantiate(source);
  let bytes = source as BufferSource | string | URL | Response | PromiseLike<Response>;
  if (!(bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes))) {
    if (typeof bytes === "string" || bytes instanceof URL) {
      const url = String(bytes);
      if (url.startsWith("file:")) {
        // Node's fetch does not read files. The name is put together so that bundlers leave it.
        const fs = await import(/* @vite-ignore */ ["node:fs", "promises"].join("/"));
        return instantiate(await fs.readFile(new URL(url)));
      }
      bytes = fetch(url);
    }
    const response = await (bytes as Response | PromiseLike<Response>);
    if (!response.ok) throw new Error(`twofold_core.wasm: HTTP ${response.status}`);
    // Streaming wants the exact type; a server that does not send it is served the slower way.
    if (WebAssembly.instantiateStreaming && response.headers.get("content-type") === "application/wasm")
      return (await WebAssembly.instantiateStreaming(response)).instance;
    bytes = await response.arrayBuffer();
  }
  return (await WebAssembly.instantiate(bytes as BufferSource)).instance;
}

let loading: Promise<Core> | undefined;

/**
 * Loads the core once; later calls return the same promise and ignore their source. After a failure
 * the next call tries again.
 */
export function load(source?: CoreSource): Promise<Core> {
  loading ??= instantiate(source ?? new URL("./twofold_core.wasm", import.meta.url)).then(connect);
  loading.catch(() => (loading = undefined));
  return loading;
}

/**
 * The core, loaded as soon as the importing modules have run: a module that imports `load` and calls
 * it at once chooses the source for `ready` too.
 */
export const ready: Promise<Core> = Promise.resolve().then(() => load());
// Whoever awaits it sees the failure; nobody awaiting it is no error of its own.
ready.catch(() => {});
