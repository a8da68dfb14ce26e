// icons.ts - line icons on a 24-unit grid, drawn for this package. Decorative: hidden from readers.
// Each is a constant of its own, so that an element carries only what it shows.
import type { Method } from "../api.js";
import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit";

export type Shape = SVGTemplateResult;

export const kApp = /* @__PURE__ */ (() => svg`<rect x="6.5" y="2.5" width="11" height="19" rx="2.5"/><path d="M10.5 18.5h3"/>`)();
export const kBrowser = /* @__PURE__ */ (() => svg`<rect x="2.5" y="4" width="19" height="13" rx="2"/><path d="M2.5 8h19M8.5 20.5h7M12 17v3.5"/>`)();
export const kShield = /* @__PURE__ */ (() => svg`<path d="M12 2.8 4.5 5.6v5.6c0 4.6 3.1 8.2 7.5 10 4.4-1.8 7.5-5.4 7.5-10V5.6Z"/><path d="m8.8 11.8 2.3 2.3 4.3-4.4"/>`)();
export const kKey = /* @__PURE__ */ (() => svg`<circle cx="8" cy="15.5" r="4.5"/><path d="m11.3 12.2 8.2-8.2M16 7.5l3 3"/>`)();
export const kMail = /* @__PURE__ */ (() => svg`<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m3.8 7.2 8.2 6 8.2-6"/>`)();
export const kChat = /* @__PURE__ */ (() => svg`<path d="M12 3.5a8.5 8.5 0 0 0-7.3 12.8L3.5 20.5l4.3-1.1A8.5 8.5 0 1 0 12 3.5Z"/><path d="M8.5 10.5h7M8.5 13.7h4.5"/>`)();
export const kChecks = /* @__PURE__ */ (() => svg`<path d="m2.5 12.8 4 4L15 8.3M11.5 16.2l.7.6 8.8-8.5"/>`)();
export const kCheck = /* @__PURE__ */ (() => svg`<path d="m5 12.5 4.6 4.6L19.5 7"/>`)();
export const kAlert = /* @__PURE__ */ (() => svg`<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.2M12 16.3v.1"/>`)();
export const kInfo = /* @__PURE__ */ (() => svg`<circle cx="12" cy="12" r="9"/><path d="M12 11v5.2M12 7.6v.1"/>`)();
export const kChevron = /* @__PURE__ */ (() => svg`<path d="m9 6 6 6-6 6"/>`)();
export const kBack = /* @__PURE__ */ (() => svg`<path d="m15 6-6 6 6 6"/>`)();
export const kCopy = /* @__PURE__ */ (() => svg`<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M15.5 8.5v-3a2 2 0 0 0-2-2h-8a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h3"/>`)();
export const kPrint = /* @__PURE__ */ (() => svg`<path d="M7 9V3.5h10V9M7 17H4.5a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1h15a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H17"/><path d="M7 14h10v6.5H7Z"/>`)();
export const kDownload = /* @__PURE__ */ (() => svg`<path d="M12 3.5v11.7m-4.5-4.4 4.5 4.5 4.5-4.5M4 20.5h16"/>`)();

/** The icon of a way to get codes. */
export function methodIcon(method: Method): TemplateResult {
  return icon({ totp: kApp, email: kMail, whatsapp: kChat, backup_code: kKey }[method]);
}

/** @param turns whether it points somewhere and is mirrored in right-to-left text. */
export function icon(shape: Shape, turns = false): TemplateResult {
  return html`<svg class="icon ${turns ? "turn" : ""}" viewBox="0 0 24 24" aria-hidden="true">${shape}</svg>`;
}
