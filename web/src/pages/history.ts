// history.ts - what happened in this account, newest first: to read, to take along, and to check in this
// browser. The check (a wasm module of its own) is fetched when somebody asks for it.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { ActivityWords } from '@twofold/elements/activity-words';
import { ApiError, type AuditItem, type Page } from '@twofold/elements/api';
import type { HistoryFault, HistoryReport, JwkSet } from '@twofold/elements/audit';
import { errorText } from '../lib/errors.js';
import { language, t, when, type MessageKey } from '../lib/i18n.js';
import { PageElement, type LateText } from '../lib/page.js';
import { session } from '../lib/session.js';

interface Item extends AuditItem {
  readonly sequence: number;
  readonly actor: string;
}
type Format = 'jsonl' | 'csv';
type Job = 'list' | 'check' | Format;

/** How many faults are told; a history of another key would show thousands. */
const kFaultsShown = 8;
const kPage = 25;

/** Steps between, which <twofold-settings> leaves out. */
const kSteps: Readonly<Record<string, MessageKey>> = {
  'account.asked': 'history.step_account_asked',
  'account.changed': 'history.step_profile',
  'account.created': 'history.step_account_created',
  'account.frozen': 'history.step_frozen',
  'account.reset_asked': 'history.step_reset_asked',
  'assertion.redeemed': 'history.step_assertion',
  'backup_code.tried': 'history.step_backup_tried',
  'challenge.created': 'history.step_code_asked',
  'code.sent': 'history.step_code_sent',
  'device.ended': 'history.step_device_ended',
  'device.remembered': 'history.step_device_remembered',
  'device.reused': 'history.step_device_stolen',
  'device.used': 'history.step_device_used',
  'enrollment.ended': 'history.step_setup_ended',
  'enrollment.started': 'history.step_setup_started',
  'session.reauthenticated': 'history.step_password_again',
  'sign_in.password': 'history.step_password',
  'user.changed': 'history.step_profile',
  'user.created': 'history.step_account_created',
};

const kFaults: Readonly<Record<HistoryFault['what'], MessageKey>> = {
  edited: 'history.fault_edited',
  missing: 'history.fault_missing',
  cut: 'history.fault_cut',
  checkpoint: 'history.fault_checkpoint',
  unreadable: 'history.fault_unreadable',
};

/** The whole of an export: its parts one behind the other. */
async function fetchHistory(format: Format): Promise<string> {
  let path: string | undefined = `/v1/users/me/audit/export?format=${format}`;
  let text = '';
  while (path !== undefined) {
    const answer: Response = await fetch(path, { cache: 'no-store', credentials: 'same-origin' }).catch(() => {
      throw new ApiError('network', 0);
    });
    if (!answer.ok) {
      const body = (await answer.json().catch(() => undefined)) as { code?: string } | undefined;
      throw new ApiError((body?.code ?? 'unexpected') as ApiError['code'], answer.status);
    }
    text += await answer.text();
    path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('Link') ?? '')?.[1];
  }
  return text;
}

@customElement('page-history')
export class PageHistory extends PageElement {
  @state() private items: readonly Item[] = [];
  @state() private cursor: string | null | undefined;
  @state() private words: ActivityWords | undefined;
  @state() private running: ReadonlySet<Job> = new Set();
  @state() private report: HistoryReport | undefined;
  @state() private failure: LateText | undefined;
  /** When each entry was written, by number: a fault says more with it. */
  #times: ReadonlyMap<number, string> = new Map();
  #language = '';

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#more();
  }

  override render(): TemplateResult {
    if (this.#language !== language()) this.#loadWords();
    return html`<div class="page">
      <div class="page-head">
        <h1 tabindex="-1">${t('history.title')}</h1>
        <p class="lead">${t('history.lead')}</p>
      </div>
      <div role="alert">${this.failure ? html`<div class="notice bad"><p>${this.failure()}</p></div>` : nothing}</div>
      <div class="split history-page">
        <div class="page">
          <section class="card" aria-labelledby="check">
            <h2 id="check">${t('history.check_title')}</h2>
            <p>${t('history.check_lead')}</p>
            ${this.#button('check', 'history.check', () => this.#check(), '')}
            <div role="status">${this.report ? this.#result(this.report) : nothing}</div>
          </section>
          <section class="card" aria-labelledby="download">
            <h2 id="download">${t('history.download_title')}</h2>
            <p>${t('history.download_lead')}</p>
            <div class="row">
              ${this.#button('jsonl', 'history.download_jsonl', () => this.#download('jsonl'), 'secondary')}
              ${this.#button('csv', 'history.download_csv', () => this.#download('csv'), 'secondary')}
            </div>
          </section>
        </div>
        <section class="card" aria-labelledby="entries">
          <h2 id="entries">${t('history.entries')}</h2>
          ${this.#list()}
        </section>
      </div>
    </div>`;
  }

  #button(what: Job, label: MessageKey, run: () => Promise<void>, kind: string): TemplateResult {
    const busy = this.running.has(what);
    return html`<button type="button" class="button ${kind}" aria-disabled=${busy ? 'true' : 'false'} @click=${() => void this.#run(what, run)}>
      ${busy ? html`<span class="spinner" aria-hidden="true"></span>${t('working')}` : t(label)}
    </button>`;
  }

  #list(): TemplateResult {
    if (this.items.length === 0) return html`<p class="muted">${t(this.cursor === undefined ? 'loading' : 'history.none')}</p>`;
    const wrong = new Set(this.report?.faults.filter((f) => f.what === 'edited').map((f) => f.at));
    return html`<ol class="history" tabindex="-1">
        ${this.items.map(
          (item) =>
            html`<li value=${item.sequence} class=${wrong.has(item.sequence) ? 'wrong' : ''}>
              <span class="history-what">${this.#text(item)}</span>
              ${wrong.has(item.sequence) ? html`<span class="state warn">${t('history.entry_wrong')}</span>` : nothing}
              <span class="muted small">${t('history.number', { number: item.sequence })} · <time datetime=${item.at}>${when(item.at)}</time>${item.ip ? html` · <bdi>${item.ip}</bdi>` : nothing}</span>
            </li>`,
        )}
      </ol>
      ${this.cursor
        ? html`<p><button type="button" class="button secondary" aria-disabled=${this.running.has('list') ? 'true' : 'false'} @click=${() => void this.#more()}>${t('history.more')}</button></p>`
        : nothing}`;
  }

  #text(item: Item): string {
    const known = this.words?.(item);
    if (known) return known;
    const step = kSteps[item.action] ?? (item.action.startsWith('case.') ? 'history.step_case' : undefined);
    const text = step ? t(step) : item.action;
    return item.result === 'ok' ? text : t('history.refused', { what: text });
  }

  #result(report: HistoryReport): TemplateResult {
    const { faults, vouched } = report;
    const whole = faults.length === 0;
    return html`<div class="notice ${whole ? 'good' : 'bad'}" data-whole=${whole ? 'true' : 'false'}>
        <strong>${t(whole ? 'history.whole' : 'history.not_whole')}</strong>
        ${whole
          ? html`<p>${t('history.whole_detail', { count: report.events })}</p>
              <p>${vouched ? t('history.vouched', { number: vouched.length, time: when(vouched.at) }) : t('history.not_vouched')}</p>`
          : html`<ul>
                ${faults.slice(0, kFaultsShown).map((fault) => html`<li>${this.#fault(fault)}</li>`)}
                ${faults.length > kFaultsShown ? html`<li>${t('history.faults_more', { count: faults.length - kFaultsShown })}</li>` : nothing}
              </ul>
              <p>${t('history.not_whole_advice')}</p>`}
      </div>
      ${report.unchecked > 0 ? html`<div class="notice warn"><p>${t('history.unchecked', { count: report.unchecked })}</p></div>` : nothing}`;
  }

  #fault({ what, at }: HistoryFault): string {
    const time = this.#times.get(at);
    const text = t(kFaults[what], { number: at });
    return what === 'edited' && time ? t('history.fault_at', { what: text, time: when(time) }) : text;
  }

  #loadWords(): void {
    const wanted = (this.#language = language());
    void import('@twofold/elements/activity-words')
      .then((module) => module.loadActivityWords(wanted))
      .then((words) => (this.words = words), () => undefined);
  }

  async #more(): Promise<void> {
    await this.#run('list', async () => {
      const cursor = this.cursor ? `&cursor=${encodeURIComponent(this.cursor)}` : '';
      const page = await session.api.call<Page<Item>>('GET', `/v1/users/me/audit?limit=${kPage}${cursor}`);
      this.items = [...this.items, ...page.items];
      this.cursor = page.next_cursor;
    });
  }

  async #check(): Promise<void> {
    this.report = undefined;
    const { checkExport } = await import('@twofold/elements/audit');
    const text = await fetchHistory('jsonl');
    // The keys come by a way of their own: an export that brought its own would prove nothing.
    const jwks = await session.api.call<JwkSet>('GET', '/.well-known/jwks.json');
    const [report] = await checkExport(text, jwks);
    this.#times = new Map(
      [...text.matchAll(/^\{"type":"event","sequence":(\d+),.*?"at":"([^"]+)"/gm)].map(([, number, at]) => [Number(number), at!]),
    );
    this.report = report;
  }

  async #download(format: Format): Promise<void> {
    const text = await fetchHistory(format);
    const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson';
    // A spreadsheet takes UTF-8 for granted only behind a byte order mark.
    const url = URL.createObjectURL(new Blob(format === 'csv' ? ['\ufeff', text] : [text], { type }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `history.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  /** At most one of each at a time. */
  async #run(what: Job, work: () => Promise<void>): Promise<void> {
    if (this.running.has(what)) return;
    this.running = new Set([...this.running, what]);
    this.failure = undefined;
    try {
      await work();
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unauthenticated') session.ended('ended');
      else this.failure = () => (error instanceof ApiError ? errorText(error) : t('history.check_failed'));
    } finally {
      this.running = new Set([...this.running].filter((job) => job !== what));
    }
  }
}
