// home.ts - the dashboard: the state of the account's security, and services that are only flavour.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { day, t, when, type MessageKey } from '../lib/i18n.js';
import { PageElement } from '../lib/page.js';
import { session } from '../lib/session.js';

/** At this many or fewer the page warns (issue: "low backup codes (3 or fewer) warn"). */
const kFewCodes = 3;

const kServices: readonly { name: string; plan: MessageKey; soon: boolean; renewsInDays: number }[] = [
  { name: 'www.example.com', plan: 'home.plan_web', soon: false, renewsInDays: 214 },
  { name: 'example.com', plan: 'home.plan_domain', soon: true, renewsInDays: 19 },
  { name: 'mail.example.com', plan: 'home.plan_mail', soon: false, renewsInDays: 122 },
];

@customElement('page-home')
export class PageHome extends PageElement {
  override render(): TemplateResult {
    const user = session.user;
    if (!user) return html``;
    const name = user.display_name?.trim();
    return html`<div class="page">
      <div class="page-head">
        <h1 tabindex="-1">${name ? t('home.welcome', { name }) : t('home.welcome_plain')}</h1>
      </div>
      ${this.#warnings()}
      <div class="split">
        <div class="page">${this.#security()} ${this.#services()}</div>
        <section class="card" aria-labelledby="advice">
          <h2 id="advice">${t('home.advice_title')}</h2>
          <ul class="advice">
            <li>${t('home.advice_codes')}</li>
            <li>${t('home.advice_move')}</li>
            <li>${t('home.advice_share')}</li>
          </ul>
        </section>
      </div>
    </div>`;
  }

  #warnings(): TemplateResult | typeof nothing {
    const two = session.user?.two_factor;
    const recover = session.recover;
    if (!two?.enabled) return nothing;
    return html`${recover
      ? html`<section class="notice warn" aria-labelledby="recover">
          <strong id="recover">${t('home.recover_title')}</strong>
          <p>${t('home.recover', { time: when(recover.expires_at) })}</p>
          <p><a class="button" href="/#/after-backup-code">${t('home.recover_action')}</a></p>
        </section>`
      : nothing}
    ${two.backup_codes_remaining <= kFewCodes
      ? html`<section class="notice warn" aria-labelledby="few-codes">
          <strong id="few-codes">${t('home.codes_low_title')}</strong>
          <p>${t('home.codes_remaining', { count: two.backup_codes_remaining })} ${t('home.codes_low')}</p>
          <p><a class="button secondary" href="/#/security">${t('home.codes_renew')}</a></p>
        </section>`
      : nothing}`;
  }

  #security(): TemplateResult {
    const two = session.user?.two_factor;
    const on = two?.enabled === true;
    return html`<section class="card" aria-labelledby="security">
      <div class="card-head">
        <h2 id="security">${t('home.security_title')}</h2>
        <span class="state ${on ? 'good' : 'warn'}">${t(on ? 'home.state_on' : 'home.state_off')}</span>
      </div>
      <p>${t(on ? 'home.two_factor_on' : 'home.two_factor_off')} ${on && two ? t('home.codes_remaining', { count: two.backup_codes_remaining }) : ''}</p>
      <p><a class="button ${on ? 'secondary' : ''}" href="/#/security">${t(on ? 'home.manage' : 'home.enable')}</a></p>
    </section>`;
  }

  #services(): TemplateResult {
    return html`<section class="card" aria-labelledby="services">
      <div class="card-head">
        <h2 id="services">${t('home.services_title')}</h2>
        <span class="state">${t('home.services_sample')}</span>
      </div>
      <table aria-labelledby="services">
        <thead>
          <tr>
            <th scope="col">${t('home.col_service')}</th>
            <th scope="col">${t('home.col_plan')}</th>
            <th scope="col">${t('home.col_status')}</th>
            <th scope="col">${t('home.col_renews')}</th>
          </tr>
        </thead>
        <tbody>
          ${kServices.map(
            (s) => html`<tr>
              <th scope="row"><bdi>${s.name}</bdi></th>
              <td>${t(s.plan)}</td>
              <td><span class="state ${s.soon ? 'warn' : 'good'}">${t(s.soon ? 'home.status_renew_soon' : 'home.status_active')}</span></td>
              <td>${day(new Date(Date.now() + s.renewsInDays * 86_400_000))}</td>
            </tr>`,
          )}
        </tbody>
      </table>
      <p class="muted small">${t('home.services_note')}</p>
    </section>`;
  }
}
