// activity_words.ts - what an audit event means to a person, in the elements' words, for pages that show a
// whole history themselves.
import { activityText } from "./elements/activity.js";
import { elementCatalogs } from "./elements/catalogs.js";
import { loadMessages, Messenger } from "./messenger.js";
import type { AuditItem } from "./api.js";

export type ActivityWords = (item: AuditItem) => string | undefined;

/** In that language; the function answers undefined for steps between, which have no words there. */
export async function loadActivityWords(language: string): Promise<ActivityWords> {
  const messenger = new Messenger(...(await loadMessages(elementCatalogs, [language])));
  return (item) => activityText(item, messenger);
}
