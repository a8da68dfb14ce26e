// setup_element.ts - <twofold-setup>: the enabling wizard.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { TwofoldApi, type ApiOptions, type Enrollment, type Method, type Offer, type PendingEnrollment, type PhoneRegion } from "../api.js";
import { Translator, type Messages } from "../i18n.js";
import { TwofoldElement } from "./base.js";
import { codesPanel } from "./codes_panel.js";
import { icon, kApp, kCheck, kChevron, kCopy, kShield, methodIcon } from "./icons.js";
import { copyText } from "./keep.js";
import { button, field, heading, notice, problemSlot, typed } from "./parts.js";
import type { Problem } from "./problem.js";
import { likelyRegion } from "./regions.js";
import { addressPanel, sentPanel, type SentContext } from "./sent_panels.js";
import { SetupFlow, kSetupMethods } from "./setup_flow.js";
import { groups, isSent } from "./text.js";
import { proofTarget } from "./proof_target.js";
import type { VerifyTarget } from "./verify_flow.js";
import { moreStyles } from "./styles_more.js";

export class TwofoldSetup extends TwofoldElement {
  declare api: TwofoldApi | undefined;
  static override styles = moreStyles;
  static override properties = {
    ...TwofoldElement.properties,
    methods: { attribute: false },
    offers: { attribute: false },
    replaces: { attribute: false },
    proofs: { attribute: false },
    recover: { type: Boolean },
    cancelable: { type: Boolean },
    phone: { type: Boolean },
    openLink: { attribute: false },
    previewHidden: { state: true },
    copyNote: { state: true },
    regions: { state: true },
    region: { state: true },
  };

  /** The methods to offer here, of those that the server has; all of them when not given. */
  declare methods: readonly Method[] | undefined;
  /** What the server offers this user; asked with the list of enrolments when not given. */
  declare offers: readonly Offer[] | undefined;
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
  protected declare regions: readonly PhoneRegion[];
  protected declare region: string;
  #regionsAsked = false;
  #flow: SetupFlow | undefined;
  #target: VerifyTarget | undefined;
  #account = "";
  #drawn: { readonly svg: string; readonly node: Node } | undefined;
  #shown = "";

  constructor() {
    super();
    this.proofs = [];
    this.recover = false;
    this.cancelable = false;
    this.phone = typeof matchMedia === "function" && matchMedia("(pointer: coarse)").matches;
    this.previewHidden = false;
    this.copyNote = "";
    this.regions = [];
    this.region = "";
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
    this.#drawn = undefined;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!this.#flow || ["api", "apiBase", "user", "replaces", "proofs"].some((name) => changed.has(name))) this.#open();
    if (!this.offers && (changed.has("offers") || !this.hasUpdated)) void this.#askOffers();
  }

  protected override tick(): void {
    const flow = this.#flow;
    if ((flow?.phase !== "connect" && flow?.phase !== "sent") || flow.tick()) return;
    if (flow.phase === "sent" || !this.previewHidden) this.requestUpdate();
  }

  protected override body(i18n: Translator): TemplateResult | typeof nothing {
    const flow = this.#flow;
    return flow ? html`<section class=${this.cardClass} part="panel">${this.#panel(flow, i18n)}</section>` : nothing;
  }

  #panel(flow: SetupFlow, i18n: Translator): TemplateResult {
    switch (flow.phase) {
      case "start":
        return this.#start(flow, i18n);
      case "address":
        return addressPanel(flow, this.#sentContext(i18n));
      case "sent":
        return sentPanel(flow, this.#sentContext(i18n));
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
        return this.#done(flow, i18n);
      case "expired":
        return html`<div>
            ${heading(i18n.t("setup.expired_title"), this.headingLevel)}
            <p class="lead">${i18n.t(isSent(flow.method) ? "setup.expired_text_sent" : "setup.expired_text")}</p>
          </div>
          <div class="actions">${button(i18n.t("setup.start_again"), { look: "primary", click: () => flow.restart() })}</div>`;
    }
  }

  #start(flow: SetupFlow, i18n: Translator): TemplateResult {
    const { t } = i18n;
    const offered = this.#offered();
    const app = flow.method === "totp";
    const add = this.proofs.length > 0;
    // Setting up anew with nothing to put aside is adding a method, where there are others.
    const anew = this.recover && (this.replaces !== undefined || !add);
    const title = anew ? "settings.recover_title" : this.replaces ? "setup.title_replace" : add ? "setup.title_add" : "setup.title";
    const lead = anew ? (this.replaces ? "setup.lead_recover" : "setup.lead_link") : this.replaces ? "setup.lead_replace" : add ? "setup.lead_add" : "setup.lead";
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      void flow.begin(app ? (form.querySelector<HTMLInputElement>("#field")?.value ?? "") : this.#freeName(t(`method.${flow.method}`)));
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
                ${offered.map((offer) => this.#option(offer, flow, i18n))}
              </div>
            </fieldset>
            ${app
              ? field({
                  label: t("setup.name_label"),
                  help: t("setup.name_help"),
                  problem: flow.problem,
                  kind: "name",
                  value: flow.label || (this.replaces?.method === "totp" ? this.replaces.label : this.#freeName(t("setup.name_default"))),
                })
              : nothing}
            ${problemSlot(flow.problem, i18n)} ${app ? notice("info", t("setup.advice_device"), kShield) : nothing}
            <div class="actions">
              ${button(t("common.continue"), { look: "primary", busy: flow.busy })} ${this.#cancel(t)}
            </div>
          </form>`}`;
  }

  #option(offer: Offer, flow: SetupFlow, { t }: Translator): TemplateResult {
    const { method, available } = offer;
    const badge = method === "totp" ? "setup.recommended" : method === "email" ? "setup.weakest" : "";
    return html`<label class="option" aria-disabled=${available ? nothing : "true"}>
      ${methodIcon(method)}
      <div>
        <span class="title"
          >${t(`method.${method}`)} ${badge ? html`<span class="badge ${method === "totp" ? "accent" : ""}">${t(badge)}</span>` : nothing}</span
        >
        <span class="help" id="method-${method}">${t(available ? `setup.method_${method}_help` : "setup.paused")}</span>
      </div>
      <input
        type="radio"
        name="method"
        value=${method}
        .checked=${flow.method === method}
        ?disabled=${!available}
        aria-describedby="method-${method}"
        @change=${() => {
          flow.method = method;
          flow.problem = undefined;
          this.requestUpdate();
        }}
      />
    </label>`;
  }

  /** What can be chosen, best first; what is switched off for good is left out. */
  #offered(): Offer[] {
    const { replaces } = this;
    const offers: readonly Offer[] = this.offers ?? (this.methods ?? ["totp" as const]).map((method) => ({ method, available: true }));
    return kSetupMethods.flatMap((method) => {
      const offer = offers.find((o) => o.method === method && (o.available || o.reason === "paused"));
      const wanted = (this.methods?.includes(method) ?? true) && (!replaces || this.recover || replaces.method === method);
      return offer && wanted ? [offer] : [];
    });
  }

  #sentContext(i18n: Translator): SentContext {
    const method = this.#flow?.method;
    if (method === "whatsapp") void this.#askRegions();
    return {
      i18n,
      level: this.headingLevel,
      suggested: this.offers?.find((o) => o.method === method)?.suggested,
      regions: this.regions,
      region: this.region,
      pick: (region) => (this.region = region),
      redraw: () => this.requestUpdate(),
      done: (step) => void this.#then(step),
      confirm: (event) => void this.#confirm(event),
      leave: this.#cancel(i18n.t),
    };
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
    this.#target ??= proofTarget(this.client, flow.proofs, flow.subject, flow.prove);
    return html`<div>
        ${heading(t("proof.title"), this.headingLevel)}
        <p class="lead">${t(flow.moves ? "proof.lead_address" : this.replaces ? "proof.lead_replace" : "proof.lead_add")}</p>
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
      ? html`<div class="qr" part="qr" role="img" aria-label=${t("setup.qr_label")}><div aria-hidden="true">${this.#drawing(svg)}</div></div>`
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

  /** The core's SVG as a node, the same one as long as it is the same picture. */
  #drawing(svg: string): Node {
    if (this.#drawn?.svg !== svg) {
      const template = document.createElement("template");
      template.innerHTML = svg;
      this.#drawn = { svg, node: template.content.firstElementChild ?? template.content };
    }
    return this.#drawn.node;
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

  #done(flow: SetupFlow, { t }: Translator): TemplateResult {
    const kind = flow.moves ? "_address" : this.replaces ? (isSent(flow.method) ? "" : "_replace") : this.proofs.length > 0 ? "_add" : "";
    const own = isSent(flow.method) ? [`done.advice_${flow.method}`, "done.advice_lose"] : ["done.advice_move"];
    return html`<div>
        <div class="hero">${icon(kShield)}</div>
        ${heading(t(`done.title${kind}`), this.headingLevel)}
        ${kind === "_add" ? nothing : html`<p class="lead">${t(`done.lead${kind}`)}</p>`}
      </div>
      <ul class="advice">
        ${["done.advice_share", "done.advice_contact", ...own].map((key) => html`<li>${icon(kCheck)}<span>${t(key)}</span></li>`)}
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
    } else if (flow.phase === "connect" || flow.phase === "sent") {
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
      { replaces: this.replaces, proofs: this.recover ? [] : this.proofs, anew: this.recover },
      {
        api: this.client,
        core: this.core,
        changed: () => this.#changed(),
        refused: this.refused,
        visible: () => document.visibilityState !== "hidden",
      },
    );
  }

  async #askOffers(): Promise<void> {
    const { offers } = await this.client.enrollments().catch(() => ({ offers: undefined }));
    if (offers) this.offers = offers;
    // An older server, or a token that may not list: what is configured. A widget has no such call.
    else if (this.client.session && !this.methods) this.methods = (await this.client.config().catch(() => undefined))?.methods;
  }

  async #askRegions(): Promise<void> {
    if (this.#regionsAsked) return;
    this.#regionsAsked = true;
    const [answer, config] = await Promise.all([
      this.client.phoneRegions().catch(() => undefined),
      this.client.session ? this.client.config().catch(() => undefined) : undefined,
    ]);
    // Without the list the number is asked for with its country's code; another visit asks again.
    if (!answer) return void (this.#regionsAsked = false);
    this.regions = answer.items;
    this.region ||= likelyRegion(this.regions, config?.phone_region, navigator.languages) ?? "";
  }

  #changed(): void {
    this.requestUpdate();
    const flow = this.#flow;
    if (!flow) return;
    if (flow.enrollment?.totp) this.#account = flow.enrollment.totp.account;
    const shown = `${flow.phase}:${flow.codes?.phase ?? ""}`;
    if (flow.phase !== "proof") this.#target = undefined;
    if (flow.phase !== "connect") {
      this.copyNote = "";
      this.#drawn = undefined;
    }
    if (this.#shown !== shown && (this.#shown !== "" || flow.phase !== "start")) void this.focusOn("h2");
    this.#shown = shown;
  }

  /** Leaving with unsaved backup codes would strand the person later: the browser asks first. */
  readonly #guard = (event: BeforeUnloadEvent): void => {
    if (this.#flow?.phase === "codes") event.preventDefault();
  };
}
