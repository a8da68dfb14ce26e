// delivery_panel.ts - where a code is, and asking for another: shared by set-up and second step.
import type { TemplateResult, nothing as Nothing } from "lit";
import type { Messenger } from "../messenger.js";
import type { DeliveryFlow } from "./delivery_flow.js";
import type { Kit } from "./kit.js";

/** @param more  a link of the caller's beside "send another code". */
export function deliveryPanel(
  { button, clock, html, icon, kAlert, kCheck, kChecks, nothing }: Kit,
  flow: DeliveryFlow,
  { t }: Messenger,
  o: { readonly sending: boolean; readonly send: () => void; readonly more?: TemplateResult | typeof Nothing },
): TemplateResult {
  const d = flow.delivery;
  const wait = flow.waitSeconds();
  const over = d !== undefined && d.status !== "failed" && !flow.live;
  const state = o.sending ? "sending" : over ? "expired" : d?.status;
  const moving = state === "sending" || state === "queued";
  const symbol = state === "failed" || state === "expired" ? kAlert : state === "sent" ? kCheck : kChecks;
  // The countdown stands outside the status, or it would be read out every second.
  return html`<div class="delivery" part="delivery">
    <p class="state ${state === "delivered" || state === "read" ? "arrived" : ""}" role="status">
      ${state === undefined
        ? nothing
        : html`${moving ? html`<span class="spinner" aria-hidden="true"></span>` : icon(symbol)}<span>${t(`delivery.${state}`, { to: d?.to ?? "" })}</span>`}
    </p>
    ${state === "sent" && d?.method === "email" ? html`<p class="help">${t("delivery.spam")}</p>` : nothing}
    ${o.sending
      ? nothing
      : wait > 0
        ? html`<p class="help timer">${t("delivery.again_in", { time: clock(wait) })}</p>`
        : button(t(d ? "delivery.again" : "delivery.send"), { look: "link", click: o.send })}
    ${o.more ?? nothing}
  </div>`;
}
