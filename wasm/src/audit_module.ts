// audit_module.ts - loads twofold_audit.wasm and speaks to its C ABI (wasm/audit_abi.cpp).

/** Where the module comes from; by default the .wasm beside this file. */
export type AuditSource = string | URL | BufferSource | WebAssembly.Module;

/** What ChainWalk finds, as bits (shared/audit_chain.hpp). */
export const kMissing = 1;
export const kEdited = 2;
export const kCut = 4;

export interface AuditModule {
  /** Begins a walk over a chain of that key, which is said to have that many events. */
  begin(key: string, length: number): void;
  /** The sequence that comes next. */
  expected(): number;
  /** Fourteen fields, the mac, the mac a checkpoint promises or "". Answers in bits. */
  event(fields: readonly string[], sequence: number, mac: string, promised: string, trusted: boolean): number;
  end(mac: string, promisedLength: number): number;
  /** The root a checkpoint's entry leads to, or nothing when the path is none. */
  root(chain: string, length: number, mac: string, path: readonly string[]): string | undefined;
  /** What a checkpoint signs. */
  checkpointText(number: number, at: number, previousHash: string, entriesHash: string): string | undefined;
  /** SHA-256 in hexadecimal. */
  hash(text: string): string | undefined;
}

/** Texts go in at the start, the answer comes out behind them. */
const kIn = 1 << 17;

function connect(instance: WebAssembly.Instance): AuditModule {
  const wasm = instance.exports as Record<string, (...args: number[]) => number> & {
    readonly memory: WebAssembly.Memory;
    readonly a: WebAssembly.Global;
  };
  // The memory never grows, so these views stay.
  const memory = new Uint8Array(wasm.memory.buffer, wasm.a.value);
  const view = new DataView(wasm.memory.buffer, wasm.a.value);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();

  /** How many bytes the texts take, or nothing when they do not fit. */
  const put = (texts: readonly string[]): number | undefined => {
    let at = 0;
    for (const text of texts) {
      if (at + 4 > kIn) return undefined;
      const { read, written } = encoder.encodeInto(text, memory.subarray(at + 4, kIn));
      if (read !== text.length) return undefined;
      view.setUint32(at, written, true);
      at += 4 + written;
    }
    return at;
  };
  const call = (name: string, texts: readonly string[], ...numbers: number[]): number => {
    const n = put(texts);
    return n === undefined ? -2 : wasm[name]!(n, ...numbers);
  };
  const text = (n: number): string | undefined => (n < 0 ? undefined : decoder.decode(memory.subarray(kIn, kIn + n)));

  return {
    begin: (key, length) => void call("begin", [key], length),
    expected: () => wasm["expected"]!(),
    event: (fields, sequence, mac, promised, trusted) => {
      const bits = call("event", [...fields, mac, promised], sequence, trusted ? 1 : 0);
      if (bits >= 0) return bits;
      // Longer than any event the server writes: it keeps its place, and is not what was written there.
      const cut = [...fields, mac, promised].map((t) => t.slice(0, 999));
      return call("event", cut, sequence, 0) | kEdited;
    },
    end: (mac, promised) => {
      const bits = call("end", [mac], promised);
      memory.fill(0);
      return bits < 0 ? kEdited : bits;
    },
    root: (chain, length, mac, path) => text(call("root", [chain, String(length), mac, ...path])),
    checkpointText: (number, at, previous, entries) => text(call("text", [String(number), String(at), previous, entries])),
    hash: (t) => text(call("hash", [t])),
  };
}

async function open(source: AuditSource): Promise<AuditModule> {
  if (typeof source === "string" || source instanceof URL) {
    const response = await fetch(source);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    source = await response.arrayBuffer();
  }
  if (source instanceof WebAssembly.Module) return connect(await WebAssembly.instantiate(source));
  return connect((await WebAssembly.instantiate(source)).instance);
}

let loading: Promise<AuditModule> | undefined;

/** Loads the module once, from beside this file unless told otherwise; after a failure it tries again. */
export function loadAudit(source?: AuditSource): Promise<AuditModule> {
  if (source !== undefined || loading === undefined) {
    loading = open(source ?? new URL("./twofold_audit.wasm", import.meta.url));
    loading.catch(() => (loading = undefined));
  }
  return loading;
}
