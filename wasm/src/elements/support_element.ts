// support_element.ts - <twofold-support>: asking support for help, and how the request stands.
import type { PropertyValues, TemplateResult, nothing as Nothing } from "lit";
import type { ChallengeMethod } from "../api.js";
import type { Messenger } from "../messenger.js";
import { kSupportReasons, type SupportCase, type SupportContact } from "../support_api.js";
import type { TwofoldElement } from "./base.js";
import type { Kit } from "./kit.js";
import { supportStyles } from "./styles_support.js";
import { SupportFlow, stealable, story, type SupportLine } from "./support_flow.js";

export interface TwofoldSupport extends TwofoldElement {
  methods: readonly ChallengeMethod[];
  onlyOpen: boolean;
  cancelable: boolean;
}

/** The class of `<twofold-support>`; a function, since the element is fetched after what it is made of. */
export function supportElement(kit: Kit): new () => TwofoldSupport {
  const none = (): typeof Nothing => kit.nothing;
  const { nothing, button, heading, html, icon, kBack, kCheck, loading, notice, problemSlot, problemText } = kit;

  return class extends kit.TwofoldElement {
    static override styles = supportStyles(kit);
    static override properties = {
      ...kit.TwofoldElement.properties,
      methods: { attribute: false },
      onlyOpen: { type: Boolean, attribute: "only-open" },
      cancelable: { type: Boolean },
    };

    /** The methods of the person, for those that a thief may have. */
    declare methods: readonly ChallengeMethod[];
    /** Shows nothing unless a request is open; then for somebody who is signed in. */
    declare onlyOpen: boolean;
    /** Shows a way back to the code. */
    declare cancelable: boolean;
    #flow: SupportFlow | undefined;
    #shown = "";
    #notMe = false;

    constructor() {
      super();
      this.methods = [];
      this.onlyOpen = false;
      this.cancelable = false;
    }

    protected override willUpdate(changed: PropertyValues): void {
      super.willUpdate(changed);
      if (this.#flow && !["api", "apiBase", "user", "onlyOpen"].some((name) => changed.has(name))) return;
      this.#flow?.close();
      this.#shown = "";
      this.#notMe = false;
      this.#flow = new SupportFlow(
        { kit, api: this.client, changed: () => this.#changed(), refused: this.refused, visible: () => document.visibilityState !== "hidden" },
        this.onlyOpen,
      );
      void this.#flow.open();
    }

    override connectedCallback(): void {
      super.connectedCallback();
      if (this.hasUpdated && !this.#flow) this.requestUpdate();
    }

    protected override end(): void {
      this.#flow?.close();
      this.#flow = undefined;
    }

    protected override tick(): void {
      this.#flow?.tick();
    }

    protected override body(i18n: Messenger): TemplateResult | typeof Nothing {
      const flow = this.#flow;
      if (!flow || flow.phase === "none" || (this.onlyOpen && flow.phase === "loading")) return none();
      return html`<section class="${this.cardClass} ${this.onlyOpen ? "standing" : ""}" part="panel">${this.#panel(flow, i18n)}</section>`;
    }

    #panel(flow: SupportFlow, i18n: Messenger): TemplateResult {
      const { t } = i18n;
      switch (flow.phase) {
        case "failed":
          return html`${notice("danger", flow.problem ? problemText(flow.problem, i18n) : "")}
            <div class="actions">${button(t("common.try_again"), { click: () => void flow.open() })} ${this.#back(i18n)}</div>`;
        case "form":
          return this.#form(flow, i18n);
        case "case":
          return this.#case(flow, flow.case!, i18n);
        default:
          return loading(i18n);
      }
    }

    #form(flow: SupportFlow, i18n: Messenger): TemplateResult {
      const { t } = i18n;
      const { form, problem } = flow;
      const things = stealable(this.methods);
      const described = problem && !problem.field ? "problem" : nothing;
      return html`<div>
          ${heading(t("support.title"), this.headingLevel)}
          <p class="lead">${t("support.lead")}</p>
        </div>
        <form novalidate class="stack" @submit=${this.#submit}>
          <fieldset aria-describedby=${described}>
            <legend>${t("support.reason_label")}</legend>
            ${kSupportReasons.map(
              (reason) => html`<label class="choice">
                <input
                  type="radio"
                  name="reason"
                  value=${reason}
                  .checked=${form.reason === reason}
                  @change=${() => {
                    form.reason = reason;
                    flow.problem = undefined;
                    this.requestUpdate();
                  }}
                />
                <span>${t(`support.reason_${reason}`)}</span>
              </label>`,
            )}
          </fieldset>
          ${form.reason === "stolen" && things.length > 0
            ? html`<fieldset aria-describedby="stolen-help">
                <legend>${t("support.stolen_label")}</legend>
                ${things.map(
                  (m) => html`<label class="choice">
                    <input
                      type="checkbox"
                      name="stolen"
                      value=${m.enrollment_id}
                      .checked=${form.stolen.has(m.enrollment_id)}
                      @change=${(event: Event) => form.stolen[(event.target as HTMLInputElement).checked ? "add" : "delete"](m.enrollment_id)}
                    />
                    <span><bdi>${m.label ?? t(`method.${m.method}`)}</bdi>${m.to ? html` <bdi dir="ltr" class="muted">${m.to}</bdi>` : nothing}</span>
                  </label>`,
                )}
                <p class="help" id="stolen-help">${t("support.stolen_help")}</p>
              </fieldset>`
            : nothing}
          <div class="field">
            <label for="field">${t("support.contact_label")}</label>
            <textarea
              id="field"
              part="input"
              name="contact"
              rows="2"
              maxlength="400"
              dir="auto"
              autocomplete="off"
              aria-describedby="contact-help ${problem?.field ? "problem" : ""}"
              aria-invalid=${problem?.field ? "true" : nothing}
              .value=${form.contact}
              @input=${(event: Event) => (form.contact = (event.target as HTMLTextAreaElement).value)}
            ></textarea>
            <p class="help" id="contact-help">${t("support.contact_help")}</p>
          </div>
          ${problemSlot(problem, i18n)}
          <div class="actions">${button(t("support.submit"), { look: "primary", busy: flow.busy })} ${this.#back(i18n)}</div>
        </form>
        ${this.#contacts(flow.contacts, i18n)}`;
    }

    #case(flow: SupportFlow, c: SupportCase, i18n: Messenger): TemplateResult {
      const { t } = i18n;
      const over = flow.over;
      const stopped = c.state === "paused";
      return html`<div>
          ${heading(t(over ? "support.case_over" : "support.case_title"), this.headingLevel)}
          <p class="lead">${t(over ? `support.over_${c.state}` : stopped ? "support.case_stopped" : this.onlyOpen ? "support.case_lead_in" : "support.case_lead")}</p>
        </div>
        ${this.#notMe && (over || stopped) ? notice("warning", t("support.not_me_done")) : nothing}
        <ol class="story" part="timeline">
          ${story(c).map((line) => this.#line(line, i18n))}
        </ol>
        ${problemSlot(flow.problem, i18n)} ${over ? nothing : this.#actions(flow, c, i18n)}
        ${this.cancelable || (over && !this.onlyOpen)
          ? html`<div class="actions">
              ${this.#back(i18n)} ${over ? button(t("support.again"), { look: "link", click: () => flow.again() }) : nothing}
            </div>`
          : nothing}
        ${over ? nothing : this.#contacts(flow.contacts, i18n)}`;
    }

    #line({ key, state, at }: SupportLine, i18n: Messenger): TemplateResult {
      const { t } = i18n;
      const timed = at !== undefined && state === "now";
      return html`<li class=${state} aria-current=${state === "now" ? "step" : nothing}>
        <span class="mark" aria-hidden="true">${state === "done" ? icon(kCheck) : nothing}</span>
        <div>
          ${state === "later" ? html`<span class="sr">${t("support.later")}</span>` : nothing}
          <span>${t(key, { time: timed ? dateTime(at, i18n.lang) : "" })}</span>
          ${at !== undefined && state === "done" ? html`<time class="help" datetime=${at}>${dateTime(at, i18n.lang)}</time>` : nothing}
        </div>
      </li>`;
    }

    #actions(flow: SupportFlow, c: SupportCase, { t }: Messenger): TemplateResult | typeof Nothing {
      const help = this.onlyOpen ? html`<p class="help">${t("support.not_me_help")}</p>` : none();
      if (!c.can_withdraw) return help;
      if (flow.asking) {
        return html`<div class="notice warning" part="notice" role="group" aria-labelledby="ask">
          <div class="tight">
            <p id="ask" tabindex="-1">${t(c.state === "open" ? "support.withdraw_ask" : "support.withdraw_ask_late")}</p>
            <div class="actions">
              ${button(t("support.withdraw"), { look: "danger", busy: flow.busy, click: () => void this.#withdraw(flow, false) })}
              ${button(t("support.keep"), { click: () => flow.ask(false) })}
            </div>
          </div>
        </div>`;
      }
      return html`<div class="actions">
          ${button(t("support.withdraw"), { click: () => flow.ask(true) })}
          ${this.onlyOpen ? button(t("support.not_me"), { look: "danger", busy: flow.busy, click: () => void this.#withdraw(flow, true) }) : nothing}
        </div>
        ${help}`;
    }

    #contacts(contacts: readonly SupportContact[], { t }: Messenger): TemplateResult | typeof Nothing {
      if (contacts.length === 0) return none();
      return html`<div class="contacts" part="contacts">
        <h3 aria-level=${this.headingLevel + 1}>${t("support.contacts")}</h3>
        <ul>
          ${contacts.map(({ kind, value }) => html`<li>${contact(kit, kind, value)}</li>`)}
        </ul>
        <p class="help">${t("support.contacts_note")}</p>
      </div>`;
    }

    #back({ t }: Messenger): TemplateResult | typeof Nothing {
      return this.cancelable ? button(t("support.back"), { look: "link", icon: kBack, click: () => this.say("twofold-cancel", {}) }) : none();
    }

    readonly #submit = async (event: SubmitEvent): Promise<void> => {
      event.preventDefault();
      const flow = this.#flow;
      if (!flow) return;
      const opened = await flow.submit();
      if (opened) this.say("twofold-support-opened", { caseId: opened.id, reason: opened.reason });
      else if (flow.phase === "form" && flow.problem) await this.focusOn(flow.problem.field ? "#field" : flow.form.reason ? "#problem" : "input[type=radio]");
    };

    async #withdraw(flow: SupportFlow, notMe: boolean): Promise<void> {
      const now = await flow.withdraw();
      if (!now) return;
      this.#notMe = notMe;
      this.requestUpdate();
      this.say("twofold-support-withdrawn", { caseId: now.id, state: now.state, notMe });
    }

    #changed(): void {
      this.requestUpdate();
      const flow = this.#flow;
      if (!flow || flow.phase === "loading") return;
      const shown = `${flow.phase}:${flow.case?.state ?? ""}:${flow.asking}`;
      const before = this.#shown;
      this.#shown = shown;
      if (before === shown) return;
      if (flow.asking) void this.focusOn("#ask");
      // At the start the focus comes here where the panel took the place of another one.
      else if (before !== "" || this.cancelable) void this.focusOn("h2");
    }
  };
}

/** Registers `<twofold-support>`, once. */
export function defineSupport(kit: Kit): void {
  if (!customElements.get("twofold-support")) customElements.define("twofold-support", supportElement(kit));
}

function dateTime(value: string, lang: string): string {
  return new Intl.DateTimeFormat(`${lang}-u-nu-latn`, { dateStyle: "medium", timeStyle: "short" }).format(new Date(value));
}

/** As a link where it can be one; any other scheme than these stays text. */
function contact({ html, nothing }: Kit, kind: SupportContact["kind"], value: string): TemplateResult {
  const href =
    kind === "email" ? `mailto:${encodeURIComponent(value).replace("%40", "@")}`
    : kind === "phone" ? `tel:${value.replace(/[^\d+]/g, "")}`
    : kind === "url" && /^https?:\/\//i.test(value) ? value
    : undefined;
  const text = html`<bdi dir=${kind === "text" ? "auto" : "ltr"}>${value}</bdi>`;
  return href ? html`<a href=${href} rel="noreferrer" target=${kind === "url" ? "_blank" : nothing}>${text}</a>` : text;
}
