// fields.ts - the form fields: label, hint and refusal tied to the control for assistive technology.

import { LitElement, html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { languageChanges, t, type MessageKey } from '../lib/i18n.js';
import { strength, type Strength } from '../lib/strength.js';

interface FieldOptions {
  readonly name: string;
  readonly label: MessageKey;
  readonly error?: string;
  readonly hint?: string;
  readonly value?: string;
  readonly optional?: boolean;
  readonly autocomplete: string;
}

export function describedBy(...ids: readonly (string | false)[]): string | typeof nothing {
  const kept = ids.filter(Boolean);
  return kept.length > 0 ? kept.join(' ') : nothing;
}

export function textField(options: FieldOptions & { readonly type: 'email' | 'text' }): TemplateResult {
  const { name, error = '', hint = '' } = options;
  return html`<div class="field">
    <label for=${name}>${t(options.label)} ${options.optional ? html`<span class="muted small">(${t('optional')})</span>` : nothing}</label>
    <input
      id=${name} name=${name} type=${options.type} autocomplete=${options.autocomplete} spellcheck="false"
      autocapitalize=${options.type === 'email' ? 'none' : 'words'} .value=${options.value ?? ''}
      aria-invalid=${error ? 'true' : 'false'} aria-required=${options.optional ? 'false' : 'true'}
      aria-describedby=${describedBy(hint !== '' && `${name}-hint`, error !== '' && `${name}-error`)}
    />
    ${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : nothing}
    ${error ? html`<p class="error" id="${name}-error">${error}</p>` : nothing}
  </div>`;
}

/** A password with a button that shows it, and, for a new one, an honest hint how good it is. */
@customElement('password-field')
export class PasswordField extends LitElement {
  /** The name of the input, which is what the form sees. */
  @property({ attribute: 'field' }) name = 'password';
  @property() label: MessageKey = 'field.password';
  @property() kind: 'current-password' | 'new-password' = 'current-password';
  @property() error = '';
  /** Words the password should not be built on: the address, the name. */
  @property({ attribute: false }) own: readonly string[] = [];
  @property({ type: Boolean }) rate = false;
  @state() private shown = false;
  @state() private rating: Strength | undefined;

  readonly #redraw = (): void => this.requestUpdate();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.classList.add('field');
    languageChanges.addEventListener('change', this.#redraw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    languageChanges.removeEventListener('change', this.#redraw);
    // The text of a password does not outlive its form.
    this.clear();
  }

  clear(): void {
    const input = this.querySelector('input');
    if (input) input.value = '';
    this.rating = undefined;
    this.shown = false;
  }

  override render(): TemplateResult {
    const { name, error } = this;
    return html`<label for=${name}>${t(this.label)}</label>
      <div class="password">
        <input
          id=${name} name=${name} data-secret type=${this.shown ? 'text' : 'password'} autocomplete=${this.kind}
          autocapitalize="none" spellcheck="false" aria-required="true" aria-invalid=${error ? 'true' : 'false'}
          aria-describedby=${describedBy(this.rate && `${name}-strength`, error !== '' && `${name}-error`)}
          @input=${this.#typed}
        />
        <button type="button" class="reveal" aria-pressed=${this.shown ? 'true' : 'false'} aria-label=${t('field.show_password')} title=${t(this.shown ? 'field.hide_password' : 'field.show_password')} @click=${this.#toggle}>
          ${eye(this.shown)}
        </button>
      </div>
      <span class="visually-hidden" role="status">${this.shown ? t('field.password_shown') : nothing}</span>
      ${this.rate ? this.#strength() : nothing}
      ${error ? html`<p class="error" id="${name}-error">${error}</p>` : nothing}`;
  }

  #strength(): TemplateResult {
    const { rating } = this;
    const text = !rating
      ? t('strength.hint')
      : t(`strength.${rating.reason}`, { count: rating.length });
    return html`<div class="strength" data-level=${rating?.level ?? 0}>
      ${rating ? html`<div class="meter" aria-hidden="true"><i></i><i></i><i></i></div>` : nothing}
      <p id="${this.name}-strength" aria-live="polite">${text}</p>
    </div>`;
  }

  #typed(event: Event): void {
    const { value } = event.target as HTMLInputElement;
    this.rating = this.rate && value ? strength(value, this.own) : undefined;
  }

  #toggle(): void {
    this.shown = !this.shown;
  }
}

function eye(open: boolean): TemplateResult {
  return html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    <path d="M2.5 12s3.5-6.5 9.5-6.5 9.5 6.5 9.5 6.5-3.5 6.5-9.5 6.5S2.5 12 2.5 12Z" />
    <circle cx="12" cy="12" r="2.75" />
    ${open ? nothing : svg`<path d="M4 20 20 4" />`}
  </svg>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'password-field': PasswordField;
  }
}
