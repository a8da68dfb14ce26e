// timeline.ts - what happened, by whom, when; the newest first.

import { html, nothing, type TemplateResult } from 'lit';
import { t, when } from '../../lib/i18n.js';
import type { TimelineItem } from '../api.js';
import { actorText, detailText, stepText } from '../words.js';

export function timelineCard(items: readonly TimelineItem[]): TemplateResult {
  const newest = [...items].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  return html`<section class="card desk-timeline" aria-labelledby="desk-timeline">
    <h2 id="desk-timeline">${t('desk.timeline.title')}</h2>
    <ol class="desk-lines">
      ${newest.map(
        (item) => html`<li>
          <time datetime=${item.at}>${when(item.at)}</time>
          <p><strong>${stepText(item.action)}</strong>${item.detail ? html` <bdi class="desk-detail">${detailText(item.action, item.detail)}</bdi>` : nothing}</p>
          <span class="muted small">${actorText(item.actor)}</span>
        </li>`,
      )}
    </ol>
  </section>`;
}
