// messenger.ts - a small message runtime: patterns, plurals, catalogs. With dates beside it: i18n.ts.
//
// Messages live in flat JSON catalogs, one per language, that a translator can edit. The pattern
// language is the part of ICU MessageFormat that is needed:
//   {name}                                     a value; numbers and dates are formatted
//   {n, plural, =0 {…} one {# day} other {# days}}   categories by Intl.PluralRules, # = the number
// There is no quoting: a literal brace cannot be written, and no message needs one.
// Digits are always ASCII ("latn"), since people compare them with codes their phone shows so.

export type Messages = Readonly<Record<string, string>>;
export type Params = Readonly<Record<string, string | number | Date>>;
export type CatalogModule = Messages | { readonly default: Messages };
/** Language tag -> a function that fetches that catalog, usually `() => import("./en.json")`. */
export type CatalogLoaders = Readonly<Record<string, () => Promise<CatalogModule>>>;

type Node = string | Argument;
interface Argument {
  readonly name: string;
  /** Of a plural: what to say by category, `other` always among them. */
  readonly choices?: Readonly<Record<string, readonly Node[]>>;
}

/** Parses a pattern. Throws a SyntaxError on a malformed one (the catalog test finds it first). */
export function parsePattern(pattern: string): readonly Node[] {
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(`message pattern, character ${at}: ${pattern}`);
  };
  const word = (): string => {
    const match = /^\s*([=\w-]+)\s*/.exec(pattern.slice(at));
    if (!match) return fail();
    at += match[0].length;
    return match[1]!;
  };
  const sequence = (nested: boolean): Node[] => {
    const nodes: Node[] = [];
    let text = "";
    while (at < pattern.length) {
      const c = pattern[at]!;
      if (c === "}") {
        if (!nested) fail();
        break;
      }
      at += 1;
      if (c !== "{") {
        text += c;
        continue;
      }
      if (text) nodes.push(text);
      text = "";
      nodes.push(argument());
    }
    if (text) nodes.push(text);
    return nodes;
  };
  const expect = (c: string): void => {
    if (pattern[at] !== c) fail();
    at += 1;
  };
  const argument = (): Argument => {
    const name = word();
    if (pattern[at] !== ",") {
      expect("}");
      return { name };
    }
    expect(",");
    if (word() !== "plural") fail();
    expect(",");
    const choices: Record<string, readonly Node[]> = {};
    while (pattern[at] !== "}") {
      const key = word();
      expect("{");
      choices[key] = sequence(true);
      expect("}");
      while (pattern[at] === " ") at += 1;
    }
    expect("}");
    if (!choices["other"]) fail();
    return { name, choices };
  };
  return sequence(false);
}

/** The argument names a pattern uses, sorted: what a translation must keep. */
export function placeholders(pattern: string): string[] {
  const names = new Set<string>();
  const walk = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if (typeof node === "string") continue;
      names.add(node.name);
      Object.values(node.choices ?? {}).forEach(walk);
    }
  };
  walk(parsePattern(pattern));
  return [...names].sort();
}

/** The direction a language is written in. */
export function direction(lang: string): "ltr" | "rtl" {
  return /^(ar|fa|he|ur|ps|sd|ug|yi|dv|ckb)\b/i.test(lang) ? "rtl" : "ltr";
}

/** Picks, of what is available, the best for the wanted tags, in their order; else `fallback`. */
export function negotiate(
  wanted: readonly string[],
  available: readonly string[],
  fallback = "en",
): string {
  for (const tag of wanted) {
    const parts = tag.toLowerCase().split("-");
    for (let n = parts.length; n > 0; n -= 1) {
      const prefix = parts.slice(0, n).join("-");
      const hit = available.find((a) => a.toLowerCase() === prefix);
      if (hit) return hit;
    }
  }
  return fallback;
}

/** One language: messages and numbers. Immutable. */
export class Messenger {
  readonly lang: string;
  readonly dir: "ltr" | "rtl";
  readonly #messages: Messages;
  protected readonly locale: string;
  readonly #parsed = new Map<string, readonly Node[]>();
  readonly #plural: Intl.PluralRules;

  constructor(lang: string, messages: Messages) {
    this.lang = lang;
    this.dir = direction(lang);
    this.#messages = messages;
    this.locale = `${lang}-u-nu-latn`;
    this.#plural = new Intl.PluralRules(lang);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#messages, key);
  }

  /** The message for a key; the key itself when there is none, so that a gap is seen, not fatal. */
  readonly t = (key: string, params: Params = {}): string => {
    const pattern = this.has(key) ? this.#messages[key]! : key;
    let nodes = this.#parsed.get(pattern);
    if (!nodes) this.#parsed.set(pattern, (nodes = parsePattern(pattern)));
    return this.#render(nodes, params);
  };

  number(value: number): string {
    return new Intl.NumberFormat(this.locale).format(value);
  }

  #render(nodes: readonly Node[], params: Params, hash?: string): string {
    let out = "";
    for (const node of nodes) {
      if (typeof node === "string") {
        out += hash === undefined ? node : node.replaceAll("#", hash);
        continue;
      }
      const value = params[node.name];
      if (!node.choices) {
        out += this.#value(value, node.name);
      } else {
        const n = Number(value);
        const { choices } = node;
        out += this.#render(choices[`=${n}`] ?? choices[this.#plural.select(n)] ?? choices["other"]!, params, this.number(n));
      }
    }
    return out;
  }

  #value(value: string | number | Date | undefined, name: string): string {
    if (value === undefined) return `{${name}}`;
    if (typeof value === "number") return this.number(value);
    if (value instanceof Date) return value.toLocaleString(this.locale);
    // A Latin name inside Arabic text (or the reverse) must not reorder what surrounds it: Unicode
    // isolates (UAX #9, 2.4). Only where it can happen, so that plain text stays plain.
    return this.dir === "rtl" ? `\u2068${value}\u2069` : value;
  }
}

const kCache = new WeakMap<CatalogLoaders, Map<string, Promise<Messages>>>();

/**
 * The messages of the best of the wanted languages; each catalog is fetched once.
 * @param loaders  the catalogs there are
 * @param wanted   tags in order of preference
 * @returns        the language's tag and its messages
 */
export async function loadMessages(loaders: CatalogLoaders, wanted: readonly string[]): Promise<[string, Messages]> {
  const lang = negotiate(wanted, Object.keys(loaders));
  let byLang = kCache.get(loaders);
  if (!byLang) kCache.set(loaders, (byLang = new Map()));
  let hit = byLang.get(lang);
  if (!hit) {
    hit = loaders[lang]!().then((m) => (typeof m["default"] === "object" ? m["default"] : (m as Messages)));
    // A failed fetch is forgotten, so that the next call tries again.
    hit.catch(() => byLang.delete(lang));
    byLang.set(lang, hit);
  }
  return [lang, await hit];
}

/** The page's `<html lang>` first, then what the browser says. */
export function preferredLanguages(): string[] {
  const page = typeof document === "undefined" ? "" : document.documentElement.lang;
  const browser = typeof navigator === "undefined" ? [] : navigator.languages;
  return [page, ...browser].filter(Boolean);
}
