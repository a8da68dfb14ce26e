// parts.ts - pieces of markup the elements share. Functions of their arguments; no state.
import { html, nothing, type TemplateResult } from "lit";
import type { Messenger } from "../messenger.js";
import { icon, kAlert, kBack, kCheck, kInfo, type Shape } from "./icons.js";
import { problemText, type Problem } from "./problem.js";

export type Content = TemplateResult | typeof nothing | string;

/** The heading of a step; `h2` by look, its level in the page by `heading-level`. */
export function heading(text: string, level: number): TemplateResult {
  return html`<h2 part="heading" tabindex="-1" aria-level=${level}>${text}</h2>`;
}

export function notice(tone: "danger" | "warning" | "success" | "info", content: Content, symbol?: Shape): TemplateResult {
  const icons = { danger: kAlert, warning: kAlert, success: kCheck, info: kInfo };
  return html`<div class="notice ${tone}" part="notice">${icon(symbol ?? icons[tone])}<div>${content}</div></div>`;
}

/** Stands in the page from the start, so that what appears in it is read aloud. */
export function problemSlot(problem: Problem | undefined, i18n: Messenger): TemplateResult {
  return html`<div class="alert" id="problem" role="alert">${problem ? notice(problem.tone, problemText(problem, i18n)) : nothing}</div>`;
}

export interface FieldOptions {
  readonly label: string;
  readonly help?: string | undefined;
  readonly problem: Problem | undefined;
  readonly kind: "code" | "backup" | "name" | "password" | "email" | "tel" | "number";
  readonly value?: string;
}

const kAutocomplete = {
  code: "one-time-code",
  backup: "off",
  name: "off",
  password: "current-password",
  email: "email",
  tel: "tel",
  number: "tel-national",
} as const;

/** One labelled input. Codes are one field, never six boxes; nothing submits by itself. */
export function field({ label, help, problem, kind, value }: FieldOptions): TemplateResult {
  const described = [help ? "help" : "", problem ? "problem" : ""].filter(Boolean).join(" ");
  const code = kind === "code";
  const phone = kind === "tel" || kind === "number";
  return html`<div class="field">
    <label for="field">${label}</label>
    <input
      id="field"
      part="input"
      class=${code ? "code" : kind === "backup" ? "code backup" : ""}
      type=${kind === "password" ? "password" : phone ? "tel" : "text"}
      name=${kind === "backup" ? "backup-code" : phone ? "tel" : kind}
      .value=${value ?? ""}
      dir=${kind === "name" ? "auto" : "ltr"}
      autocomplete=${kAutocomplete[kind]}
      inputmode=${code ? "numeric" : phone ? "tel" : kind === "email" ? "email" : "text"}
      autocapitalize=${kind === "backup" ? "characters" : "off"}
      spellcheck="false"
      aria-describedby=${described || nothing}
      aria-invalid=${problem?.field ? "true" : nothing}
    />
    ${help ? html`<p class="help" id="help">${help}</p>` : nothing}
  </div>`;
}

export interface ButtonOptions {
  readonly look?: "primary" | "danger" | "plain" | "link";
  readonly busy?: boolean;
  readonly disabled?: boolean;
  readonly click?: () => void;
  readonly icon?: Shape;
  readonly label?: string;
  readonly small?: boolean;
}

/** Busy and waiting buttons stay focusable (aria-disabled), so that the focus is not lost. */
export function button(text: Content, o: ButtonOptions = {}): TemplateResult {
  const look = { primary: "button primary", danger: "button danger-button", plain: "button", link: "link" }[o.look ?? "plain"];
  const off = o.busy === true || o.disabled === true;
  return html`<button
    type=${o.click ? "button" : "submit"}
    class="${look} ${o.small ? "small" : ""}"
    part="button button-${o.look ?? "plain"}"
    aria-disabled=${off ? "true" : nothing}
    aria-label=${o.label ?? nothing}
    @click=${(event: Event) => {
      if (off) event.preventDefault();
      else o.click?.();
    }}
  >${o.busy ? html`<span class="spinner" aria-hidden="true"></span>` : o.icon ? icon(o.icon, o.icon === kBack) : nothing}${text}</button>`;
}

export function loading(i18n: Messenger): TemplateResult {
  return html`<p class="loading"><span class="spinner" aria-hidden="true"></span>${i18n.t("common.loading")}</p>`;
}

/** What a form's field holds; read at submit, so that no code is kept in state. */
export function typed(event: SubmitEvent): string {
  event.preventDefault();
  return (event.target as HTMLFormElement).querySelector("input")?.value ?? "";
}
