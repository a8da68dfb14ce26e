// decide.ts - <desk-decide>: what this person may do with the case; what they may not says why, in
// text that is always there. Each choice is confirmed in a dialog that says what it sets going.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { t, type MessageKey } from '../../lib/i18n.js';
import { type LateText } from '../../lib/page.js';
import type { ActionName, CaseDetail, Deliver } from '../api.js';
import { DeskForm } from '../element.js';
import { desk } from '../session.js';
import { actionOf, deliverText, kActionNames, whyText } from '../words.js';
import { kRefusals } from './refusals.js';

type Choice = Exclude<ActionName, 'record_evidence'>;

const kChoices: readonly { name: Choice; style: string; lead: MessageKey; said: MessageKey; asks?: 'reason' | 'deliver' }[] = [
  { name: 'approve', style: '', lead: 'desk.decide.approve', said: 'desk.said.approve', asks: 'deliver' },
  { name: 'resume', style: '', lead: 'desk.decide.resume', said: 'desk.said.resume', asks: 'reason' },
  { name: 'reissue_link', style: 'secondary', lead: 'desk.decide.reissue_link', said: 'desk.said.reissue_link' },
  { name: 'reject', style: 'secondary', lead: 'desk.decide.reject', said: 'desk.said.reject', asks: 'reason' },
  { name: 'cancel', style: 'secondary', lead: 'desk.decide.cancel', said: 'desk.said.cancel' },
];

@customElement('desk-decide')
export class DeskDecide extends DeskForm {
  @property({ attribute: false }) case: CaseDetail | undefined;
  @state() private choice: (typeof kChoices)[number] | undefined;

  override render(): TemplateResult {
    const c = this.case;
    if (!c) return html``;
    return html`<section class="card" aria-labelledby="desk-decide">
        <h2 id="desk-decide">${t('desk.decide.title')}</h2>
        ${c.next === 'none'
          ? html`<p class="muted">${t('desk.decide.over')}</p>`
          : html`<ul class="desk-choices">${kChoices.map((choice) => this.#button(c, choice))}</ul>`}
      </section>
      <dialog aria-labelledby="desk-dialog-title" @close=${this.#closed}>${this.choice ? this.#form(c, this.choice) : nothing}</dialog>`;
  }

  #button(c: CaseDetail, choice: (typeof kChoices)[number]): TemplateResult {
    const { allowed, why } = actionOf(c.actions, choice.name);
    const id = `desk-why-${choice.name}`;
    return html`<li>
      <button type="button" class="button ${allowed ? choice.style : 'secondary desk-refused'}" aria-disabled=${allowed ? 'false' : 'true'}
        aria-describedby=${allowed ? nothing : id} @click=${allowed ? () => this.#ask(choice) : nothing}>${t(kActionNames[choice.name])}</button>
      ${allowed ? nothing : html`<p class="small muted" id=${id}>${whyText(why ?? 'state')}</p>`}
    </li>`;
  }

  #form(c: CaseDetail, choice: (typeof kChoices)[number]): TemplateResult {
    return html`<form class="card" novalidate @submit=${this.#submit}>
      <h2 id="desk-dialog-title" tabindex="-1">${t(kActionNames[choice.name])}</h2>
      <p>${t(choice.lead)}</p>
      ${this.summary()}
      ${choice.asks === 'deliver' ? this.#delivers(c) : choice.asks === 'reason' ? this.#reason() : nothing}
      <div class="row">
        <button class="button" type="submit" aria-disabled=${this.busy ? 'true' : 'false'}>${t(this.busy ? 'working' : kActionNames[choice.name])}</button>
        <button class="button secondary" type="button" @click=${this.#close}>${t('desk.decide.back')}</button>
      </div>
    </form>`;
  }

  #reason(): TemplateResult {
    const error = this.errorFor('reason');
    return html`<div class="field">
      <label for="desk-reason">${t('desk.decide.reason')}</label>
      <textarea id="desk-reason" name="reason" rows="3" aria-required="true" aria-invalid=${error ? 'true' : 'false'}
        aria-describedby="desk-reason-hint ${error ? 'desk-reason-error' : ''}"></textarea>
      <p class="hint" id="desk-reason-hint">${t('desk.decide.reason_hint')}</p>
      ${error ? html`<p class="error" id="desk-reason-error">${error}</p>` : nothing}
    </div>`;
  }

  #delivers(c: CaseDetail): TemplateResult {
    const first = c.deliver.find((d) => d.allowed)?.to;
    return html`<fieldset>
      <legend>${t('desk.decide.deliver')}</legend>
      ${c.deliver.map(
        (d) => html`<label class="radio" ?data-off=${!d.allowed}>
          <input type="radio" name="deliver" value=${d.to} ?checked=${d.to === first} ?disabled=${!d.allowed} />
          <span>${deliverText(d.to)}</span>
          ${d.allowed ? nothing : html`<small>${whyText(d.why ?? 'state')}</small>`}
        </label>`,
      )}
    </fieldset>`;
  }

  #ask(choice: (typeof kChoices)[number]): void {
    this.choice = choice;
    this.refuse(new Map());
    void this.updateComplete.then(() => {
      const dialog = this.querySelector('dialog');
      if (!dialog?.open) dialog?.showModal();
      (this.querySelector<HTMLElement>('dialog :is(textarea, input:checked)') ?? this.querySelector<HTMLElement>('#desk-dialog-title'))?.focus();
    });
  }

  readonly #close = (): void => this.querySelector('dialog')?.close();

  /** What was typed for one choice is not there for the next. */
  readonly #closed = (): void => void (this.choice = undefined);

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const { choice } = this;
    const id = this.case?.id;
    if (!choice || !id) return;
    const reason = form.querySelector('textarea')?.value.trim() ?? '';
    const refused = new Map<string, LateText>();
    if (choice.asks === 'reason' && !reason) refused.set('reason', () => t('desk.decide.reason_missing'));
    if ([...reason].length > 300) refused.set('reason', () => t('desk.too_long', { count: 300 }));
    if (this.refuse(refused)) return;
    const deliver = form.querySelector<HTMLInputElement>('[name=deliver]:checked')?.value as Deliver | undefined;
    void this.submit(
      async () => {
        const changed = await this.#run(choice.name, id, reason, deliver);
        this.#close();
        this.dispatchEvent(new CustomEvent('desk-changed', { detail: { changed, said: choice.said }, bubbles: true }));
      },
      kRefusals,
      { reason: { field: 'reason', text: 'desk.decide.reason_invalid' } },
    );
  };

  #run(name: Choice, id: string, reason: string, deliver: Deliver | undefined): Promise<CaseDetail> {
    switch (name) {
      case 'approve':
        return desk.api.approve(id, deliver);
      case 'reject':
        return desk.api.reject(id, reason);
      case 'resume':
        return desk.api.resume(id, reason);
      case 'cancel':
        return desk.api.cancelCase(id);
      case 'reissue_link':
        return desk.api.newLink(id);
    }
  }
}
