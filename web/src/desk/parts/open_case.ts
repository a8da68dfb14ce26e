// open_case.ts - <desk-open-case>: an agent opens a case for somebody who wrote, phoned or stands here.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { t } from '../../lib/i18n.js';
import { valueOf, type LateText } from '../../lib/page.js';
import { textField } from '../../parts/fields.js';
import { kChannels, kReasons, type Channel, type Reason, type UserDetail } from '../api.js';
import { DeskForm } from '../element.js';
import { caseHref, goTo } from '../routes.js';
import { desk } from '../session.js';
import { channelText, reasonText } from '../words.js';
import { kRefusals } from './refusals.js';
import { methodText } from './who.js';

@customElement('desk-open-case')
export class DeskOpenCase extends DeskForm {
  @property({ attribute: false }) user: UserDetail | undefined;
  @state() private reason: Reason | '' = '';

  override render(): TemplateResult {
    const stolen = this.reason === 'stolen' ? (this.user?.methods ?? []) : [];
    return html`<form novalidate @submit=${this.#open}>
      ${this.summary()}
      ${this.#select('reason', t('desk.open.reason'), kReasons.map((r) => [r, reasonText(r)]), (value) => (this.reason = value as Reason))}
      ${stolen.length > 0
        ? html`<fieldset>
            <legend>${t('desk.open.stolen')}</legend>
            <p class="muted small">${t('desk.open.stolen_hint')}</p>
            ${stolen.map(
              (m) => html`<label class="desk-check"><input type="checkbox" name="stolen" value=${m.enrollment_id} /> <span><bdi>${m.label}</bdi> <span class="muted small">${methodText(m.method)}</span></span></label>`,
            )}
          </fieldset>`
        : nothing}
      ${this.#select('channel', t('desk.open.channel'), kChannels.map((c) => [c, channelText(c)]))}
      ${textField({ name: 'contact', type: 'text', label: 'desk.open.contact', autocomplete: 'off', optional: true, hint: t('desk.open.contact_hint'), error: this.errorFor('contact') })}
      ${this.submitButton('desk.open.submit')}
    </form>`;
  }

  #select(name: string, label: string, options: readonly (readonly [string, string])[], chosen?: (value: string) => void): TemplateResult {
    const error = this.errorFor(name);
    return html`<div class="field">
      <label for=${name}>${label}</label>
      <select id=${name} name=${name} aria-required="true" aria-invalid=${error ? 'true' : 'false'} aria-describedby=${error ? `${name}-error` : nothing}
        @change=${(event: Event) => chosen?.((event.target as HTMLSelectElement).value)}>
        <option value="">${t('desk.open.choose')}</option>
        ${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}
      </select>
      ${error ? html`<p class="error" id="${name}-error">${error}</p>` : nothing}
    </div>`;
  }

  readonly #open = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const reason = valueOf(form, 'reason');
    const channel = valueOf(form, 'channel');
    const contact = valueOf(form, 'contact').trim();
    const refused = new Map<string, LateText>();
    if (!reason) refused.set('reason', () => t('desk.open.reason_missing'));
    if (!channel) refused.set('channel', () => t('desk.open.channel_missing'));
    if ([...contact].length > 200) refused.set('contact', () => t('desk.too_long', { count: 200 }));
    const { user } = this;
    if (!user || this.refuse(refused)) return;
    const stolen = [...form.querySelectorAll<HTMLInputElement>('[name=stolen]:checked')].map((box) => box.value);
    void this.submit(
      async () => {
        const opened = await desk.api.openCase({
          user_id: user.id,
          reason: reason as Reason,
          channel: channel as Channel,
          ...(contact && { contact }),
          ...(reason === 'stolen' && { stolen }),
        });
        goTo(caseHref(opened.id));
      },
      kRefusals,
      { contact: { field: 'contact', text: 'desk.open.contact_invalid' } },
    );
  };
}
