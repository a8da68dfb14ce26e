// time.ts - spans of time in words, and <desk-countdown>, which counts towards a moment.

import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { language, languageChanges, t } from '../lib/i18n.js';
import { desk } from './session.js';

type Unit = 'day' | 'hour' | 'minute' | 'second';
const kUnits: readonly (readonly [Unit, number])[] = [['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1]];

function amount(value: number, unit: Unit, display: 'long' | 'short'): string {
  return new Intl.NumberFormat(`${language()}-u-nu-latn`, { style: 'unit', unit, unitDisplay: display }).format(value);
}

/** The largest unit of a span and the next below it: "1 day 4 hr", "12 min"; seconds only when asked for. */
export function span(seconds: number, options: { seconds?: boolean; display?: 'long' | 'short' } = {}): string {
  const { display = 'short' } = options;
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [unit, size] of kUnits) {
    if (unit === 'second' && !options.seconds) break;
    const count = Math.floor(rest / size);
    rest -= count * size;
    const second = parts.length > 0;
    if (count > 0) parts.push(amount(count, unit, display));
    if (second) break;
  }
  const smallest = options.seconds ? 'second' : 'minute';
  if (parts.length === 0) return amount(0, smallest, display);
  return new Intl.ListFormat(`${language()}-u-nu-latn`, { style: 'narrow', type: 'unit' }).format(parts);
}

/** Seconds from the server's now to a moment; negative when it has passed. */
export function secondsUntil(moment: string): number {
  return (Date.parse(moment) - desk.api.now()) / 1000;
}

/** "waiting for 3 hr, 12 min": how long ago a moment was. */
export function since(moment: string): string {
  const seconds = -secondsUntil(moment);
  return span(seconds, { seconds: seconds < 60 });
}

/** Counts down to `until` each second; tells the page when it gets there (`desk-due`, once). */
@customElement('desk-countdown')
export class DeskCountdown extends LitElement {
  @property() until = '';
  #timer: ReturnType<typeof setInterval> | undefined;
  #told = '';
  readonly #redraw = (): void => this.requestUpdate();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(this.#redraw, 1000);
    languageChanges.addEventListener('change', this.#redraw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    languageChanges.removeEventListener('change', this.#redraw);
  }

  override render(): TemplateResult {
    const left = secondsUntil(this.until);
    return html`<time datetime=${this.until}>${left <= 0 ? t('desk.now') : span(Math.ceil(left), { seconds: left < 3600 })}</time>`;
  }

  protected override updated(): void {
    if (secondsUntil(this.until) > 0 || this.#told === this.until) return;
    this.#told = this.until;
    this.dispatchEvent(new Event('desk-due', { bubbles: true }));
  }
}
