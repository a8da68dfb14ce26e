// copy.ts - the "copy code" buttons. Where the clipboard is refused the code is copied the old way
// from a selection, and where that is refused too it stays selected for Ctrl+C.

import { html, type TemplateResult } from 'lit';
import { t } from '../lib/i18n.js';

const kSaidMs = 2500;
type Outcome = 'copied' | 'selected';

export class CodeCopier {
  #last: { id: string; outcome: Outcome } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param changed  called when a button has to be drawn again
   * @param say      called with what a screen reader should hear
   */
  constructor(
    private readonly changed: () => void,
    private readonly say: (text: string) => void,
  ) {}

  /** @param id  of the message; its code stands in the element whose data-code-of is this id */
  button(id: string, code: string, look: string): TemplateResult {
    const outcome = this.#last?.id === id ? this.#last.outcome : undefined;
    const label = outcome === 'copied' ? t('mailbox.copied') : outcome === 'selected' ? t('mailbox.selected') : t('mailbox.copy');
    return html`<button type="button" class=${look} data-copied=${outcome ?? ''} @click=${() => void this.#copy(id, code)}>
      ${outcome === 'copied' ? kTick : kSheets}<span>${label}</span>
    </button>`;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #copy(id: string, code: string): Promise<void> {
    const outcome = await copyText(code, document.querySelector(`[data-code-of="${CSS.escape(id)}"]`));
    this.#last = { id, outcome };
    this.say(t(outcome === 'copied' ? 'mailbox.copied' : 'mailbox.selected'));
    this.changed();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#last = undefined;
      this.say('');
      this.changed();
    }, kSaidMs);
  }
}

async function copyText(text: string, shown: Element | null): Promise<Outcome> {
  try {
    await navigator.clipboard.writeText(text);
    return 'copied';
  } catch {
    // No permission, or no clipboard at all outside a secure context.
  }
  const selection = getSelection();
  if (!selection || !shown) return 'selected';
  selection.selectAllChildren(shown);
  try {
    return document.execCommand('copy') ? 'copied' : 'selected';
  } catch {
    return 'selected';
  }
}

const kSheets = html`<svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round">
  <rect x="7" y="7" width="9.5" height="9.5" rx="2" /><path d="M13 7V5.2A1.7 1.7 0 0 0 11.3 3.5H5.2A1.7 1.7 0 0 0 3.5 5.2v6.1A1.7 1.7 0 0 0 5.2 13H7" />
</svg>`;
const kTick = html`<svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
  <path d="m4 10.5 4 4 8-9" />
</svg>`;
