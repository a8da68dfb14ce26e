// audit_details.ts - opens the sealed details of one event by its own key, with WebCrypto: what an
// export says in clear is compared with what was sealed. Format: server/platform/sealer.cpp.

/** What the details of an event are bound to. */
export interface SealedPlace {
  readonly id: string;
  readonly application: string;
  readonly user: string;
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^([0-9a-f]{2})+$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g)!, (pair) => parseInt(pair, 16));
}

/** Each part behind four bytes of its length, the highest first. */
function associated(parts: readonly string[]): Uint8Array<ArrayBuffer> {
  const texts = parts.map((part) => new TextEncoder().encode(part));
  const out = new Uint8Array(texts.reduce((n, t) => n + 4 + t.length, 0));
  let at = 0;
  for (const t of texts) {
    new DataView(out.buffer).setUint32(at, t.length);
    out.set(t, at + 4);
    at += 4 + t.length;
  }
  return out;
}

/** name=value lines with \\ and \n escaped (server/domain/text_map.cpp). */
function readTextMap(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals < 0) continue;
    out[line.slice(0, equals)] = line.slice(equals + 1).replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c));
  }
  return out;
}

/** The details, or undefined when they were changed, moved from another event, or the key is wrong. */
export async function openDetails(sealed: string, key: string, place: SealedPlace): Promise<Record<string, string> | undefined> {
  const [under, body, ...rest] = sealed.split(".");
  const raw = body === undefined ? undefined : fromBase64url(body);
  const bytes = fromHex(key);
  if (under !== "u" || rest.length !== 0 || !raw || raw.length < 28 || bytes?.length !== 32) return undefined;
  try {
    const aes = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["decrypt"]);
    const additionalData = associated(["twofold-seal-1", "u", "audit", "details", place.id, place.application, place.user, ""]);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: raw.subarray(0, 12), additionalData }, aes, raw.subarray(12));
    return readTextMap(new TextDecoder().decode(plain));
  } catch {
    return undefined;
  }
}

/** Verifies a checkpoint's signature (ES256, RFC 7518 section 3.4) by a published key. */
export async function verifySignature(text: string, signature: string, key: JsonWebKey): Promise<boolean> {
  const raw = fromBase64url(signature);
  const { kty, crv, x, y } = key;
  if (!raw || kty !== "EC" || crv !== "P-256" || x === undefined || y === undefined) return false;
  try {
    const ec = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    const message = new TextEncoder().encode(`twofold-bytes-1\n${text}`);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, ec, raw, message);
  } catch {
    return false;
  }
}
