// audit.ts - checks an exported history (JSON lines, docs/adr/0016) without trusting who sent it: the
// chain by the wasm module, the checkpoints' signatures and the sealed details by WebCrypto.
//
//   import { checkExport } from "@twofold/elements/audit";
//   const [history] = await checkExport(text, await (await fetch("/.well-known/jwks.json")).json());
//
// Everything is loaded when it is first called. Needs crypto.subtle: https, or localhost. Runs in Node
// 18 or newer too, with the bytes of twofold_audit.wasm as `source`. What it promises: an event that
// was edited, removed, moved or cut off before the last good checkpoint is found and located.
import { openDetails, verifySignature } from "./audit_details.js";
import { kCut, kEdited, kMissing, loadAudit, type AuditModule, type AuditSource } from "./audit_module.js";

export type { AuditSource } from "./audit_module.js";

export interface HistoryFault {
  /**
   * edited: this event is not what was written there (it, or its place); missing: none of that number;
   * cut: the end from there on is gone; checkpoint: the signed checkpoint of that number does not fit or
   * its signature is wrong; unreadable: that line of the file is none of an export.
   */
  readonly what: "edited" | "missing" | "cut" | "checkpoint" | "unreadable";
  /** Of the event, the checkpoint, or the line, by `what`. */
  readonly at: number;
}

export interface HistoryReport {
  readonly chain: string;
  readonly user: string;
  readonly events: number;
  /** Empty: whole. In the order of the history, checkpoints first. */
  readonly faults: readonly HistoryFault[];
  /** The last signed checkpoint that is right: it vouches for all events up to `length`. */
  readonly vouched: { readonly length: number; readonly at: string; readonly checkpoint: number; readonly kid: string } | undefined;
  /** Events that only the server can check: an older version wrote them. */
  readonly unchecked: number;
  /** Events whose details are said in clear but not provable here (an application's own). */
  readonly detailsUnchecked: number;
}

export interface CheckOptions {
  readonly source?: AuditSource;
}

export interface JwkSet {
  readonly keys: readonly (JsonWebKey & { readonly kid?: string })[];
}

type Line = Readonly<Record<string, unknown>>;
interface Section {
  readonly head: Line;
  readonly events: Line[];
  readonly checkpoints: Line[];
  readonly faults: HistoryFault[];
  end: Line | undefined;
}

const kFields = ["id", "chain", "sequence", "application", "user", "at", "actor", "action", "method", "result", "object", "request_id", "details_sealed", "previous_mac"] as const;

const text = (line: Line, name: string): string => {
  const value = line[name];
  return typeof value === "string" ? value : "";
};
const count = (line: Line, name: string): number => {
  const value = line[name];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : -1;
};
/** Unix seconds of an RFC 3339 time, as the text that macs are over. */
const seconds = (line: Line): string => String(Date.parse(text(line, "at")) / 1000);

function parse(line: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

/** One section a history; a file holds several when it is of a whole application. */
function sections(file: string): Section[] {
  const out: Section[] = [];
  file.split("\n").forEach((raw, i) => {
    if (raw.trim() === "") return;
    const line = parse(raw);
    const type = line && text(line, "type");
    const section = out.at(-1);
    if (line && type === "history" && line["version"] === 1) out.push({ head: line, events: [], checkpoints: [], faults: [], end: undefined });
    else if (line && section && !section.end && type === "event") section.events.push(line);
    else if (line && section && !section.end && type === "checkpoint") section.checkpoints.push(line);
    else if (line && section && !section.end && type === "end") section.end = line;
    else if (section) section.faults.push({ what: "unreadable", at: i + 1 });
    else out.push({ head: {}, events: [], checkpoints: [], faults: [{ what: "unreadable", at: i + 1 }], end: {} });
  });
  return out;
}

interface Mark {
  readonly mac: string;
  readonly vouched: NonNullable<HistoryReport["vouched"]>;
}

/** By length: what good checkpoints signed. What is wrong with the others goes into the faults. */
async function checkCheckpoints(wasm: AuditModule, section: Section, jwks: JwkSet): Promise<Map<number, Mark>> {
  const marks = new Map<number, Mark>();
  const hashes = new Map<number, string>();
  for (const c of section.checkpoints) {
    const number = count(c, "number");
    const length = count(c, "length");
    const entries = text(c, "entries_hash");
    const path = c["path"];
    const root = Array.isArray(path) ? wasm.root(text(section.head, "chain"), length, text(c, "mac"), path.map(String)) : undefined;
    const signed = wasm.checkpointText(number, Number(seconds(c)), text(c, "previous_hash"), entries) ?? "";
    const kid = text(c, "kid");
    const key = jwks.keys.find((k) => k.kid === kid);
    const before = hashes.get(number - 1);
    const fits = length >= 0 && root !== undefined && root === entries && (before === undefined || before === text(c, "previous_hash"));
    if (fits && key && (await verifySignature(signed, text(c, "signature"), key))) {
      marks.set(length, { mac: text(c, "mac"), vouched: { length, at: text(c, "at"), checkpoint: number, kid } });
      hashes.set(number, wasm.hash(`${signed}${kid}\n${text(c, "signature")}\n`) ?? "");
    } else {
      section.faults.push({ what: "checkpoint", at: number });
    }
  }
  return marks;
}

type Details = "same" | "changed" | "unknown";

/** Whether what is said in clear is what was sealed. `erased`: nobody can open it any more. */
async function checkDetails(event: Line, erased: boolean): Promise<Details> {
  const said = event["details"];
  const sealed = text(event, "details_sealed");
  const key = text(event, "details_key");
  if (said === undefined && key === "" && (sealed === "" || erased)) return "same";
  if (said === undefined || sealed === "") return "changed";
  // An application's own details are sealed under the server's ring.
  if (key === "") return event["rule"] === 1 || text(event, "user") === "" ? "unknown" : "changed";
  const place = { id: text(event, "id"), application: text(event, "application"), user: text(event, "user") };
  const opened = await openDetails(sealed, key, place);
  if (!opened || typeof said !== "object" || said === null) return "changed";
  const names = Object.keys(said);
  return names.length === Object.keys(opened).length && names.every((n) => (said as Line)[n] === opened[n]) ? "same" : "changed";
}

async function check(wasm: AuditModule, section: Section, jwks: JwkSet): Promise<HistoryReport> {
  const { head, events, faults } = section;
  const marks = await checkCheckpoints(wasm, section, jwks);
  // Opened first: the module keeps one walk, and nothing may come between its calls.
  const chain = text(head, "chain");
  const erased = chain.startsWith("user:") && text(head, "user") === "";
  const details = await Promise.all(events.map((event) => checkDetails(event, erased)));
  const length = section.end ? count(section.end, "length") : -1;
  wasm.begin(text(head, "chain_key"), length);
  let unchecked = 0;
  events.forEach((event, i) => {
    const sequence = count(event, "sequence");
    const expected = wasm.expected();
    const fields = kFields.map((name) =>
      name === "chain" ? chain : name === "sequence" ? String(sequence) : name === "at" ? seconds(event) : text(event, name),
    );
    const older = event["rule"] === 1;
    if (older) unchecked += 1;
    const bits = sequence < 1 ? kEdited : wasm.event(fields, sequence, text(event, "mac"), marks.get(sequence)?.mac ?? "", older);
    if (bits & kMissing) faults.push({ what: "missing", at: expected });
    if (bits & kEdited || details[i] === "changed") faults.push({ what: "edited", at: sequence < 1 ? expected : sequence });
  });
  const promised = Math.max(0, ...marks.keys());
  const next = wasm.expected();
  const bits = wasm.end(section.end ? text(section.end, "mac") : "", promised);
  if (!section.end || bits & kCut) faults.push({ what: "cut", at: next });
  else if (bits & kEdited) faults.push({ what: "edited", at: length });
  return {
    chain,
    user: text(head, "user"),
    events: events.length,
    faults,
    vouched: marks.get(promised)?.vouched,
    unchecked,
    detailsUnchecked: details.filter((d) => d === "unknown").length,
  };
}

/**
 * Checks every history in an export. `jwks` is what /.well-known/jwks.json says, fetched by you (and
 * kept, if you want to notice that it changed). Throws when the module cannot be loaded or the page has
 * no crypto.subtle; whatever stands in the file is an answer, never thrown.
 */
export async function checkExport(file: string, jwks: JwkSet, options: CheckOptions = {}): Promise<HistoryReport[]> {
  if (!globalThis.crypto?.subtle) throw new Error("crypto.subtle is needed: use https");
  const wasm = await loadAudit(options.source);
  const out: HistoryReport[] = [];
  for (const section of sections(file)) out.push(await check(wasm, section, jwks));
  return out;
}
