// guest.ts - the frame of the pages before sign-in: one card, and what may stand beside it.

import { html, nothing, type TemplateResult } from 'lit';

export function guest(card: TemplateResult, aside?: TemplateResult | typeof nothing): TemplateResult {
  const beside = aside ?? nothing;
  return html`<div class="guest ${beside === nothing ? '' : 'with-aside'}">
    <div class="card">${card}</div>
    ${beside}
  </div>`;
}
