// verify_element.ts - <twofold-verify>: the second step of a sign-in, of a challenge, or a proof.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { Attempt, Challenge, SignedIn, Verified } from "../api.js";
import type { Messenger } from "../i18n.js";
import { TwofoldElement } from "./base.js";
import { isSent } from "./delivery_flow.js";
import { deliveryPanel } from "./delivery_panel.js";
import { icon, kBack, kChevron, methodIcon } from "./icons.js";
import { button, field, heading, loading, notice, problemSlot, typed } from "./parts.js";
import { problemText } from "./problem.js";
import { clock } from "./text.js";
import { VerifyFlow, keyOf, type VerifyTarget, type Way } from "./verify_flow.js";


export class TwofoldVerify extends TwofoldElement {
  static override properties = {
    ...TwofoldElement.properties,
    challengeId: { attribute: "challenge-id" },
    challenge: { attribute: false },
    target: { attribute: false },
    submitLabel: { attribute: "submit-label" },
    danger: { type: Boolean },
    cancelable: { type: Boolean },
    autofocus: { type: Boolean },
  };

  /** Verify this challenge (POST /v1/challenges/{id}/verify). Without it: the open sign-in. */
  declare challengeId: string | undefined;
  /** The challenge when the page already has it (from the sign-in answer): saves a request. */
  declare challenge: Challenge | undefined;
  /** Proof mode: where the code goes instead; refusals are shown as for a challenge. */
  declare target: VerifyTarget | undefined;
  declare submitLabel: string | undefined;
  declare danger: boolean;
  declare cancelable: boolean;
  #flow: VerifyFlow | undefined;
  #shown = "";

  get mode(): "sign-in" | "challenge" | "proof" {
    return this.target ? "proof" : this.challengeId ? "challenge" : "sign-in";
  }

  /** Opens anew: asks the server for the challenge again. */
  restart(): void {
    this.#flow?.close();
    this.#flow = new VerifyFlow(this.target ?? this.#remoteTarget(), {
      now: () => this.client.now(),
      core: this.core,
      changed: () => this.#changed(),
      refused: this.refused,
      visible: () => document.visibilityState !== "hidden",
    });
    this.#shown = "";
    void this.#flow.open();
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const subject = ["api", "apiBase", "challengeId", "challenge", "target"].some((name) => changed.has(name));
    if (subject || !this.#flow) this.restart();
  }

  protected override end(): void {
    this.#flow?.close();
    this.#flow = undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated && !this.#flow) this.requestUpdate();
  }

  protected override tick(): void {
    const flow = this.#flow;
    if (!flow) return;
    if (flow.tick() && this.i18n) this.announce(this.i18n.t("verify.wait_over"));
    else if (flow.problem?.until !== undefined || flow.waitSeconds() > 0 || flow.waitsForMessage) this.requestUpdate();
  }

  protected override body(i18n: Messenger): TemplateResult | typeof nothing {
    const flow = this.#flow;
    if (!flow) return nothing;
    return html`<section class=${this.cardClass} part="panel">${this.#panel(flow, i18n)}</section>`;
  }

  #panel(flow: VerifyFlow, i18n: Messenger): TemplateResult {
    const { t } = i18n;
    switch (flow.phase) {
      case "loading":
        return loading(i18n);
      case "failed":
        return html`${notice("danger", flow.problem ? problemText(flow.problem, i18n) : "")}
          <div class="actions">${button(t("common.try_again"), { click: () => void flow.open() })}</div>`;
      case "expired":
        return html`${heading(t("verify.expired_title"), this.headingLevel)}
          <p class="lead">${t(`error.${flow.expiredCode}`)}</p>
          <div class="actions">
            ${button(t("verify.start_again"), { look: "primary", click: () => this.say("twofold-restart", { code: flow.expiredCode }) })}
          </div>`;
      case "done":
        return notice("success", t("verify.success"));
      case "choosing":
        return this.#choices(flow, i18n);
      case "ready":
        return this.#form(flow, i18n);
    }
  }

  #form(flow: VerifyFlow, i18n: Messenger): TemplateResult {
    const { t } = i18n;
    const way = flow.way;
    const backup = way?.method === "backup_code";
    const wait = flow.waitSeconds();
    const proof = this.mode === "proof";
    const sent = flow.waitsForMessage;
    const shut = way?.unavailable;
    return html`
      ${this.bare && proof
        ? nothing
        : html`<div>
            ${heading(t("verify.title"), this.headingLevel)}
            ${flow.actionText ? html`<p class="lead"><strong>${t("verify.action", { action: flow.actionText })}</strong></p>` : nothing}
            ${way ? html`<p class="lead">${lead(way, flow, t)}</p>` : nothing}
          </div>`}
      ${way && !shut
        ? html`<form novalidate @submit=${this.#submit}>
            ${this.bare && proof && (sent || ((way.enrollmentId || backup) && flow.ways.length > 1)) ? html`<p>${lead(way, flow, t)}</p>` : nothing}
            ${sent ? deliveryPanel(flow.delivery, i18n, { sending: flow.sending, send: () => void flow.send() }) : nothing}
            ${field({
              label: t(backup ? "verify.backup_label" : "verify.code_label"),
              help: backup ? t("verify.backup_help") : undefined,
              problem: flow.problem,
              kind: backup ? "backup" : "code",
            })}
            ${problemSlot(flow.problem, i18n)}
            <div class="actions">
              ${button(wait > 0 ? html`<span class="timer">${t("common.wait", { time: clock(wait) })}</span>` : (this.submitLabel ?? t("verify.submit")), {
                look: this.danger ? "danger" : "primary",
                busy: flow.busy,
                disabled: wait > 0,
              })}
              ${this.cancelable ? button(t("common.cancel"), { click: () => this.say("twofold-cancel", {}) }) : nothing}
            </div>
          </form>`
        : notice("warning", shut ? t(shut === "suspended" ? "error.factor_suspended" : "error.method_unavailable") : t("verify.no_other_way"))}
      ${flow.otherWays.length > 0 ? html`<div>${button(t("verify.another_way"), { look: "link", click: () => flow.showWays() })}</div>` : nothing}
      ${proof ? nothing : html`<p class="help">${t("verify.never_share")}</p>`}
    `;
  }

  #choices(flow: VerifyFlow, i18n: Messenger): TemplateResult {
    const { t } = i18n;
    const help = (way: Way): string => {
      if (way.unavailable) return t(way.unavailable === "paused" ? "verify.choose_paused" : "verify.choose_suspended");
      if (way.method === "backup_code") return t("verify.choose_backup_help");
      return isSent(way.method) ? t("verify.choose_sent_help", { to: way.to ?? "" }) : t("verify.choose_totp_help");
    };
    const trouble = (way: Way): string =>
      flow.failed(way) ? t("problem.unreachable") : way.problem && !way.unavailable ? t(`problem.${way.problem}`) : "";
    return html`<div>
        ${heading(t("verify.choose_title"), this.headingLevel)}
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

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    const flow = this.#flow;
    const code = typed(event);
    if (!flow || flow.busy || flow.waitSeconds() > 0) return;
    const mode = this.mode;
    const accepted = await flow.submit(code);
    if (accepted) {
      this.say("twofold-verified", {
        mode,
        method: accepted.method,
        ...(mode !== "proof" && { result: accepted.result as SignedIn | Verified }),
      });
    } else if (flow === this.#flow && flow.phase === "ready") {
      await this.focusOn("#field");
    }
  };

  #remoteTarget(): VerifyTarget {
    const id = this.challengeId;
    const known = this.challenge;
    let first = known !== undefined;
    let opened = id ?? "";
    return {
      open: async () => {
        const challenge = first && known ? known : await (id ? this.client.challenge(id) : this.client.clientChallenge());
        first = false;
        opened = challenge.id;
        return challenge;
      },
      send: (enrollment) => this.client.sendChallengeCode(id ?? opened, enrollment),
      poll: async () => {
        const seen = await (id ? this.client.challenge(id) : this.client.clientChallenge());
        return { ...seen, pause: this.client.pause(seen) };
      },
      submit: (attempt: Attempt) => (id ? this.client.verifyChallenge(id, attempt) : this.client.verifySignIn(attempt)),
    };
  }

  #changed(): void {
    this.requestUpdate();
    const flow = this.#flow;
    if (!flow || flow.phase === "loading") return;
    // Which question is on screen: when it changes, the focus goes to it, except at the start.
    const shown = `${flow.phase}:${flow.phase === "ready" && flow.way ? keyOf(flow.way) : ""}`;
    const before = this.#shown;
    this.#shown = shown;
    if (before === shown) return;
    if (before !== "") void this.focusOn(flow.phase === "ready" && flow.way && !flow.way.unavailable ? "#field" : "h2");
    else if (this.autofocus) void this.focusOn("#field");
  }
}

function lead(way: Way, flow: VerifyFlow, t: Messenger["t"]): string {
  if (flow.waitsForMessage && !flow.delivery.delivery && !flow.sending) return t("verify.lead_send", { to: way.to ?? "" });
  // One of several authenticators is named; the only one needs no name.
  const named = way.method === "totp" && way.enrollmentId && way.label && flow.ways.length > 2 ? "_named" : "";
  return t(`verify.lead_${way.method}${named}`, { label: way.label ?? "", to: way.to ?? "" });
}
