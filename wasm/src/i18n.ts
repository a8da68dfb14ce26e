// i18n.ts - the whole message runtime, for the elements and for the Client Area around them: the
// messages of messenger.ts, and dates and durations beside them.
import { Messenger, loadMessages, preferredLanguages, type CatalogLoaders } from "./messenger.js";

export * from "./messenger.js";

/** Messages, and dates and durations beside them. */
export class Translator extends Messenger {
  date(value: Date | string, style: Intl.DateTimeFormatOptions = { dateStyle: "medium" }): string {
    return new Intl.DateTimeFormat(this.locale, style).format(new Date(value));
  }

  dateTime(value: Date | string): string {
    return this.date(value, { dateStyle: "medium", timeStyle: "short" });
  }

  /** "5 minutes ago", "yesterday"; a date once it is older than a week. */
  ago(value: Date | string, now: Date = new Date()): string {
    const seconds = (new Date(value).getTime() - now.getTime()) / 1000;
    const format = new Intl.RelativeTimeFormat(this.locale, { numeric: "auto" });
    const size = Math.abs(seconds);
    if (size < 45) return format.format(0, "second");
    if (size < 45 * 60) return format.format(Math.round(seconds / 60), "minute");
    if (size < 22 * 3600) return format.format(Math.round(seconds / 3600), "hour");
    if (size < 7 * 86400) return format.format(Math.round(seconds / 86400), "day");
    return this.date(value);
  }
}

/** Loads a translator; by default for the page's `lang`, then the browser's languages. */
export async function loadTranslator(
  loaders: CatalogLoaders,
  wanted: readonly string[] = preferredLanguages(),
): Promise<Translator> {
  return new Translator(...(await loadMessages(loaders, wanted)));
}
