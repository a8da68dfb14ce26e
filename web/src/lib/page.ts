// page.ts - what every page is: a Lit element without a shadow (forms, password managers and the
// one style sheet work as in plain HTML) that draws again when language or session change.

import { LitElement, html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { languageChanges, t, type MessageKey } from './i18n.js';
import { session } from './session.js';
import { errorText, refusedFields } from './errors.js';

export abstract class PageElement extends LitElement {
  /** Whether the page moves the focus by itself when it opens; else its heading gets it. */
  readonly ownFocus: boolean = false;
  readonly #redraw = (): void => this.requestUpdate();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    languageChanges.addEventListener('change', this.#redraw);
    session.addEventListener('change', this.#redraw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    languageChanges.removeEventListener('change', this.#redraw);
    session.removeEventListener('change', this.#redraw);
  }
}

/** A text made when it is drawn, so that it follows a change of language. */
export type LateText = () => string;

/** A page with one form: refusals next to the field and in a summary that takes the focus. */
export abstract class FormPage extends PageElement {
  @state() protected busy = false;
  @state() protected fieldErrors: ReadonlyMap<string, LateText> = new Map();
  @state() protected failure: LateText | undefined;

  /** Shows the refusals and moves to them; returns false when there are none. */
  protected refuse(fields: ReadonlyMap<string, LateText>, failure?: LateText): boolean {
    this.fieldErrors = fields;
    this.failure = failure;
    if (fields.size === 0 && !failure) return false;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('[data-summary]')?.focus());
    return true;
  }

  /**
   * Runs one submission: at most one at a time, errors shown by their code.
   * @param special  texts for codes that mean something particular here
   * @param fields   the form's field for a member the server may refuse, and the text for it
   */
  protected async submit(
    work: () => Promise<void>,
    special: Partial<Record<string, MessageKey>> = {},
    fields: Readonly<Record<string, { field: string; text: MessageKey }>> = {},
  ): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.refuse(new Map());
    try {
      await work();
    } catch (error) {
      const refused = new Map<string, LateText>();
      for (const name of refusedFields(error)) {
        const known = fields[name];
        if (known) refused.set(known.field, () => t(known.text));
      }
      this.refuse(refused, refused.size > 0 ? undefined : () => errorText(error, special));
    } finally {
      this.busy = false;
    }
  }

  protected summary(): TemplateResult | typeof nothing {
    if (this.fieldErrors.size === 0 && !this.failure) return nothing;
    return html`<div class="notice bad" role="group" aria-labelledby="${this.localName}-summary" tabindex="-1" data-summary>
      <strong id="${this.localName}-summary">${this.failure ? this.failure() : t('form.summary')}</strong>
      ${this.fieldErrors.size > 0
        ? html`<ul>
            ${[...this.fieldErrors].map(
              ([name, text]) =>
                html`<li><button type="button" class="plain-link" @click=${() => this.#focusField(name)}>${text()}</button></li>`,
            )}
          </ul>`
        : nothing}
    </div>`;
  }

  protected errorFor(name: string): string {
    return this.fieldErrors.get(name)?.() ?? '';
  }

  protected submitButton(label: MessageKey): TemplateResult {
    return html`<button class="button block" type="submit" aria-disabled=${this.busy ? 'true' : 'false'}>
      ${this.busy ? html`<span class="spinner" aria-hidden="true"></span>${t('working')}` : t(label)}
    </button>`;
  }

  #focusField(name: string): void {
    this.querySelector<HTMLElement>(`[name="${name}"]`)?.focus();
  }
}

/** The text of a form's field; "" when it has none. */
export function valueOf(form: HTMLFormElement, name: string): string {
  const control = form.elements.namedItem(name);
  return control instanceof HTMLInputElement || control instanceof HTMLSelectElement ? control.value : '';
}

/** What is wrong with an email address as typed; the server has the last word. */
export function emailFault(value: string): MessageKey | undefined {
  const text = value.trim();
  if (!text) return 'form.email_missing';
  return /^[^\s@<>,;:"]{1,64}@[^\s@<>,;:".][^\s@<>,;:"]*\.[^\s@<>,;:".]{2,}$/.test(text) && text.length <= 254
    ? undefined
    : 'form.email_invalid';
}
