// setup_element.ts - <twofold-setup>: the enabling wizard.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { TwofoldApi, type ApiOptions, type Enrollment, type Method, type PendingEnrollment } from "../api.js";
import { Translator, type Messages } from "../i18n.js";
import { TwofoldElement } from "./base.js";
import { codesPanel } from "./codes_panel.js";
import { icon, kApp, kCheck, kChevron, kCopy, kShield } from "./icons.js";
import { copyText } from "./keep.js";
import { button, field, heading, notice, problemSlot, typed } from "./parts.js";
import type { Problem } from "./problem.js";
import { SetupFlow, kSetupMethods } from "./setup_flow.js";
import { groups } from "./text.js";
import { proofOpening, type VerifyTarget } from "./verify_flow.js";
import { moreStyles } from "./styles_more.js";

export class TwofoldSetup extends TwofoldElement {
  declare api: TwofoldApi | undefined;
  static override styles = moreStyles;
  static override properties = {
    ...TwofoldElement.properties,
    methods: { attribute: false },
    replaces: { attribute: false },
    proofs: { attribute: false },
    recover: { type: Boolean },
    cancelable: { type: Boolean },
    phone: { type: Boolean },
    openLink: { attribute: false },
    previewHidden: { state: true },
    copyNote: { state: true },
  };

  /** The methods the server offers; asked at /client/config when not given. */
  declare methods: readonly Method[] | undefined;
  /** The authenticator this one takes the place of. */
  declare replaces: Enrollment | undefined;
  /** Active authenticators that can prove the change; with any, a code is asked first. */
  declare proofs: readonly Enrollment[];
  /** Setting up anew after a sign-in by backup code. */
  declare recover: boolean;
  declare cancelable: boolean;
  /** Whether this is a device that cannot scan its own screen; default: a coarse pointer. */
  declare phone: boolean;
  /** How "Open in my authenticator app" opens the otpauth: link; an embedding app may set its own. */
  declare openLink: (uri: string) => void;
  protected declare previewHidden: boolean;
  protected declare copyNote: "" | "copied" | "failed";
  #flow: SetupFlow | undefined;
  #target: VerifyTarget | undefined;
  #account = "";
  #shown = "";

  constructor() {
    super();
    this.proofs = [];
    this.recover = false;
    this.cancelable = false;
    this.phone = typeof matchMedia === "function" && matchMedia("(pointer: coarse)").matches;
    this.previewHidden = false;
    this.copyNote = "";
    this.openLink = (uri) => location.assign(uri);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("beforeunload", this.#guard);
    // Fetched while the first screen is read; if it fails, the step that needs it tries again.
    this.core().catch(() => undefined);
    if (this.hasUpdated) this.requestUpdate();
  }

  protected override makeClient(options: ApiOptions): TwofoldApi {
    return new TwofoldApi(options);
  }

  protected override makeMessenger(lang: string, messages: Messages): Translator {
    return new Translator(lang, messages);
  }

  protected override get client(): TwofoldApi {
    return super.client as TwofoldApi;
  }

  protected override end(): void {
    removeEventListener("beforeunload", this.#guard);
    this.#flow?.clear();
    this.#flow = undefined;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!this.#flow || ["api", "apiBase", "user", "replaces", "proofs"].some((name) => changed.has(name))) this.#open();
    if (!this.methods && (changed.has("methods") || !this.hasUpdated)) void this.#askMethods();
  }

  protected override tick(): void {
    const flow = this.#flow;
    if (flow?.phase !== "connect" || flow.tick()) return;
    if (!this.previewHidden) this.requestUpdate();
  }

  protected override body(i18n: Translator): TemplateResult | typeof nothing {
    const flow = this.#flow;
    return flow ? html`<section class=${this.cardClass} part="panel">${this.#panel(flow, i18n)}</section>` : nothing;
  }

  #panel(flow: SetupFlow, i18n: Translator): TemplateResult {
    switch (flow.phase) {
      case "start":
        return this.#start(flow, i18n);
      case "password":
        return this.#password(flow, i18n);
      case "proof":
        return this.#proof(flow, i18n);
      case "connect":
        return this.#connect(flow, flow.enrollment!, i18n);
      case "codes":
        return codesPanel(flow.codes!, {
          i18n,
          level: this.headingLevel,
          account: this.#account,
          announce: (text) => this.announce(text),
          saved: (count) => {
            this.say("twofold-backup-codes-saved", { count });
            flow.finish();
          },
          refocus: () => void this.focusOn("#field"),
        });
      case "done":
        return this.#done(i18n);
      case "expired":
        return html`<div>
            ${heading(i18n.t("setup.expired_title"), this.headingLevel)}
            <p class="lead">${i18n.t("setup.expired_text")}</p>
          </div>
          <div class="actions">${button(i18n.t("setup.start_again"), { look: "primary", click: () => flow.restart() })}</div>`;
    }
  }

  #start(flow: SetupFlow, i18n: Translator): TemplateResult {
    const { t } = i18n;
    const offered = kSetupMethods.filter((m) => this.methods?.includes(m) ?? true);
    const add = this.proofs.length > 0;
    const title = this.recover ? "settings.recover_title" : this.replaces ? "setup.title_replace" : add ? "setup.title_add" : "setup.title";
    const lead = this.recover ? "setup.lead_recover" : this.replaces ? "setup.lead_replace" : add ? "setup.lead_add" : "setup.lead";
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      const chosen = form.querySelector<HTMLInputElement>("input[type=radio]:checked")?.value as Method | undefined;
      flow.method = chosen ?? "totp";
      void flow.begin(form.querySelector<HTMLInputElement>("#field")?.value ?? "");
    };
    return html`<div>
        ${heading(t(title), this.headingLevel)}
        <p class="lead">${t(lead, { label: this.replaces?.label ?? "" })}</p>
      </div>
      ${offered.length === 0
        ? notice("warning", t("setup.no_methods"))
        : html`<form novalidate class="stack" @submit=${submit}>
            <fieldset class="tight">
              <legend>${t("setup.choose_method")}</legend>
              <div class="options">
                ${offered.map(
                  (method, index) => html`<label class="option">
                    ${icon(kApp)}
                    <div>
                      <span class="title"
                        >${t(`method.${method}`)} ${index === 0 ? html`<span class="badge accent">${t("setup.recommended")}</span>` : nothing}</span
                      >
                      <span class="help" id="method-${method}">${t(`setup.method_${method}_help`)}</span>
                    </div>
                    <input type="radio" name="method" value=${method} .checked=${flow.method === method} aria-describedby="method-${method}" />
                  </label>`,
                )}
              </div>
            </fieldset>
            ${field({
              label: t("setup.name_label"),
              help: t("setup.name_help"),
              problem: flow.problem,
              kind: "name",
              value: flow.label || this.replaces?.label || this.#freeName(t("setup.name_default")),
            })}
            ${problemSlot(flow.problem, i18n)} ${notice("info", t("setup.advice_device"), kShield)}
            <div class="actions">
              ${button(t("common.continue"), { look: "primary", busy: flow.busy })} ${this.#cancel(t)}
            </div>
          </form>`}`;
  }

  #password(flow: SetupFlow, i18n: Translator): TemplateResult {
    const { t } = i18n;
    return html`<div>
        ${heading(t("password.title"), this.headingLevel)}
        <p class="lead">${t("password.lead")}</p>
      </div>
      <form novalidate @submit=${(event: SubmitEvent) => void this.#then(flow.password(typed(event)))}>
        ${field({ label: t("password.label"), problem: flow.problem, kind: "password" })} ${problemSlot(flow.problem, i18n)}
        <div class="actions">
          ${button(t("common.continue"), { look: "primary", busy: flow.busy })} ${button(t("common.back"), { click: () => flow.back() })}
        </div>
      </form>`;
  }

  #proof(flow: SetupFlow, { t }: Translator): TemplateResult {
    this.#target ??= {
      open: () => Promise.resolve(proofOpening(flow.proofs)),
      submit: flow.prove,
    };
    return html`<div>
        ${heading(t("proof.title"), this.headingLevel)}
        <p class="lead">${t(this.replaces ? "proof.lead_replace" : "proof.lead_add")}</p>
      </div>
      <twofold-verify
        bare
        cancelable
        .api=${this.client}
        .lang=${this.i18n!.lang}
        .coreLoader=${this.coreLoader}
        .target=${this.#target}
        .submitLabel=${t("common.continue")}
        @twofold-cancel=${(event: Event) => {
          event.stopPropagation();
          flow.back();
        }}
      ></twofold-verify>`;
  }

  #connect(flow: SetupFlow, enrollment: PendingEnrollment, i18n: Translator): TemplateResult {
    const { t } = i18n;
    const totp = enrollment.totp!;
    const svg = flow.qr();
    const qr = svg
      ? html`<div class="qr" part="qr" role="img" aria-label=${t("setup.qr_label")}><div aria-hidden="true">${unsafeHTML(svg)}</div></div>`
      : nothing;
    const open = html`<div class="tight">
      ${button(t("setup.open_app"), { look: this.phone ? "primary" : "plain", icon: kApp, click: () => this.openLink(totp.otpauth_uri) })}
      <p class="help">${t("setup.open_app_help")}</p>
    </div>`;
    const phone = this.phone || !svg;
    return html`${heading(t("setup.connect_title"), this.headingLevel)}
      <ol class="steps">
        <li class="tight">
          <h3 aria-level=${this.headingLevel + 1}>${t(phone ? "setup.step_phone" : "setup.step_scan")}</h3>
          ${phone
            ? html`${open} ${this.#key(enrollment, i18n)}
                ${svg
                  ? html`<details>
                      <summary>${icon(kChevron, true)}${t("setup.show_qr")}</summary>
                      <div>${qr}</div>
                    </details>`
                  : nothing}
                ${this.#preview(flow, i18n)}`
            : html`<p class="help">${t("setup.step_scan_help")}</p>
                <div class="scan">${qr} ${this.#preview(flow, i18n)}</div>
                <details>
                  <summary>${icon(kChevron, true)}${t("setup.cannot_scan")}</summary>
                  <div class="tight">${this.#key(enrollment, i18n)} ${open}</div>
                </details>`}
        </li>
        <li class="tight">
          <h3 aria-level=${this.headingLevel + 1}>${t("setup.step_code")}</h3>
          <form novalidate @submit=${this.#confirm}>
            ${field({ label: t("setup.code_label"), help: t("setup.code_help", { digits: totp.digits }), problem: flow.problem, kind: "code" })}
            ${problemSlot(this.#told(flow.problem, flow, i18n), i18n)}
            <div class="actions">
              ${button(t("setup.confirm"), { look: "primary", busy: flow.busy })} ${button(t("common.back"), { click: () => flow.back() })}
            </div>
          </form>
        </li>
      </ol>`;
  }

  #key(enrollment: PendingEnrollment, { t }: Translator): TemplateResult {
    const totp = enrollment.totp!;
    const { algorithm, digits, period } = totp;
    const usual = algorithm === "SHA1" && digits === 6 && period === 30;
    const copy = async (): Promise<void> => {
      this.copyNote = (await copyText(totp.secret)) ? "copied" : "failed";
      this.announce(t(this.copyNote === "copied" ? "setup.key_copied" : "setup.copy_failed"));
    };
    return html`<div class="key tight">
      <div>
        <span class="label" id="key-label">${t("setup.key_label")}</span>
        <code translate="no" part="key" role="group" aria-labelledby="key-label">${groups(totp.secret).map((g) => html`<span>${g}</span>`)}</code>
        <p class="help">${t("setup.key_help", { account: totp.account })} ${usual ? nothing : t("setup.key_settings", { algorithm, digits, period })}</p>
      </div>
      <div class="actions">
        ${button(t(this.copyNote === "copied" ? "common.copied" : "setup.copy_key"), {
          small: true,
          icon: this.copyNote === "copied" ? kCheck : kCopy,
          click: () => void copy(),
        })}
      </div>
      ${this.copyNote === "failed" ? html`<p class="help">${t("setup.copy_failed")}</p>` : nothing}
      <p class="help">${t("setup.key_private")}</p>
    </div>`;
  }

  #preview(flow: SetupFlow, { t }: Translator): TemplateResult | typeof nothing {
    const toggle = (text: string): TemplateResult =>
      button(t(text), { look: "link", click: () => (this.previewHidden = !this.previewHidden) });
    if (this.previewHidden) return html`<div class="preview">${toggle("setup.preview_show")}</div>`;
    const preview = flow.preview();
    if (!preview) return nothing;
    const around = 2 * Math.PI * 9;
    return html`<div class="preview" part="preview">
      <p class="help">${t("setup.preview_title")}</p>
      <div class="preview-code" aria-hidden="true">
        <span translate="no">${preview.start}<span class="masked">${"•".repeat(preview.hidden)}</span></span>
        <svg class="ring" viewBox="0 0 24 24">
          <circle cx="12" cy="12" r="9" />
          <circle cx="12" cy="12" r="9" stroke-dasharray="${around}" stroke-dashoffset="${around * (1 - preview.left / preview.period)}" />
        </svg>
      </div>
      <p class="sr">${t("setup.preview_text", { start: preview.start })}</p>
      <p class="help timer">${t("common.seconds_left", { seconds: Math.ceil(preview.left) })}</p>
      ${toggle("setup.preview_hide")}
    </div>`;
  }

  #done({ t }: Translator): TemplateResult {
    const kind = this.replaces ? "_replace" : this.proofs.length > 0 ? "_add" : "";
    return html`<div>
        <div class="hero">${icon(kShield)}</div>
        ${heading(t(`done.title${kind}`), this.headingLevel)}
        ${kind === "_add" ? nothing : html`<p class="lead">${t(`done.lead${kind}`)}</p>`}
      </div>
      <ul class="advice">
        ${["done.advice_share", "done.advice_contact", "done.advice_move"].map((key) => html`<li>${icon(kCheck)}<span>${t(key)}</span></li>`)}
      </ul>
      <div class="actions">
        ${button(t("common.done"), { look: "primary", click: () => this.say("twofold-setup-done", {}) })}
      </div>`;
  }

  /** The usual name, numbered when an authenticator has it already. */
  #freeName(name: string): string {
    const taken = new Set(this.proofs.map((e) => e.label));
    let n = 1;
    while (taken.has(n === 1 ? name : `${name} ${n}`)) n += 1;
    return n === 1 ? name : `${name} ${n}`;
  }

  #cancel(t: Translator["t"]): TemplateResult | typeof nothing {
    return this.cancelable ? button(t("common.cancel"), { click: () => this.say("twofold-cancel", {}) }) : nothing;
  }

  /** The wrong-app finding names each setting that differs. */
  #told(problem: Problem | undefined, flow: SetupFlow, i18n: Translator): Problem | undefined {
    const parts = flow.finding?.settings;
    if (!problem || !parts) return problem;
    const settings = new Intl.ListFormat(i18n.lang, { type: "conjunction" }).format(parts.map((p) => i18n.t(p.key, p.params)));
    return { ...problem, messages: problem.messages.map((m) => (m.key === "setup.wrong_app" ? { ...m, params: { settings } } : m)) };
  }

  readonly #confirm = async (event: SubmitEvent): Promise<void> => {
    const flow = this.#flow;
    const code = typed(event);
    if (!flow) return;
    const active = await flow.confirm(code);
    if (active) {
      this.say("twofold-enabled", {
        enrollmentId: active.id,
        method: active.method,
        ...(this.replaces && { replaced: this.replaces.id }),
      });
    } else if (flow.phase === "connect") {
      await this.focusOn("#field");
    }
  };

  async #then(step: Promise<void>): Promise<void> {
    await step;
    if (this.#flow?.problem?.field) await this.focusOn("#field");
  }

  #open(): void {
    this.#flow?.clear();
    this.#target = undefined;
    this.#shown = "";
    this.#flow = new SetupFlow(
      { replaces: this.replaces, proofs: this.recover ? [] : this.proofs },
      { api: this.client, core: this.core, changed: () => this.#changed(), refused: this.refused },
    );
  }

  async #askMethods(): Promise<void> {
    // Without the Client Area (a widget) there is no such call: then what this element knows.
    if (!this.client.session) return;
    this.methods = await this.client.config().then(
      (config) => config.methods,
      () => undefined,
    );
  }

  #changed(): void {
    this.requestUpdate();
    const flow = this.#flow;
    if (!flow) return;
    if (flow.enrollment?.totp) this.#account = flow.enrollment.totp.account;
    const shown = `${flow.phase}:${flow.codes?.phase ?? ""}`;
    if (flow.phase !== "proof") this.#target = undefined;
    if (flow.phase !== "connect") this.copyNote = "";
    if (this.#shown !== shown && (this.#shown !== "" || flow.phase !== "start")) void this.focusOn("h2");
    this.#shown = shown;
  }

  /** Leaving with unsaved backup codes would strand the person later: the browser asks first. */
  readonly #guard = (event: BeforeUnloadEvent): void => {
    if (this.#flow?.phase === "codes") event.preventDefault();
  };
}
