// Registers all three elements.
import "./define_setup.js";
import { TwofoldSettings } from "./elements/settings_element.js";

if (!customElements.get("twofold-settings")) customElements.define("twofold-settings", TwofoldSettings);

declare global {
  interface HTMLElementTagNameMap {
    "twofold-settings": TwofoldSettings;
  }
}
