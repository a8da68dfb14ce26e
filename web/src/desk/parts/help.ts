// help.ts - the overlay of `?`: the keys, and the switch that turns them off.

import { html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { t, type MessageKey } from '../../lib/i18n.js';
import { DeskElement } from '../element.js';
import { keysOn, setKeysOn } from '../keys.js';

const kLines: readonly { keys: readonly string[]; text: MessageKey }[] = [
  { keys: ['j', 'k'], text: 'desk.help.move' },
  { keys: ['Enter'], text: 'desk.help.enter' },
  { keys: ['g q'], text: 'desk.help.queue' },
  { keys: ['/'], text: 'desk.help.find' },
  { keys: ['n'], text: 'desk.help.new' },
  { keys: ['e'], text: 'desk.help.evidence' },
  { keys: ['r'], text: 'desk.help.refresh' },
  { keys: ['?'], text: 'desk.help.help' },
  { keys: ['Esc'], text: 'desk.help.close_key' },
];

@customElement('desk-help')
export class DeskHelp extends DeskElement {
  @state() private on = keysOn();

  open(): void {
    const dialog = this.querySelector('dialog');
    if (!dialog?.open) dialog?.showModal();
  }

  override render(): TemplateResult {
    return html`<dialog class="desk-help" aria-labelledby="desk-help-title" @click=${this.#outside}>
      <div class="card">
        <h2 id="desk-help-title">${t('desk.help.title')}</h2>
        <dl class="desk-keys">
          ${kLines.map(
            ({ keys, text }) => html`<div>
              <dt>${keys.map((k) => k.split(' ').map((one) => html`<kbd>${one}</kbd> `))}</dt>
              <dd>${t(text)}</dd>
            </div>`,
          )}
        </dl>
        <label class="desk-check"><input type="checkbox" .checked=${this.on} @change=${this.#switch} /> ${t('desk.help.on')}</label>
        <p class="muted small">${t('desk.help.on_hint')}</p>
        <form method="dialog"><button class="button secondary" autofocus>${t('desk.help.close')}</button></form>
      </div>
    </dialog>`;
  }

  readonly #switch = (event: Event): void => {
    this.on = (event.target as HTMLInputElement).checked;
    setKeysOn(this.on);
  };

  /** A press beside the box closes it. */
  readonly #outside = (event: MouseEvent): void => {
    const dialog = event.currentTarget as HTMLDialogElement;
    if (event.target === dialog) dialog.close();
  };
}
