// verify_element.ts - <twofold-verify>: the second step of a sign-in, of a challenge, or a proof.
import { adoptStyles, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { ApiError, type Attempt, type Challenge, type SignedIn, type Verified } from "../api.js";
import type { Messenger } from "../messenger.js";
import { TwofoldElement } from "./base.js";
import { kit } from "./kit.js";
import { button, field, heading, loading, notice, problemSlot, typed } from "./parts.js";
import { problemText } from "./problem.js";
import { clock } from "./text.js";
import { VerifyFlow, keyOf, type VerifyTarget, type Way } from "./verify_flow.js";


type More = typeof import("./verify_more.js");

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
    help: { state: true },
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
  /** Whether support is asked in place of the code; its element is fetched when first needed. */
  protected declare help: boolean;
  #flow: VerifyFlow | undefined;
  #shown = "";
  #more: More | undefined;
  #styled = false;

  get mode(): "sign-in" | "challenge" | "proof" {
    return this.target ? "proof" : this.challengeId ? "challenge" : "sign-in";
  }

  /** Opens anew: asks the server for the challenge again. */
  restart(): void {
    this.#flow?.close();
    this.#flow = new VerifyFlow(this.target ?? this.#remoteTarget(), {
      now: () => this.client.now(),
      core: this.core,
      delivery: async () => (await this.#loadMore()).DeliveryFlow,
      changed: () => this.#changed(),
      refused: this.refused,
      visible: () => document.visibilityState !== "hidden",
    });
    this.#shown = "";
    this.help = false;
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
    else if (flow.problem?.until !== undefined || flow.waitSeconds() > 0 || flow.waitsForMessage || flow.phase === "choosing") this.requestUpdate();
  }

  protected override body(i18n: Messenger): TemplateResult | typeof nothing {
    const flow = this.#flow;
    if (!flow) return nothing;
    return html`<section class=${this.cardClass} part="panel">${this.#panel(flow, i18n)}</section>`;
  }

  #panel(flow: VerifyFlow, i18n: Messenger): TemplateResult {
    const { t } = i18n;
    if (this.help && flow.phase !== "done") return this.#support(flow, i18n);
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
        return this.#more?.waysPanel(kit, flow, i18n, this.headingLevel) ?? loading(i18n);
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
            ${sent && flow.delivery ? this.#more?.deliveryPanel(kit, flow.delivery, i18n, { sending: flow.sending, send: () => void flow.send() }) : nothing}
            ${field({
              label: t(backup ? "verify.backup_label" : "verify.code_label"),
              help: backup ? t("verify.backup_help") : undefined,
              problem: flow.problem,
              kind: backup ? "backup" : "code",
            })}
            ${problemSlot(flow.problem, i18n)}
            ${flow.canRemember
              ? html`<label class="check">
                  <input type="checkbox" part="checkbox" .checked=${flow.remember} @change=${(event: Event) => (flow.remember = (event.target as HTMLInputElement).checked)} />
                  <span>${t("verify.remember", { days: flow.rememberDays! })}<span class="help">${t("verify.remember_help")}</span></span>
                </label>`
              : nothing}
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
      ${this.#otherWays(flow, t)} ${proof ? nothing : html`<p class="help">${t("verify.never_share")}</p>`}
    `;
  }

  #otherWays(flow: VerifyFlow, t: Messenger["t"]): TemplateResult {
    const { backup } = flow;
    const more = flow.otherWays.length > (backup ? 1 : 0);
    return html`<div class="links">
      ${more ? button(t("verify.another_way"), { look: "link", click: this.#showWays }) : nothing}
      ${backup ? button(t("verify.use_backup"), { look: "link", click: () => flow.choose(backup) }) : nothing}
      ${this.mode === "sign-in" && this.client.session ? button(t("verify.locked_out"), { look: "link", click: this.#openSupport }) : nothing}
    </div>`;
  }

  #support(flow: VerifyFlow, { lang }: Messenger): TemplateResult {
    return html`<twofold-support
      bare
      cancelable
      .api=${this.client}
      .lang=${lang}
      .headingLevel=${this.headingLevel}
      .methods=${flow.methods}
      @twofold-cancel=${(event: Event) => {
        event.stopPropagation();
        this.help = false;
        void this.focusOn("#field");
      }}
    ></twofold-support>`;
  }

  /** Other ways and messages are fetched when there are any. */
  async #loadMore(): Promise<More> {
    try {
      this.#more ??= await import("./verify_more.js");
    } catch {
      throw new ApiError("network", 0);
    }
    if (!this.#styled) {
      this.#styled = true;
      const { elementStyles } = this.constructor as typeof TwofoldVerify;
      adoptStyles(this.renderRoot as ShadowRoot, [...elementStyles, ...this.#more.wayStyles(kit)]);
    }
    return this.#more;
  }

  readonly #showWays = async (): Promise<void> => {
    const flow = this.#flow;
    try {
      await this.#loadMore();
      flow?.showWays();
    } catch (error) {
      flow?.fail(error as ApiError);
    }
  };

  readonly #openSupport = async (): Promise<void> => {
    const flow = this.#flow;
    try {
      (await import("./support_element.js")).defineSupport(kit);
      if (flow === this.#flow) this.help = true;
    } catch {
      flow?.fail(new ApiError("network", 0));
    }
  };

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
    // Asked for help before: how that stands comes first, also after a reload.
    if (before === "" && flow.helped && this.mode === "sign-in") return void this.#openSupport();
    if (before !== "") void this.focusOn(flow.phase === "ready" && flow.way && !flow.way.unavailable ? "#field" : "h2");
    else if (this.autofocus) void this.focusOn("#field");
  }
}

function lead(way: Way, flow: VerifyFlow, t: Messenger["t"]): string {
  if (flow.waitsForMessage && !flow.delivery?.delivery && !flow.sending) return t("verify.lead_send", { to: way.to ?? "" });
  // One of several authenticators is named; the only one needs no name.
  const named = way.method === "totp" && way.enrollmentId && way.label && flow.ways.length > 2 ? "_named" : "";
  return t(`verify.lead_${way.method}${named}`, { label: way.label ?? "", to: way.to ?? "" });
}
