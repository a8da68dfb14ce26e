// settings_element.ts - <twofold-settings>: Security Settings, whole.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { TwofoldApi, type ApiOptions, type AuditItem, type Device, type Enrollment, type ManageSubject } from "../api.js";
import { Translator, type Messages } from "../i18n.js";
import { activityText } from "./activity.js";
import { TwofoldElement } from "./base.js";
import { codesPanel } from "./codes_panel.js";
import { deviceName, devicesPanel } from "./devices_panel.js";
import { icon, kChevron, kKey, kShield, methodIcon } from "./icons.js";
import { kit } from "./kit.js";
import { button, field, heading, loading, notice, problemSlot, typed } from "./parts.js";
import { problemText } from "./problem.js";
import { SettingsFlow, type View } from "./settings_flow.js";
import type { VerifyTarget } from "./verify_flow.js";
import { moreStyles } from "./styles_more.js";
import { isSent } from "./text.js";

const kActivityLines = 6;

export class TwofoldSettings extends TwofoldElement {
  declare api: TwofoldApi | undefined;
  static override styles = moreStyles;
  static override properties = {
    ...TwofoldElement.properties,
    noActivity: { type: Boolean, attribute: "no-activity" },
    support: { state: true },
  };

  /** Leaves the list of recent activity out. */
  declare noActivity: boolean;
  /** Whether the element that tells of an open request to support is here. */
  protected declare support: boolean;
  #flow: SettingsFlow | undefined;
  #shown: View | undefined;
  #targets = new WeakMap<View, VerifyTarget>();

  /** Loads again what is shown, after a change made elsewhere on the page. */
  async refresh(): Promise<void> {
    await this.#flow?.load();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("beforeunload", this.#guard);
    if (this.hasUpdated) this.requestUpdate();
    else void this.#fetchSupport();
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
    if (this.#flow && !["api", "apiBase", "user"].some((name) => changed.has(name))) return;
    this.#flow?.clear();
    this.#shown = undefined;
    this.#flow = new SettingsFlow({ api: this.client, core: this.core, changed: () => this.#changed(), refused: this.refused });
    void this.#flow.load();
  }

  protected override body(i18n: Translator): TemplateResult | typeof nothing {
    const flow = this.#flow;
    if (!flow) return nothing;
    const { view } = flow;
    if (view.kind === "overview") return this.#overview(flow, i18n);
    return html`<section class=${this.cardClass} part="panel">${this.#panel(flow, view, i18n)}</section>`;
  }

  #panel(flow: SettingsFlow, view: View, i18n: Translator): TemplateResult | typeof nothing {
    const { t } = i18n;
    switch (view.kind) {
      case "loading":
        return loading(i18n);
      case "failed":
        return html`${notice("danger", html`${t("settings.load_failed")} ${flow.problem ? problemText(flow.problem, i18n) : nothing}`)}
          <div class="actions">${button(t("common.try_again"), { click: () => void flow.load() })}</div>`;
      case "recover":
        return this.#recover(flow, i18n);
      case "setup":
        return html`<twofold-setup
          bare
          cancelable
          .api=${this.client}
          .lang=${i18n.lang}
          .coreLoader=${this.coreLoader}
          .headingLevel=${this.headingLevel}
          .proofs=${view.proofs}
          .offers=${flow.offers}
          .replaces=${view.replaces}
          .recover=${view.recover}
          @twofold-enabled=${() => {
            this.say("twofold-changed", { change: view.replaces ? "replaced" : "added" });
            void flow.load();
          }}
          @twofold-setup-done=${() => flow.overview()}
          @twofold-cancel=${(event: Event) => {
            event.stopPropagation();
            flow.overview();
          }}
        ></twofold-setup>`;
      case "remove":
        return this.#guarded(view, flow, i18n, {
          title: t("settings.remove_title", { label: view.enrollment.label }),
          text: t("settings.remove_text"),
          submit: t("settings.remove_confirm"),
          subject: { action: "remove_factor", object: view.enrollment.id },
          danger: true,
          run: flow.remove(view.enrollment),
          done: () => this.say("twofold-changed", { change: "removed" }),
        });
      case "regenerate":
        return this.#guarded(view, flow, i18n, {
          title: t("settings.regenerate_title"),
          text: t("settings.regenerate_text"),
          submit: t("settings.regenerate"),
          subject: { action: "regenerate" },
          danger: false,
          run: flow.regenerate,
          done: () => this.say("twofold-changed", { change: "backup_codes" }),
        });
      case "disable":
        return this.#guarded(view, flow, i18n, {
          title: t("settings.turn_off_title"),
          text: t("settings.turn_off_means"),
          more: t("settings.turn_off_code"),
          submit: t("settings.turn_off_confirm"),
          subject: { action: "disable" },
          danger: true,
          run: flow.disable,
          done: () => this.say("twofold-disabled", {}),
        });
      case "codes":
        return codesPanel(view.flow, {
          i18n,
          level: this.headingLevel,
          account: flow.account,
          announce: (text) => this.announce(text),
          saved: (count) => {
            this.say("twofold-backup-codes-saved", { count });
            flow.overview({ key: "settings.regenerated" });
            void flow.load();
          },
          refocus: () => void this.focusOn("#field"),
        });
      case "password":
        return html`<div>
            ${heading(t("password.title"), this.headingLevel)}
            <p class="lead">${t("password.lead")}</p>
          </div>
          <form novalidate @submit=${(event: SubmitEvent) => void this.#password(flow, typed(event))}>
            ${field({ label: t("password.label"), problem: flow.problem, kind: "password" })} ${problemSlot(flow.problem, i18n)}
            <div class="actions">
              ${button(t("common.continue"), { look: "primary", busy: flow.busy })}
              ${button(t("common.cancel"), { click: () => flow.overview() })}
            </div>
          </form>`;
      case "overview":
        return nothing;
    }
  }

  /** A change that takes a code in the same request: what it means, then the code. */
  #guarded(
    view: View,
    flow: SettingsFlow,
    { lang }: Translator,
    o: {
      title: string;
      text: string;
      more?: string;
      submit: string;
      subject: ManageSubject;
      danger: boolean;
      run: Parameters<SettingsFlow["proof"]>[1];
      done: () => void;
    },
  ): TemplateResult {
    let target = this.#targets.get(view);
    if (!target) {
      const run: typeof o.run = async (proof) => {
        await o.run(proof);
        o.done();
      };
      this.#targets.set(view, (target = flow.proof(o.subject, run)));
    }
    return html`<div>
        ${heading(o.title, this.headingLevel)}
        <p class="lead">${o.text}</p>
        ${o.more ? html`<p class="lead">${o.more}</p>` : nothing}
      </div>
      <twofold-verify
        bare
        cancelable
        .api=${this.client}
        .lang=${lang}
        .coreLoader=${this.coreLoader}
        .target=${target}
        .submitLabel=${o.submit}
        .danger=${o.danger}
        @twofold-cancel=${(event: Event) => {
          event.stopPropagation();
          flow.overview();
        }}
      ></twofold-verify>`;
  }

  #overview(flow: SettingsFlow, i18n: Translator): TemplateResult {
    const { t } = i18n;
    const on = flow.enabled;
    return html`
      ${this.support
        ? html`<twofold-support only-open .api=${this.client} .lang=${i18n.lang} .headingLevel=${this.headingLevel}></twofold-support>`
        : nothing}
      ${flow.notice ? html`<div class="card-gap">${notice("success", t(flow.notice.key, flow.notice.params))}</div>` : nothing}
      <section class="card stack" part="panel panel-status">
        <div>
          <div class="head">
            ${heading(t("settings.title"), this.headingLevel)}
            <span class="badge ${on ? "on" : ""}" part="badge">${t(on ? "settings.on" : "settings.off")}</span>
          </div>
          <p class="lead">${t(on ? "settings.on_text" : "settings.off_text")}</p>
          ${on ? nothing : html`<p class="lead">${t("settings.off_time")}</p>`}
        </div>
        ${problemSlot(flow.renaming ? undefined : flow.problem, i18n)}
        ${on
          ? html`${this.#methods(flow, i18n)}`
          : html`<div class="actions">
              ${button(t("settings.enable"), { look: "primary", icon: kShield, click: () => flow.setUp() })}
            </div>`}
      </section>
      ${on ? this.#backup(flow, i18n) : nothing}
      ${flow.devices.length > 0
        ? devicesPanel(flow.devices, {
            i18n,
            level: this.headingLevel,
            now: new Date(this.client.now()),
            forget: (device) => void this.#forget(flow, device, i18n),
          })
        : nothing}
      ${this.noActivity || !flow.activity ? nothing : this.#activity(flow.activity, i18n)}
      ${on
        ? html`<section class="card" part="panel panel-off">
            <div class="between">
              <div>
                <h3 aria-level=${this.headingLevel + 1}>${t("settings.turn_off")}</h3>
                <p class="help">${t("settings.turn_off_text")}</p>
              </div>
              <button type="button" class="button danger-outline" part="button button-danger" @click=${() => flow.show({ kind: "disable" })}>
                ${t("settings.turn_off_confirm")}
              </button>
            </div>
          </section>`
        : nothing}
    `;
  }

  #methods(flow: SettingsFlow, i18n: Translator): TemplateResult {
    const { t } = i18n;
    return html`<div class="tight">
      <h3 aria-level=${this.headingLevel + 1}>${t("settings.methods")}</h3>
      <ul class="things">
        ${flow.enrollments.map((e) => (flow.renaming === e.id ? this.#renaming(flow, e, i18n) : this.#method(flow, e, i18n)))}
      </ul>
      <div>${button(t("settings.add"), { icon: kShield, click: () => flow.setUp() })}</div>
      ${flow.advice.map((key) => notice("info", t(key)))}
    </div>`;
  }

  #method(flow: SettingsFlow, e: Enrollment, i18n: Translator): TemplateResult {
    const { t } = i18n;
    const now = new Date(this.client.now());
    const { label } = e;
    const move = isSent(e.method) ? `settings.change_${e.method}` : "settings.move";
    const of = (action: string): string => t("settings.action_of", { action: t(action), label });
    return html`<li part="method">
      <span class="tile">${methodIcon(e.method)}</span>
      <div class="grow">
        <p class="title">
          <bdi>${label}</bdi>
          ${e.preferred && flow.enrollments.length > 1 ? html`<span class="badge accent" part="badge">${t("settings.preferred")}</span>` : nothing}
          ${e.problem ? html`<span class="badge warn" part="badge">${t(`problem.${e.problem}`)}</span>` : nothing}
        </p>
        ${e.to ? html`<p><bdi dir="ltr" part="address">${e.to}</bdi></p>` : nothing}
        ${label === t(`method.${e.method}`) ? nothing : html`<p class="help">${t(`method.${e.method}`)}</p>`}
        <p class="help">
          ${t("settings.added", { date: i18n.date(e.activated_at ?? e.created_at) })} ·
          ${e.last_used_at ? t("settings.last_used", { when: i18n.ago(e.last_used_at, now) }) : t("settings.never_used")}
        </p>
      </div>
      ${e.problem ? html`<div class="wide">${notice("warning", t(`settings.problem_${e.problem}`))}</div>` : nothing}
      <div class="actions">
        ${button(t("settings.rename"), { look: "link", label: of("settings.rename"), click: () => flow.startRename(e) })}
        ${button(t(move), { look: "link", label: of(move), click: () => flow.setUp(e) })}
        ${e.preferred || flow.enrollments.length < 2
          ? nothing
          : button(t("settings.make_preferred"), { look: "link", label: of("settings.make_preferred"), click: () => void flow.prefer(e) })}
        ${button(t("settings.remove"), {
          look: "link",
          label: of("settings.remove"),
          // Removing the last one is turning 2FA off, and is told so.
          click: () => flow.show(flow.enrollments.length > 1 ? { kind: "remove", enrollment: e } : { kind: "disable" }),
        })}
      </div>
    </li>`;
  }

  #renaming(flow: SettingsFlow, e: Enrollment, i18n: Translator): TemplateResult {
    const { t } = i18n;
    const submit = async (event: SubmitEvent): Promise<void> => {
      if (await flow.rename(e, typed(event))) this.say("twofold-changed", { change: "renamed" });
      else if (flow.problem?.field) await this.focusOn("#field");
    };
    return html`<li part="method">
      <form novalidate @submit=${submit}>
        ${field({ label: t("setup.name_label"), problem: flow.problem, kind: "name", value: e.label })} ${problemSlot(flow.problem, i18n)}
        <div class="actions">
          ${button(t("settings.save"), { look: "primary", busy: flow.busy })}
          ${button(t("common.cancel"), { click: () => flow.startRename(undefined) })}
        </div>
      </form>
    </li>`;
  }

  #backup(flow: SettingsFlow, i18n: Translator): TemplateResult | typeof nothing {
    const { t } = i18n;
    const { backup } = flow;
    if (!backup) return nothing;
    return html`<section class="card stack" part="panel panel-backup">
      <div class="between">
        <div>
          <h3 aria-level=${this.headingLevel + 1}>${t("settings.backup")}</h3>
          <p class="help">${t("settings.backup_text")}</p>
          <p class="help">
            <strong>${t("settings.backup_left", { count: backup.remaining })}</strong>
            ${backup.created_at ? html` · ${t("settings.backup_created", { date: i18n.date(backup.created_at) })}` : nothing}
          </p>
        </div>
        ${button(t("settings.regenerate"), {
          look: flow.lowBackupCodes ? "primary" : "plain",
          icon: kKey,
          click: () => flow.show({ kind: "regenerate" }),
        })}
      </div>
      ${flow.lowBackupCodes ? notice("warning", t("settings.backup_low", { count: backup.remaining })) : nothing}
    </section>`;
  }

  async #forget(flow: SettingsFlow, device: Device, i18n: Translator): Promise<void> {
    if (!(await flow.forget(device, deviceName(device, i18n)))) return;
    // The button is gone with its line: read on from the top, where it is said what happened.
    await this.focusOn("h2");
  }

  #activity(items: readonly AuditItem[], i18n: Translator): TemplateResult {
    const { t } = i18n;
    const now = new Date(this.client.now());
    const lines = items.flatMap((item) => {
      const text = activityText(item, i18n);
      return text ? [{ text, at: item.at }] : [];
    });
    return html`<section class="card tight" part="panel panel-activity">
      <h3 aria-level=${this.headingLevel + 1}>${t("settings.activity")}</h3>
      ${lines.length === 0
        ? html`<p class="help">${t("settings.activity_empty")}</p>`
        : html`<ul class="activity">
            ${lines.slice(0, kActivityLines).map(
              ({ text, at }) => html`<li>
                <span>${text}</span>
                <time datetime=${at} title=${i18n.dateTime(at)}>${i18n.ago(at, now)}</time>
              </li>`,
            )}
          </ul>`}
    </section>`;
  }

  /** Signed in by a backup code: how many are left, and the one change that needs no other code. */
  #recover(flow: SettingsFlow, i18n: Translator): TemplateResult {
    const { t } = i18n;
    const left = flow.backup?.remaining;
    const option = (symbol: TemplateResult, title: string, help: string, click: () => void): TemplateResult => html`<li>
      <button type="button" class="option" part="option" @click=${click}>
        ${symbol}
        <div>
          <span class="title">${title}</span>
          <span class="help">${help}</span>
        </div>
        ${icon(kChevron, true)}
      </button>
    </li>`;
    const codes = async (): Promise<void> => {
      if (await flow.recoverCodes()) this.say("twofold-changed", { change: "backup_codes" });
    };
    return html`<div>
        <div class="hero plain">${icon(kKey)}</div>
        ${heading(t("settings.recover_back"), this.headingLevel)}
        <p class="lead">${t("settings.recover_text", { time: flow.recover ? i18n.date(flow.recover.expires_at, { timeStyle: "short" }) : "" })}</p>
        ${left === undefined ? nothing : html`<p class="lead"><strong>${t("settings.backup_left", { count: left })}</strong></p>`}
      </div>
      ${flow.lowBackupCodes ? notice("warning", t("settings.backup_low", { count: left ?? 0 })) : nothing} ${problemSlot(flow.problem, i18n)}
      <ul class="options">
        ${flow.enrollments.map((e) =>
          option(methodIcon(e.method), t("settings.recover_lost", { label: e.label }), t("settings.recover_lost_help"), () => flow.setUp(e, true)),
        )}
        ${option(icon(kShield), t("settings.add"), t("settings.recover_add_help"), () => flow.setUp(undefined, true))}
        ${option(icon(kKey), t("settings.recover_codes"), t("settings.recover_codes_help"), () => void codes())}
      </ul>
      <div>
        ${button(t("settings.recover_later"), {
          look: "link",
          click: () => {
            flow.overview();
            this.say("twofold-cancel", {});
          },
        })}
      </div>`;
  }

  /** A request to support is told of on top, to whoever may be its owner. */
  async #fetchSupport(): Promise<void> {
    if (!this.client.session) return;
    const module = await import("./support_element.js").catch(() => undefined);
    module?.defineSupport(kit);
    this.support = module !== undefined;
  }

  async #password(flow: SettingsFlow, password: string): Promise<void> {
    await flow.reauthenticate(password);
    if (flow.problem?.field) await this.focusOn("#field");
  }

  #changed(): void {
    this.requestUpdate();
    const flow = this.#flow;
    if (!flow) return;
    const { view } = flow;
    const before = this.#shown;
    this.#shown = view;
    if (flow.notice && this.i18n) this.announce(this.i18n.t(flow.notice.key, flow.notice.params));
    if (flow.renaming) void this.focusOn("#field");
    else if (before && before !== view && before.kind !== "loading" && view.kind !== "setup") void this.focusOn("h2");
  }

  readonly #guard = (event: BeforeUnloadEvent): void => {
    if (this.#flow?.view.kind === "codes") event.preventDefault();
  };
}
