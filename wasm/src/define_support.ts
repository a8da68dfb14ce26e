// Registers <twofold-support>, which the others fetch when somebody asks for it.
import { kit } from "./elements/kit.js";
import { defineSupport, type TwofoldSupport } from "./elements/support_element.js";

defineSupport(kit);

declare global {
  interface HTMLElementTagNameMap {
    "twofold-support": TwofoldSupport;
  }
}
