// sent_panels.ts - setting up email or WhatsApp: where codes shall go, then the code that went there.
import { html, nothing, type TemplateResult } from "lit";
import type { PhoneRegion } from "../api.js";
import type { Translator } from "../i18n.js";
import { deliveryPanel } from "./delivery_panel.js";
import { methodIcon } from "./icons.js";
import { kit } from "./kit.js";
import { button, field, heading, problemSlot } from "./parts.js";
import { countries, regionOf } from "./regions.js";
import type { SetupFlow } from "./setup_flow.js";

export interface SentContext {
  readonly i18n: Translator;
  readonly level: number;
  /** The contact's address, masked, where there is one. */
  readonly suggested: string | undefined;
  readonly regions: readonly PhoneRegion[];
  /** The country shown. */
  readonly region: string;
  readonly pick: (region: string) => void;
  readonly redraw: () => void;
  readonly done: (step: Promise<void>) => void;
  readonly confirm: (event: SubmitEvent) => void;
  /** A way out of the first screen, where there is one. */
  readonly leave: TemplateResult | typeof nothing;
}

export function addressPanel(flow: SetupFlow, c: SentContext): TemplateResult {
  const { t } = c.i18n;
  const { method, moves, problem } = flow;
  const email = method === "email";
  const other = moves || !c.suggested || !flow.address.suggested;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const typed = form.querySelector<HTMLInputElement>("#field")?.value ?? "";
    c.done(flow.where({ suggested: !other, typed, region: email ? undefined : c.region || undefined }));
  };
  const choose = (suggested: boolean): void => {
    flow.address = { ...flow.address, suggested };
    flow.problem = undefined;
    c.redraw();
  };
  const radio = (suggested: boolean, title: TemplateResult | string, help: string): TemplateResult => html`<label class="option">
    <div>
      <span class="title">${title}</span>
      ${help ? html`<span class="help" id="which-help">${help}</span>` : nothing}
    </div>
    <input type="radio" name="which" .checked=${suggested !== other} @change=${() => choose(suggested)} aria-describedby=${help ? "which-help" : nothing} />
  </label>`;
  return html`<div>
      ${moves ? nothing : html`<div class="hero plain">${methodIcon(method)}</div>`}
      ${heading(t(moves ? `setup.title_${method}` : `setup.${method}_title`), c.level)}
      <p class="lead">${t(`setup.${method}_lead`)}</p>
      ${moves ? html`<p class="lead">${t("setup.lead_address", { to: flow.replaces?.to ?? "" })}</p>` : nothing}
    </div>
    <form novalidate class="stack" @submit=${submit}>
      ${c.suggested && !moves
        ? html`<fieldset class="tight">
            <legend>${t(`setup.${method}_which`)}</legend>
            <div class="options">
              ${radio(true, html`<bdi dir="ltr">${c.suggested}</bdi>`, t(`setup.${method}_suggested`))} ${radio(false, t(`setup.${method}_other`), "")}
            </div>
          </fieldset>`
        : nothing}
      ${other ? (email ? emailField(flow, c) : numberField(flow, c)) : nothing} ${problemSlot(problem, c.i18n)}
      <div class="actions">
        ${button(t("delivery.send"), { look: "primary", busy: flow.busy })}
        ${moves ? c.leave : button(t("common.back"), { click: () => flow.back() })}
      </div>
    </form>`;
}

function emailField(flow: SetupFlow, { i18n: { t } }: SentContext): TemplateResult {
  return field({ label: t("setup.email_label"), problem: flow.problem, kind: "email", value: flow.address.typed });
}

function numberField(flow: SetupFlow, { i18n, regions, region, pick }: SentContext): TemplateResult {
  const { t, lang } = i18n;
  const list = countries(regions, lang);
  const chosen = list.find((r) => r.region === region);
  // Pasted with its country's code: the country follows.
  const typed = (event: Event): void => {
    const is = regionOf((event.target as HTMLInputElement).value, regions, region);
    if (is && is !== region) pick(is);
  };
  const example = chosen ? chosen.example : "+34 612 34 56 78";
  return html`<div class="number">
    ${list.length === 0
      ? nothing
      : html`<div class="field">
          <label for="country">${t("setup.country_label")}</label>
          <select id="country" part="select" autocomplete="country" @change=${(event: Event) => pick((event.target as HTMLSelectElement).value)}>
            ${list.map(
              (r) => html`<option value=${r.region} .selected=${r.region === region}>${r.name} (${"\u2066+"}${r.calling_code}${"\u2069"})</option>`,
            )}
          </select>
        </div>`}
    <div @input=${typed}>
      ${field({
        label: t("setup.number_label"),
        help: t(chosen ? "setup.number_help" : "setup.number_help_plain", { example: `\u2066${example}\u2069` }),
        problem: flow.problem,
        kind: chosen ? "number" : "tel",
        value: flow.address.typed,
      })}
    </div>
  </div>`;
}

export function sentPanel(flow: SetupFlow, c: SentContext): TemplateResult {
  const { i18n } = c;
  const { t } = i18n;
  const { method, delivery, enrollment } = flow;
  const d = delivery.delivery;
  const to = d?.to ?? enrollment?.to ?? "";
  const minutes = d ? Math.round((Date.parse(d.expires_at) - Date.parse(d.created_at)) / 60_000) : 0;
  const lead = d || flow.sending ? `setup.sent_lead_${method}` : "setup.sent_not_yet";
  return html`<div>
      <div class="hero plain">${methodIcon(method)}</div>
      ${heading(t("setup.sent_title"), c.level)}
      <p class="lead">${t(lead, { to, minutes })}</p>
    </div>
    ${deliveryPanel(kit, delivery, i18n, {
      sending: flow.sending,
      send: () => void flow.send(),
      more: button(t(`setup.${method}_change`), { look: "link", click: () => flow.back() }),
    })}
    <form novalidate @submit=${c.confirm}>
      ${field({ label: t("verify.code_label"), problem: flow.problem, kind: "code" })} ${problemSlot(flow.problem, i18n)}
      <div class="actions">${button(t("setup.confirm"), { look: "primary", busy: flow.busy })}</div>
    </form>`;
}
