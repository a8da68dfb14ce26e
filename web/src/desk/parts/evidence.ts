// evidence.ts - <desk-evidence>: the checklist. What was checked, what it counts for and why not, and
// the form that records one more proof. A note is for others to understand; it holds no secret.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { t, when } from '../../lib/i18n.js';
import { valueOf, type LateText } from '../../lib/page.js';
import { textField } from '../../parts/fields.js';
import type { CaseDetail, Evidence, EvidenceKind, Kind } from '../api.js';
import { DeskForm } from '../element.js';
import { desk } from '../session.js';
import { actionOf, enough, groupText, kindHint, kindText, whyText } from '../words.js';
import { kRefusals } from './refusals.js';

/** As recorded, with the rule that of one group only the best counts. */
export function judged(all: readonly Evidence[]): readonly Evidence[] {
  const best = new Map<string, Evidence>();
  for (const e of all) {
    const known = e.group ? best.get(e.group) : undefined;
    if (e.counts && e.group && (!known || e.points > known.points)) best.set(e.group, e);
  }
  return all.map((e) => (e.counts && e.group && best.get(e.group) !== e ? { ...e, counts: false, why: 'same_group' } : e));
}

/** What recording it now would be worth: nothing the second time. */
function now(kind: EvidenceKind, all: readonly Evidence[]): EvidenceKind {
  return kind.counts && all.some((e) => e.kind === kind.kind && e.counts) ? { ...kind, counts: false, why: 'repeated' } : kind;
}

/** What a proof is worth, or why nothing. */
function worth(e: EvidenceKind): TemplateResult {
  return e.counts
    ? html`<span class="state good">${t('desk.evidence.points', { count: e.points })}</span>`
    : html`<span class="state warn">${t('desk.evidence.counts_not')}</span>`;
}

@customElement('desk-evidence')
export class DeskEvidence extends DeskForm {
  @property({ attribute: false }) case: CaseDetail | undefined;

  /** To the first kind that can be chosen; false when none can. */
  begin(): boolean {
    const first = this.querySelector<HTMLElement>('input[name=kind]:checked') ?? this.querySelector<HTMLElement>('input[name=kind]');
    first?.focus();
    return first !== null;
  }

  override render(): TemplateResult {
    const c = this.case;
    if (!c) return html``;
    const action = actionOf(c.actions, 'record_evidence');
    return html`<section class="card" aria-labelledby="desk-evidence">
      <h2 id="desk-evidence">${t('desk.evidence.title')}</h2>
      ${this.#meter(c)}
      ${c.evidence.length > 0 ? html`<ul class="desk-evidence-list">${judged(c.evidence).map((e) => this.#recorded(e))}</ul>` : html`<p class="muted">${t('desk.evidence.none')}</p>`}
      ${action.allowed
        ? this.#form(c)
        : c.next === 'none'
          ? nothing
          : html`<p class="muted">${t('desk.evidence.cannot')} ${whyText(action.why ?? 'state')}</p>`}
    </section>`;
  }

  #meter(c: CaseDetail): TemplateResult {
    const share = c.points_needed > 0 ? Math.min(1, c.points / c.points_needed) : 0;
    return html`<div class="desk-meter" data-enough=${enough(c) ? 'yes' : 'no'}>
      <p id="desk-points">${t('desk.evidence.sum', { points: c.points, needed: c.points_needed, count: c.groups.length })}</p>
      <progress max="1" .value=${share} aria-labelledby="desk-points"></progress>
      <p class="muted small">${t('desk.evidence.rule')}</p>
    </div>`;
  }

  #recorded(e: Evidence): TemplateResult {
    return html`<li>
      <div class="card-head"><strong>${kindText(e.kind)}</strong> ${worth(e)}</div>
      <p class="muted small">
        ${e.group ? html`${t('desk.evidence.group', { group: groupText(e.group) })} · ` : nothing}${t('desk.evidence.by', { name: e.recorded_by.name, time: when(e.recorded_at) })}
      </p>
      ${!e.counts && e.why ? html`<p class="small desk-why">${whyText(e.why)}</p>` : nothing}
      ${e.note ? html`<p class="small"><bdi>${e.note}</bdi></p>` : nothing}
    </li>`;
  }

  #form(c: CaseDetail): TemplateResult {
    const error = this.errorFor('kind');
    return html`<form novalidate @submit=${this.#record}>
      <h3>${t('desk.evidence.record_title')}</h3>
      ${this.summary()}
      <fieldset aria-describedby=${error ? 'kind-error' : nothing}>
        <legend class="visually-hidden">${t('desk.evidence.kind')}</legend>
        ${c.evidence_kinds.map((kind) => now(kind, c.evidence)).map(
          (k) => html`<label class="radio desk-kind">
            <input type="radio" name="kind" value=${k.kind} />
            <span>${kindText(k.kind)}</span>
            ${worth(k)}
            <small>${kindHint(k.kind)}
              <span class="desk-worth">${k.counts ? t('desk.evidence.group', { group: k.group ? groupText(k.group) : t('desk.group.other') }) : whyText(k.why ?? 'state')}</span></small>
          </label>`,
        )}
        ${error ? html`<p class="error" id="kind-error">${error}</p>` : nothing}
      </fieldset>
      ${textField({ name: 'note', type: 'text', label: 'desk.evidence.note', autocomplete: 'off', optional: true, hint: t('desk.evidence.note_hint'), error: this.errorFor('note') })}
      <button class="button" type="submit" aria-disabled=${this.busy ? 'true' : 'false'}>${t(this.busy ? 'working' : 'desk.action.record_evidence')}</button>
    </form>`;
  }

  readonly #record = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const kind = form.querySelector<HTMLInputElement>('[name=kind]:checked')?.value as Kind | undefined;
    const note = valueOf(form, 'note').trim();
    const refused = new Map<string, LateText>();
    if (!kind) refused.set('kind', () => t('desk.evidence.kind_missing'));
    if ([...note].length > 300) refused.set('note', () => t('desk.too_long', { count: 300 }));
    const id = this.case?.id;
    if (!kind || !id || this.refuse(refused)) {
      this.refuse(refused);
      return;
    }
    void this.submit(
      async () => {
        const changed = await desk.api.recordEvidence(id, kind, note);
        form.reset();
        this.dispatchEvent(new CustomEvent('desk-changed', { detail: { changed, said: 'desk.said.record_evidence' }, bubbles: true }));
      },
      kRefusals,
      { note: { field: 'note', text: 'desk.evidence.note_invalid' } },
    );
  };
}
