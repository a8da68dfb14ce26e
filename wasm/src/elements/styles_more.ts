// styles_more.ts - what only <twofold-setup> and <twofold-settings> need.
import { css, type CSSResultGroup } from "lit";
import { styles } from "./styles.js";
import { wayStyles } from "./styles_ways.js";

export const moreStyles: CSSResultGroup = [
  styles,
  wayStyles({ css }),
  css`
    .small {
      min-block-size: 2.25rem;
      padding: 0.25rem 0.75rem;
      font-size: var(--_font-size-small);
    }
    h3,
    legend {
      font-size: var(--_font-size-heading);
      line-height: 1.4;
      font-weight: 600;
    }
    .card-gap + .card,
    .card + .card {
      margin-block-start: var(--_space-4);
    }
    .tight > * + * {
      margin-block-start: var(--_space-3);
    }
    .danger-outline {
      color: var(--_danger);
    }
    .grow {
      flex: 1;
      min-width: 0;
    }
    .tile {
      display: grid;
      place-items: center;
      flex: none;
      inline-size: 2.5rem;
      block-size: 2.5rem;
      color: var(--_accent);
      border-radius: var(--_radius);
      background: var(--_accent-soft);
    }
    .badge {
      display: inline-flex;
      align-items: center;
      gap: 0.35em;
      padding: 0.1em 0.65em;
      border-radius: 99px;
      border: 1px solid var(--_border);
      font-size: var(--_font-size-small);
      font-weight: 600;
      white-space: nowrap;
      background: var(--_surface-sunken);
      color: var(--_text-muted);
    }
    .badge.on {
      background: var(--_success-soft);
      border-color: var(--_success-border);
      color: var(--_success);
    }
    .badge.accent {
      background: var(--_accent-soft);
      border-color: transparent;
      color: var(--_accent);
    }
    .badge.warn {
      background: var(--_warning-soft);
      border-color: var(--_warning-border);
      color: var(--_warning);
      white-space: normal;
    }
    .wide {
      flex-basis: 100%;
    }
    details > summary {
      display: inline-flex;
      align-items: center;
      gap: var(--_space-1);
      min-block-size: 2.25rem;
      padding-inline: 0.25rem;
      margin-inline: -0.25rem;
      border-radius: 4px;
      cursor: pointer;
      color: var(--_accent);
      font-weight: 550;
      list-style: none;
    }
    summary::-webkit-details-marker {
      display: none;
    }
    summary svg.icon {
      transition: rotate var(--_duration);
    }
    details[open] > summary svg.icon {
      rotate: 90deg;
    }
    :dir(rtl) details[open] > summary svg.icon {
      rotate: -90deg;
    }
    details > div {
      margin-block-start: var(--_space-3);
    }

    /* set-up */
    .steps {
      list-style: none;
      counter-reset: step;
    }
    .steps > li {
      position: relative;
      padding-inline-start: 2.75rem;
      counter-increment: step;
    }
    .steps > li + li {
      margin-block-start: var(--_space-6);
    }
    .steps > li::before {
      content: counter(step);
      position: absolute;
      inset-inline-start: 0;
      inset-block-start: -0.1rem;
      display: grid;
      place-items: center;
      inline-size: 1.75rem;
      block-size: 1.75rem;
      border-radius: 50%;
      background: var(--_accent-soft);
      color: var(--_accent);
      font-size: var(--_font-size-small);
      font-weight: 650;
    }
    .scan {
      display: flex;
      flex-wrap: wrap;
      gap: var(--_space-5);
      align-items: center;
    }
    /* Dark on light in every theme: many readers cannot read an inverted symbol. */
    .qr {
      flex: none;
      inline-size: 17rem;
      max-inline-size: 100%;
      aspect-ratio: 1;
      padding: 0.5rem;
      background: #fff;
      color: #000;
      border: 1px solid var(--_border);
      border-radius: var(--_radius);
      color-scheme: light;
      forced-color-adjust: none;
    }
    .qr svg {
      display: block;
      inline-size: 100%;
      block-size: 100%;
    }
    .preview {
      flex: 1;
      min-inline-size: 12rem;
    }
    .preview-code {
      display: flex;
      align-items: center;
      gap: var(--_space-3);
      margin-block: var(--_space-1);
      direction: ltr;
    }
    :dir(rtl) .preview-code {
      justify-content: flex-end;
    }
    .preview-code > span {
      font-family: var(--_font-mono);
      font-size: 1.75rem;
      line-height: 1.3;
      letter-spacing: 0.1em;
    }
    .masked {
      color: var(--_text-muted);
    }
    .ring {
      inline-size: 1.625rem;
      block-size: 1.625rem;
      flex: none;
      rotate: -90deg;
    }
    .ring circle {
      fill: none;
      stroke: var(--_border);
      stroke-width: 3;
    }
    .ring circle + circle {
      stroke: var(--_accent);
    }
    .key {
      padding: var(--_space-3) var(--_space-4);
      background: var(--_surface-sunken);
      border: 1px solid var(--_border);
      border-radius: var(--_radius);
    }
    .key code {
      display: flex;
      flex-wrap: wrap;
      gap: 0.15em 0.6em;
      direction: ltr;
      font-family: var(--_font-mono);
      font-size: 1.0625rem;
      letter-spacing: 0.04em;
      user-select: all;
    }
    :dir(rtl) .key code {
      justify-content: flex-end;
    }
    .codes {
      display: grid;
      grid-template-columns: repeat(auto-fill, minmax(14.5rem, 1fr));
      gap: var(--_space-2) var(--_space-5);
      padding: var(--_space-4) var(--_space-5);
      list-style: none;
      counter-reset: code;
      background: var(--_surface-sunken);
      border: 1px solid var(--_border);
      border-radius: var(--_radius);
      direction: ltr;
    }
    .codes li {
      display: flex;
      gap: var(--_space-3);
      counter-increment: code;
      font-family: var(--_font-mono);
      font-size: 1.0625rem;
      white-space: nowrap;
    }
    .codes li::before {
      content: counter(code);
      inline-size: 1.5em;
      text-align: end;
      color: var(--_text-muted);
    }
    .advice {
      display: grid;
      gap: var(--_space-3);
      list-style: none;
    }
    .advice li {
      display: flex;
      gap: var(--_space-3);
    }
    .advice svg.icon {
      margin-block-start: 0.15em;
      color: var(--_success);
    }
    .hero {
      display: grid;
      place-items: center;
      inline-size: 3rem;
      block-size: 3rem;
      border-radius: 50%;
      background: var(--_success-soft);
      color: var(--_success);
      margin-block-end: var(--_space-4);
    }
    .hero.plain {
      background: var(--_accent-soft);
      color: var(--_accent);
    }

    .number {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
      gap: var(--_space-4);
      align-items: start;
    }
    :dir(rtl) input:is([type="tel"], [name="email"]) {
      text-align: right;
    }

    /* settings */
    .head {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: var(--_space-2) var(--_space-3);
    }
    .things {
      list-style: none;
      border: 1px solid var(--_border);
      border-radius: var(--_radius);
    }
    .things > li {
      display: flex;
      flex-wrap: wrap;
      gap: var(--_space-2) var(--_space-4);
      align-items: flex-start;
      padding: var(--_space-4);
    }
    .things > li + li {
      border-block-start: 1px solid var(--_border);
    }
    .things .actions {
      flex-basis: 100%;
      gap: 0 var(--_space-4);
      padding-inline-start: 3.5rem;
    }
    .things form {
      flex-basis: 100%;
    }
    .things form .actions {
      gap: var(--_space-3);
      padding: 0;
    }
    .between {
      display: flex;
      flex-wrap: wrap;
      gap: var(--_space-3) var(--_space-5);
      align-items: center;
      justify-content: space-between;
    }
    .between > div:first-child {
      flex: 1 1 16rem;
    }
    .activity {
      list-style: none;
      font-size: var(--_font-size-small);
    }
    .activity li {
      display: flex;
      flex-wrap: wrap;
      gap: 0 var(--_space-4);
      justify-content: space-between;
      padding-block: var(--_space-2);
    }
    .activity li + li {
      border-block-start: 1px solid var(--_border);
    }
    .activity time {
      color: var(--_text-muted);
    }

    .option:has(input:checked) {
      border-color: var(--_accent);
      box-shadow: inset 0 0 0 1px var(--_accent);
      background: var(--_accent-soft);
    }
    .option .badge {
      background: var(--_surface);
    }
    .option input {
      accent-color: var(--_accent);
      inline-size: 1.125rem;
      block-size: 1.125rem;
      margin: 0;
      flex: none;
    }

    @container (max-width: 30rem) {
      .steps > li {
        padding-inline-start: 0;
      }
      .steps > li > h3 {
        padding-inline-start: 2.5rem;
      }
      .scan {
        justify-content: center;
      }
      .things .actions {
        padding-inline-start: 0;
      }
      .codes {
        grid-template-columns: 1fr;
        padding-inline: var(--_space-4);
      }
    }
    @media (forced-colors: active) {
      .option:has(input:checked) {
        outline: 2px solid Highlight;
      }
      .badge,
      .steps > li::before {
        border: 1px solid CanvasText;
      }
      .ring circle + circle {
        stroke: Highlight;
      }
    }
  `,
];
