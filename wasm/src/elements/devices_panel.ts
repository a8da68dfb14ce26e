// devices_panel.ts - the list of remembered browsers in Security Settings. A function of its arguments.
import { html, nothing, type TemplateResult } from "lit";
import type { Device } from "../api.js";
import type { Translator } from "../i18n.js";
import { icon, kBrowser } from "./icons.js";
import { button } from "./parts.js";

export interface DevicesPanel {
  readonly i18n: Translator;
  readonly level: number;
  readonly now: Date;
  readonly forget: (device: Device) => void;
}

/** "Firefox on Linux", or as much of it as is known. */
export function deviceName({ browser, system }: Device, { t }: Pick<Translator, "t">): string {
  if (browser && system) return t("settings.device", { browser, system });
  return browser || system || t("settings.device_unknown");
}

export function devicesPanel(devices: readonly Device[], { i18n, level, now, forget }: DevicesPanel): TemplateResult {
  const { t } = i18n;
  return html`<section class="card tight" part="panel panel-devices">
    <div>
      <h3 aria-level=${level + 1}>${t("settings.devices")}</h3>
      <p class="help">${t("settings.devices_text")}</p>
    </div>
    <ul class="things">
      ${devices.map((device) => {
        const label = deviceName(device, i18n);
        return html`<li part="device">
          <span class="tile">${icon(kBrowser)}</span>
          <div class="grow">
            <p class="title">
              <bdi>${label}</bdi>
              ${device.current ? html`<span class="badge accent" part="badge">${t("settings.device_here")}</span>` : nothing}
            </p>
            <p class="help">
              ${t("settings.last_used", { when: i18n.ago(device.last_used_at, now) })} · <bdi dir="ltr">${device.ip}</bdi>
            </p>
            <p class="help">${t("settings.device_until", { date: i18n.date(device.expires_at) })}</p>
          </div>
          <div class="actions">
            ${button(t("settings.forget"), {
              look: "link",
              label: t("settings.action_of", { action: t("settings.forget"), label }),
              click: () => forget(device),
            })}
          </div>
        </li>`;
      })}
    </ul>
  </section>`;
}
