// The classes, types and events of the package. Importing this registers nothing: see define.ts.
export * from "./api.js";
export * from "./elements/events.js";
export { TwofoldElement } from "./elements/base.js";
export { TwofoldSettings } from "./elements/settings_element.js";
export { TwofoldSetup } from "./elements/setup_element.js";
export { TwofoldSupport } from "./elements/support.js";
export { TwofoldVerify } from "./elements/verify_element.js";
export type { Opening, VerifyTarget } from "./elements/verify_flow.js";
export type { CoreLoader, CorePort } from "./elements/core_port.js";
export { Translator, loadTranslator } from "./i18n.js";
