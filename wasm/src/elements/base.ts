// base.ts - what the three elements share: properties, language, focus, announcements, clean-up.
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { ApiClient, type ApiError, type ApiOptions, type Supplier } from "../api.js";
import { Messenger, loadMessages, preferredLanguages } from "../messenger.js";
import { elementCatalogs } from "./catalogs.js";
import { loadCore } from "./core_adapter.js";
import type { CoreLoader } from "./core_port.js";
import { twofoldEvent, type TwofoldEventMap, type TwofoldEventName } from "./events.js";
import { styles } from "./styles.js";

export abstract class TwofoldElement extends LitElement {
  static override styles = styles;
  static override properties: Record<string, object> = {
    api: { attribute: false },
    apiBase: { attribute: "api-base" },
    user: {},
    lang: { reflect: true },
    token: { attribute: false },
    csrf: { attribute: false },
    coreLoader: { attribute: false },
    bare: { type: Boolean, reflect: true },
    headingLevel: { type: Number, attribute: "heading-level" },
    i18n: { state: true },
    announcement: { state: true },
  };

  /** A client shared with the page; else one is made from the properties below. */
  declare api: ApiClient | undefined;
  declare apiBase: string;
  declare user: string;
  /** A widget token or its supplier. A property only: an attribute would put it into the page. */
  declare token: Supplier<string> | undefined;
  declare csrf: Supplier<string> | undefined;
  /** Without the card around it, for use inside one. */
  declare bare: boolean;
  declare headingLevel: number;
  protected declare i18n: Messenger | undefined;
  protected declare announcement: string;
  /** Where the core comes from; tests and pages with their own loader may set it. */
  declare coreLoader: CoreLoader;
  #ownApi: ApiClient | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #langRun = 0;
  #focusNext = "";

  constructor() {
    super();
    this.apiBase = "";
    this.user = "me";
    this.bare = false;
    this.headingLevel = 2;
    this.announcement = "";
    this.coreLoader = loadCore;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#loadLanguage();
    // Without its words an element shows nothing: it asks for them until they come.
    this.#ticker ??= setInterval(() => (this.i18n ? this.tick() : void this.#loadLanguage()), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // Being moved within the page is a disconnect and a connect in one task: only leaving ends it.
    queueMicrotask(() => {
      if (this.isConnected) return;
      clearInterval(this.#ticker);
      this.#ticker = undefined;
      this.end();
    });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("lang") && this.hasUpdated) void this.#loadLanguage();
    if (this.#ownApi) Object.assign(this.#ownApi, this.#options);
  }

  protected makeClient(options: ApiOptions): ApiClient {
    return new ApiClient(options);
  }

  protected makeMessenger(...[lang, messages]: ConstructorParameters<typeof Messenger>): Messenger {
    return new Messenger(lang, messages);
  }

  get #options(): ApiOptions {
    return { base: this.apiBase.replace(/\/+$/, ""), user: this.user, token: this.token, csrf: this.csrf };
  }

  protected get client(): ApiClient {
    return this.api ?? (this.#ownApi ??= this.makeClient(this.#options));
  }

  protected readonly core: CoreLoader = () => this.coreLoader();

  /** Once a second while in the page. */
  protected tick(): void {}

  /** The element left the page: drop every secret. */
  protected end(): void {}

  protected abstract body(i18n: Messenger): TemplateResult | typeof nothing;

  protected override render(): TemplateResult | typeof nothing {
    const { i18n } = this;
    if (!i18n) return nothing;
    return html`<div class="root" part="root" lang=${i18n.lang} dir=${i18n.dir}>
      ${this.body(i18n)}
      <p class="sr" role="status">${this.announcement}</p>
    </div>`;
  }

  protected get cardClass(): string {
    return this.bare ? "stack" : "card stack";
  }

  protected say<K extends TwofoldEventName>(name: K, detail: TwofoldEventMap[K]): void {
    this.dispatchEvent(twofoldEvent(name, detail));
  }

  protected readonly refused = (error: ApiError): void => {
    this.say("twofold-error", {
      code: error.code,
      status: error.status,
      ...(error.details.requestId !== undefined && { requestId: error.details.requestId }),
    });
    if (error.code === "unauthenticated") this.say("twofold-signed-out", { code: error.code });
  };

  /** Tells a screen reader, even the same words twice. */
  protected announce(text: string): void {
    this.announcement = "";
    void this.updateComplete.then(() => (this.announcement = text));
  }

  /**
   * After a change of step: the new heading (or a field) gets the focus, so that reading goes on there.
   * If it is not there yet (the words are still on their way), as soon as it is.
   */
  protected async focusOn(selector: string): Promise<void> {
    this.#focusNext = selector;
    this.requestUpdate();
    await this.updateComplete;
  }

  protected override updated(): void {
    const target = this.#focusNext && this.renderRoot.querySelector<HTMLElement>(this.#focusNext);
    if (!target) return;
    this.#focusNext = "";
    target.focus();
    if (target instanceof HTMLInputElement) target.select();
  }

  async #loadLanguage(): Promise<void> {
    const run = (this.#langRun += 1);
    const near = this.closest<HTMLElement>("[lang]")?.lang ?? "";
    const wanted = [this.lang, near, ...preferredLanguages()].filter(Boolean);
    const loaded = await loadMessages(elementCatalogs, wanted).catch(() => undefined);
    if (loaded && run === this.#langRun) this.i18n = this.makeMessenger(...loaded);
  }
}
