// regions.ts - countries for the phone number: named in the page's language, one picked beforehand.
import type { PhoneRegion } from "../api.js";

export interface Country extends PhoneRegion {
  readonly name: string;
}

/** Sorted as the language sorts. */
export function countries(regions: readonly PhoneRegion[], lang: string): Country[] {
  const names = new Intl.DisplayNames([lang, "en"], { type: "region", fallback: "code" });
  const order = new Intl.Collator(lang).compare;
  return regions.map((r) => ({ ...r, name: names.of(r.region) ?? r.region })).sort((a, b) => order(a.name, b.name));
}

/** @param hint  what the server says most people here have. */
export function likelyRegion(regions: readonly PhoneRegion[], hint: string | undefined, languages: readonly string[]): string | undefined {
  const said = languages.map((tag) => /^[a-z]{2,3}(?:-[a-z]{4})?-([a-z]{2})\b/i.exec(tag)?.[1]?.toUpperCase());
  const wanted = [hint, ...said].find((region) => region !== undefined && regions.some((r) => r.region === region));
  return wanted ?? regions[0]?.region;
}

/** Where several share a calling code, the one that most numbers belong to. */
const kMain = ["US", "GB", "RU", "IT", "NO", "AU", "MA", "FI"];

/** The country of "+34 612…" or "0034…"; the one chosen stays when it fits. */
export function regionOf(number: string, regions: readonly PhoneRegion[], chosen: string): string | undefined {
  const digits = /^\s*(?:\+|00)([\d\s().-]+)/.exec(number)?.[1]?.replace(/\D/g, "");
  if (!digits) return undefined;
  const fits = regions.filter((r) => digits.startsWith(r.calling_code));
  const longest = Math.max(...fits.map((r) => r.calling_code.length));
  const best = fits.filter((r) => r.calling_code.length === longest).map((r) => r.region);
  return best.find((r) => r === chosen) ?? best.find((r) => kMain.includes(r)) ?? best[0];
}
