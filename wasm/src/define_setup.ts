// Registers <twofold-setup>, and <twofold-verify>, which it uses to prove a change.
import "./define_verify.js";
import { TwofoldSetup } from "./elements/setup_element.js";

if (!customElements.get("twofold-setup")) customElements.define("twofold-setup", TwofoldSetup);

declare global {
  interface HTMLElementTagNameMap {
    "twofold-setup": TwofoldSetup;
  }
}
