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

type Argument = number | string | Uint8Array;
type Read<T> = (out: Uint8Array) => T;
type Exports = Record<string, (...args: number[]) => number> & {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
};

const bytes: Read<Uint8Array> = (out) => out.slice();
const text: Read<string> = (out) => new TextDecoder().decode(out);
const words = (out: Uint8Array): Uint32Array => new Uint32Array(out.buffer, out.byteOffset);
const signed: Read<number> = (out) => words(out)[0]! | 0;
const parametersAt = ([algorithm, digits, period]: Uint32Array): TotpParameters => ({
  algorithm: hashes[algorithm! - 1]!,
  digits: digits!,
  period: period!,
});

// C would wrap 4294967326 to 30 and cut 30.9 to 30. -2 is out of range for every such argument.
const int = (n: number): number => ((n | 0) === n ? n : -2);

function connect({ exports }: WebAssembly.Instance): Core {
  const wasm = exports as unknown as Exports;
  const base: number = wasm.__heap_base.value;

  // Copies strings and bytes in (each becomes address and length), calls, and lets `read` copy the
  // answer out. The view is taken at each call, and what it held is wiped at its end.
  const call = <T>(name: string, args: Argument[], read: Read<T>): Result<T> => {
    // Nothing longer than 7089 bytes is valid anywhere, and the largest answer needs the room.
    if (args.some((arg) => (arg as string).length > 7089)) return { error: coreErrors[0] };
    const memory = new Uint8Array(wasm.memory.buffer);
    let end = base;
    const numbers: number[] = [];
    for (let arg of args) {
      if (typeof arg == "string") arg = new TextEncoder().encode(arg);
      if (typeof arg == "number") numbers.push(arg);
      else {
        memory.set(arg, end);
        numbers.push(end, arg.length);
        end += arg.length;
      }
    }
    end = (end + 7) & ~7;
    const n = wasm["twofold_" + name]!(...numbers, end, memory.length - end);
    const result = n < 0 ? { error: coreErrors[~n]! } : { value: read(memory.subarray(end, end + n)) };
    // A refused call may have written the start of an answer: under 1 kB everywhere.
    memory.fill(0, base, end + Math.max(n, 1024));
    return result;
  };
  // The calls that begin with parameters and a key, which may come as Base32.
  const keyed = <T>(name: string, p: TotpParameters, key: Key, rest: Argument[], read: Read<T>): Result<T> => {
    if (typeof key == "string") {
      const { value, error } = call("base32_decode", [key], bytes);
      if (error) return { error };
      key = value!;
    }
    return call(name, [hashes.indexOf(p.algorithm) + 1, int(p.digits), int(p.period), key, ...rest], read);
  };
  const check = <T>(p: TotpParameters, key: Key, code: string, now: number, what: number, read: Read<T>): Result<T> =>
    keyed("totp_check", p, key, [code, Math.floor(now), what], read);
  const qrArguments = (t: string | Uint8Array, { level = "M", minVersion = 1, mask = -1 }: QrOptions): Argument[] => [
    t,
    "LMQH".indexOf(level),
    int(minVersion),
    int(mask),
  ];

  return {
    version: call("version", [], text).value!,
    qr: (t, options = {}) =>
      call("qr", qrArguments(t, options), (out) => ({ size: Math.sqrt(out.length), modules: bytes(out) })),
    qrSvg: (t, options = {}) => call("qr_svg", [...qrArguments(t, options), int(options.quiet ?? 4)], text),
    totp: (p, key, now) => keyed("totp", p, key, [Math.floor(now)], text),
    totpVerify: (p, key, code, now, window = 1) =>
      // Above 1 `what` means something else.
      check(p, key, code, now, window > 1 ? -2 : int(window), (out) => Math.floor(now / p.period) + signed(out)),
    clockOffset: (p, key, code, now) => check(p, key, code, now, 2, signed),
    otherParameters: (p, key, code, now) => check(p, key, code, now, 3, (out) => parametersAt(words(out))),
    base32Encode: (b) => call("base32_encode", [b], text),
    base32Decode: (t) => call("base32_decode", [t], bytes),
    otpauthBuild: (u) => keyed("otpauth_build", u.parameters, u.secret, [u.issuer, u.account], text),
    otpauthParse: (uri) =>
      call("otpauth_parse", [uri], (out) => {
        // struct OtpauthFields of shared/otpauth.hpp.
        const w = words(out);
        const field = (at: number, i: number): Uint8Array => out.subarray(at, at + w[i]!);
        return {
          type: w[0] == 1 ? "totp" : "hotp",
          issuer: text(field(36, 6)),
          account: text(field(164, 7)),
          secret: bytes(field(420, 8)),
          parameters: parametersAt(w.subarray(1)),
          counter: w[4]! + w[5]! * 2 ** 32,
        };
      }),
    canonicalDigits: (t) => call("canonical_digits", [t], text),
    backupCodeMake: (r) => call("backup_code_make", [r], text),
    backupCodeParse: (t) => call("backup_code_parse", [t], text),
  };
}

async function instantiate(source: CoreSource): Promise<WebAssembly.Instance> {
  if (typeof source == "string" || source instanceof URL) {
    if (String(source).startsWith("file:")) {
      // Node's fetch does not read files. The name is put together so that bundlers leave it alone.
      const { readFileSync } = await import(/* @vite-ignore */ "node:" + "fs");
      source = readFileSync(new URL(source)) as BufferSource;
    } else source = fetch(source);
  }
  source = await (source as Awaited<CoreSource>);
  if (source instanceof Response) {
    if (!source.ok) throw Error("twofold_core.wasm: HTTP " + source.status);
    // Streaming insists on the exact type; a server that does not send it is served the slower way.
    if (WebAssembly.instantiateStreaming && source.headers.get("content-type") == "application/wasm")
      return (await WebAssembly.instantiateStreaming(source)).instance;
    source = await source.arrayBuffer();
  }
  const made: WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource = await WebAssembly.instantiate(
    source as BufferSource,
  );
  return "instance" in made ? made.instance : made;
}

let loading: Promise<Core> | undefined;

/**
 * Loads the core. Without a source it is loaded once, from beside this file, and after a failure the
 * next call tries again; with one it is loaded from there, and is what later calls and `ready` give.
 */
export function load(source?: CoreSource): Promise<Core> {
  if (source || !loading) {
    const mine: Promise<Core> = instantiate(source ?? new URL("./twofold_core.wasm", import.meta.url)).then(connect);
    loading = mine;
    mine.catch(() => loading == mine && (loading = undefined));
  }
  return loading!;
}

/** `await ready` gives the core. Nothing is fetched before somebody waits for it. */
export const ready: PromiseLike<Core> = { then: (done, failed) => load().then(done, failed) };
