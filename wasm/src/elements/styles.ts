// styles.ts - one style sheet for the three elements, over the tokens. Layout answers to the room an
// element is given (container queries), not to the window: a widget may stand in a narrow column.
import { css, unsafeCSS, type CSSResultGroup } from "lit";
import { hostTokens } from "../tokens.js";

const kLightDark = typeof CSS !== "undefined" && CSS.supports("color", "light-dark(#000,#fff)");

export const styles: CSSResultGroup = [
  unsafeCSS(hostTokens(kLightDark)),
  css`
    :host {
      display: block;
      container-type: inline-size;
      font-family: var(--_font-family);
      font-size: var(--_font-size);
      line-height: var(--_line-height);
      color: var(--_text);
      text-align: start;
      -webkit-text-size-adjust: 100%;
    }
    :host([hidden]) {
      display: none;
    }
    *,
    ::before,
    ::after {
      box-sizing: border-box;
    }
    .root {
      max-width: 42rem;
      overflow-wrap: anywhere;
    }
    .card {
      background: var(--_surface);
      border: 1px solid var(--_border);
      border-radius: var(--_radius-large);
      box-shadow: var(--_shadow);
      padding: var(--_space-6);
    }
    .card + .card {
      margin-block-start: var(--_space-4);
    }
    h2,
    h3,
    p,
    ol,
    ul,
    dl,
    dd,
    fieldset {
      margin: 0;
      padding: 0;
      border: 0;
      min-width: 0;
    }
    h2 {
      font-size: var(--_font-size-title);
      line-height: 1.3;
      font-weight: 650;
      letter-spacing: -0.01em;
      text-wrap: balance;
    }
    h3,
    legend {
      font-size: var(--_font-size-heading);
      line-height: 1.4;
      font-weight: 600;
      padding: 0;
    }
    :dir(rtl) h2 {
      letter-spacing: 0;
    }
    h2:focus,
    h3:focus {
      outline: none;
    }
    h2:focus-visible,
    h3:focus-visible {
      outline: var(--_focus-width) solid var(--_focus);
      outline-offset: 4px;
      border-radius: 2px;
    }
    .lead {
      margin-block-start: var(--_space-2);
      color: var(--_text-muted);
      max-width: 60ch;
    }
    .help {
      font-size: var(--_font-size-small);
      color: var(--_text-muted);
      margin-block-start: var(--_space-1);
    }
    .stack > * + * {
      margin-block-start: var(--_space-5);
    }
    .tight > * + * {
      margin-block-start: var(--_space-3);
    }
    .sr {
      position: absolute;
      width: 1px;
      height: 1px;
      margin: -1px;
      overflow: hidden;
      clip-path: inset(50%);
      white-space: nowrap;
    }
    svg.icon {
      inline-size: 1.25em;
      block-size: 1.25em;
      flex: none;
      fill: none;
      stroke: currentcolor;
      stroke-width: 1.75;
      stroke-linecap: round;
      stroke-linejoin: round;
    }
    :dir(rtl) svg.turn {
      transform: scaleX(-1);
    }

    /* controls */
    button {
      font: inherit;
      color: inherit;
      cursor: pointer;
      touch-action: manipulation;
    }
    .button {
      display: inline-flex;
      align-items: center;
      justify-content: center;
      gap: var(--_space-2);
      min-block-size: var(--_control-height);
      padding: 0.375rem 1.125rem;
      border-radius: var(--_radius);
      border: 1px solid var(--_border-strong);
      background: var(--_surface);
      color: var(--_text);
      font-weight: 550;
      text-align: center;
      transition:
        background-color var(--_duration),
        border-color var(--_duration);
    }
    .button:hover {
      background: var(--_surface-hover);
    }
    .primary {
      background: var(--_button);
      border-color: transparent;
      color: var(--_button-text);
    }
    .primary:hover {
      background: var(--_button-hover);
    }
    .danger-button {
      background: var(--_danger-button);
      border-color: transparent;
      color: var(--_danger-button-text);
    }
    .danger-button:hover {
      background: var(--_danger-button-hover);
    }
    .danger-outline {
      color: var(--_danger);
    }
    .button[aria-disabled="true"] {
      opacity: 0.65;
      cursor: default;
    }
    .small {
      min-block-size: 2.25rem;
      padding: 0.25rem 0.75rem;
      font-size: var(--_font-size-small);
    }
    .link {
      display: inline-flex;
      align-items: center;
      gap: var(--_space-1);
      min-block-size: 2.25rem;
      padding: 0.125rem 0.25rem;
      margin-inline: -0.25rem;
      border: 0;
      border-radius: 4px;
      background: none;
      color: var(--_accent);
      font-weight: 550;
      text-align: start;
    }
    .link:hover {
      text-decoration: underline;
      text-underline-offset: 0.2em;
    }
    .actions {
      display: flex;
      flex-wrap: wrap;
      gap: var(--_space-3);
      align-items: center;
    }
    :is(button, input, summary, a):focus-visible {
      outline: var(--_focus-width) solid var(--_focus);
      outline-offset: 2px;
    }
    label,
    .label {
      display: block;
      font-weight: 550;
    }
    input[type="text"],
    input[type="password"] {
      display: block;
      inline-size: 100%;
      max-inline-size: 24rem;
      min-block-size: var(--_control-height);
      margin-block-start: var(--_space-2);
      padding: 0.375rem 0.75rem;
      font: inherit;
      color: var(--_text);
      background: var(--_surface);
      border: 1px solid var(--_border-strong);
      border-radius: var(--_radius);
      transition: border-color var(--_duration);
    }
    input:focus-visible {
      outline-offset: 0;
      border-color: var(--_focus);
    }
    input[aria-invalid="true"] {
      border-color: var(--_danger);
    }
    input.code {
      max-inline-size: 14rem;
      min-block-size: 3.25rem;
      font-family: var(--_font-mono);
      font-size: 1.5rem;
      letter-spacing: 0.16em;
      font-variant-numeric: tabular-nums;
      direction: ltr;
    }
    input.backup {
      max-inline-size: 20rem;
      font-size: 1.125rem;
      letter-spacing: 0.06em;
      text-transform: uppercase;
    }
    :dir(rtl) > input.code,
    :dir(rtl) input.code {
      text-align: left;
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

    /* notices */
    .notice {
      display: flex;
      gap: var(--_space-3);
      padding: var(--_space-3) var(--_space-4);
      border: 1px solid var(--_border);
      border-radius: var(--_radius);
      background: var(--_surface-sunken);
      font-size: var(--_font-size-small);
    }
    .notice > svg.icon {
      margin-block-start: 0.05em;
      color: var(--_text-muted);
    }
    .notice > div {
      flex: 1;
      min-width: 0;
    }
    .notice.danger {
      background: var(--_danger-soft);
      border-color: var(--_danger-border);
    }
    .notice.danger > svg.icon {
      color: var(--_danger);
    }
    .notice.warning {
      background: var(--_warning-soft);
      border-color: var(--_warning-border);
    }
    .notice.warning > svg.icon {
      color: var(--_warning);
    }
    .notice.success {
      background: var(--_success-soft);
      border-color: var(--_success-border);
    }
    .notice.success > svg.icon {
      color: var(--_success);
    }
    .alert:empty {
      display: none;
    }
    form > .alert:not(:empty) {
      margin-block-start: var(--_space-3);
    }
    form > .actions,
    form > .field {
      margin-block-start: var(--_space-4);
    }
    form > :first-child {
      margin-block-start: 0;
    }
    .timer {
      font-variant-numeric: tabular-nums;
      white-space: nowrap;
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
    .spinner {
      inline-size: 1em;
      block-size: 1em;
      border-radius: 50%;
      border: 2px solid currentcolor;
      border-inline-end-color: transparent;
      animation: turn 0.8s linear infinite;
    }
    @keyframes turn {
      to {
        rotate: 1turn;
      }
    }
    .loading {
      display: flex;
      align-items: center;
      gap: var(--_space-3);
      min-block-size: 8rem;
      justify-content: center;
      color: var(--_text-muted);
    }

    /* lists of choices and things */
    .options {
      display: grid;
      gap: var(--_space-3);
      list-style: none;
    }
    .option {
      display: flex;
      gap: var(--_space-4);
      align-items: center;
      inline-size: 100%;
      padding: var(--_space-4);
      text-align: start;
      background: var(--_surface);
      border: 1px solid var(--_border-strong);
      border-radius: var(--_radius);
      font-weight: 400;
      cursor: pointer;
      transition: background-color var(--_duration);
    }
    .option:hover {
      background: var(--_surface-hover);
    }
    .option:has(input:checked) {
      border-color: var(--_accent);
      box-shadow: inset 0 0 0 1px var(--_accent);
      background: var(--_accent-soft);
    }
    .option input {
      accent-color: var(--_accent);
      inline-size: 1.125rem;
      block-size: 1.125rem;
      margin: 0;
      flex: none;
    }
    .option > svg.icon:first-child,
    .tile {
      color: var(--_accent);
    }
    .option > div,
    .grow {
      flex: 1;
      min-width: 0;
    }
    .title {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: var(--_space-2);
      font-weight: 600;
    }
    .tile {
      display: grid;
      place-items: center;
      flex: none;
      inline-size: 2.5rem;
      block-size: 2.5rem;
      border-radius: var(--_radius);
      background: var(--_accent-soft);
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
      inline-size: 13rem;
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

    @container (max-width: 30rem) {
      .card {
        padding: var(--_space-5) var(--_space-4);
      }
      .actions > .button:not(.small) {
        flex: 1 1 100%;
      }
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
    @media (prefers-reduced-motion: reduce) {
      :host {
        --_duration: 0ms;
      }
      .spinner {
        animation: none;
        border-inline-end-color: currentcolor;
        border-style: dotted;
      }
    }
    @media (forced-colors: active) {
      .option:has(input:checked) {
        outline: 2px solid Highlight;
      }
      .notice,
      .badge,
      .steps > li::before {
        border: 1px solid CanvasText;
      }
      .button[aria-disabled="true"] {
        color: GrayText;
        opacity: 1;
      }
      .ring circle + circle {
        stroke: Highlight;
      }
    }
  `,
];
