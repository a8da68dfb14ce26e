// Registers <twofold-verify>.
import { TwofoldVerify } from "./elements/verify_element.js";

if (!customElements.get("twofold-verify")) customElements.define("twofold-verify", TwofoldVerify);

declare global {
  interface HTMLElementTagNameMap {
    "twofold-verify": TwofoldVerify;
  }
}
