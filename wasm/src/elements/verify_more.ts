// verify_more.ts - what a second step by an app alone never shows: the other ways, and a code on its way.
// Fetched by <twofold-verify> when there is one to show.
import type { TemplateResult } from "lit";
import type { Messenger } from "../messenger.js";
import type { Kit } from "./kit.js";
import type { VerifyFlow, Way } from "./verify_flow.js";

export { DeliveryFlow } from "./delivery_flow.js";
export { deliveryPanel } from "./delivery_panel.js";
export { wayStyles } from "./styles_ways.js";

export function waysPanel(kit: Kit, flow: VerifyFlow, i18n: Messenger, level: number): TemplateResult {
  const { button, clock, heading, html, icon, isSent, kBack, kChevron, methodIcon, nothing, problemSlot } = kit;
  const { t } = i18n;
  const help = (way: Way): string => {
    if (way.unavailable) return t(way.unavailable === "paused" ? "verify.choose_paused" : "verify.choose_suspended");
    if (way.method === "backup_code") return t("verify.choose_backup_help");
    return isSent(way.method) ? t("verify.choose_sent_help", { to: way.to ?? "" }) : t("verify.choose_totp_help");
  };
  const trouble = (way: Way): string =>
    flow.failed(way) ? t("problem.unreachable") : way.problem && !way.unavailable ? t(`problem.${way.problem}`) : "";
  return html`<div>
      ${heading(t("verify.choose_title"), level)}
      <p class="lead">${t("verify.choose_lead")}</p>
    </div>
    ${problemSlot(flow.problem, i18n)}
    <ul class="options">
      ${flow.ways.map((way) => {
        const wait = flow.waitSeconds(way);
        const more = trouble(way);
        return html`<li>
          <button type="button" class="option" part="option" aria-disabled=${way.unavailable ? "true" : nothing} @click=${() => flow.choose(way)}>
            ${methodIcon(way.method)}
            <div>
              <span class="title">${way.label && way.method !== "backup_code" ? way.label : t(`method.${way.method}`)}</span>
              <span class="help">${wait > 0 ? t("common.wait", { time: clock(wait) }) : help(way)}${more ? html` · ${more}` : nothing}</span>
            </div>
            ${way.unavailable ? nothing : icon(kChevron, true)}
          </button>
        </li>`;
      })}
    </ul>
    ${flow.way ? html`<div>${button(t("common.back"), { look: "link", icon: kBack, click: () => flow.choose(flow.way!) })}</div>` : nothing}`;
}
