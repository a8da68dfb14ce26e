// catalogs.ts - the languages the elements speak, each fetched when first needed.
import type { CatalogLoaders } from "../messenger.js";

export const elementCatalogs: CatalogLoaders = {
  en: () => import("../../locales/en.json"),
  ar: () => import("../../locales/ar.json"),
  es: () => import("../../locales/es.json"),
  fr: () => import("../../locales/fr.json"),
  de: () => import("../../locales/de.json"),
};
