// styles.ts - what the three elements look like, over the tokens. Layout answers to the room an
// element is given (container queries), not to the window: a widget may stand in a narrow column.
import { css, unsafeCSS, type CSSResultGroup } from "lit";
import { hostTokens } from "../tokens.js";

const kScheme =
  typeof CSS === "undefined" || CSS.supports("color", "light-dark(#000,#fff)")
    ? "light-dark"
    : matchMedia("(prefers-color-scheme:dark)").matches
      ? "dark"
      : "light";

export const styles: CSSResultGroup = [
  unsafeCSS(hostTokens(kScheme)),
  css`
    :host {
      display: block;
      container-type: inline-size;
      font-family: var(--_font-family);
      font-size: var(--_font-size);
      line-height: var(--_line-height);
      color: var(--_text);
      text-align: start;
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
    :is(h2, h3, p, ol, ul, fieldset, legend) {
      margin: 0;
      padding: 0;
      border: 0;
      min-width: 0;
    }
    h2 {
      font-size: var(--_font-size-title);
      line-height: 1.3;
      font-weight: 650;
    }
    /* Focused only by script, to read on from there: nothing to operate, so no ring. */
    h2:focus {
      outline: none;
    }
    .lead {
      margin-block-start: var(--_space-2);
      color: var(--_text-muted);
      max-width: 65ch;
      text-wrap: pretty;
    }
    .help {
      font-size: var(--_font-size-small);
      color: var(--_text-muted);
      margin-block-start: var(--_space-1);
    }
    .stack > * + * {
      margin-block-start: var(--_space-5);
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
      transition: background-color var(--_duration);
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
      background: color-mix(in srgb, var(--_button), var(--_text) 15%);
    }
    .danger-button {
      background: var(--_danger);
      border-color: transparent;
      color: var(--_button-text);
    }
    .danger-button:hover {
      background: color-mix(in srgb, var(--_danger), var(--_text) 15%);
    }
    .button[aria-disabled="true"] {
      opacity: 0.65;
      cursor: default;
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
    .links {
      display: flex;
      flex-wrap: wrap;
      gap: 0 var(--_space-4);
    }
    .actions {
      display: flex;
      flex-wrap: wrap;
      gap: var(--_space-3);
      align-items: center;
    }
    :is(button, input, select, summary, a):focus-visible {
      outline: var(--_focus-width) solid var(--_focus);
      outline-offset: 2px;
    }
    label,
    .label {
      display: block;
      font-weight: 550;
    }
    .check {
      display: flex;
      gap: var(--_space-3);
      align-items: flex-start;
      padding-block: var(--_space-3) var(--_space-1);
      font-weight: inherit;
      cursor: pointer;
    }
    .check input {
      flex: none;
      inline-size: 1.25rem;
      block-size: 1.25rem;
      margin: 0.125em 0 0;
      accent-color: var(--_accent);
    }
    .check .help {
      display: block;
    }
    select,
    input[type="text"],
    input[type="tel"],
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
    }
    :is(input, select):focus-visible {
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
    :dir(rtl) input.code {
      text-align: left;
    }
    /* notices */
    .notice {
      display: flex;
      gap: var(--_space-3);
      padding: var(--_space-3) var(--_space-4);
      border: 1px solid var(--_edge, var(--_border));
      border-radius: var(--_radius);
      background: var(--_soft, var(--_surface-sunken));
      font-size: var(--_font-size-small);
    }
    .notice > svg.icon {
      margin-block-start: 0.05em;
      color: var(--_tone, var(--_text-muted));
    }
    .danger {
      --_soft: var(--_danger-soft);
      --_edge: var(--_danger-border);
      --_tone: var(--_danger);
    }
    .warning {
      --_soft: var(--_warning-soft);
      --_edge: var(--_warning-border);
      --_tone: var(--_warning);
    }
    .success {
      --_soft: var(--_success-soft);
      --_edge: var(--_success-border);
      --_tone: var(--_success);
    }
    .alert:empty {
      margin: 0;
    }
    form > .alert:not(:empty) {
      margin-block-start: var(--_space-3);
    }
    form > .actions,
    form > .delivery,
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

    .notice > div {
      flex: 1;
      min-width: 0;
    }
    @container (max-width: 30rem) {
      .card {
        padding: var(--_space-5) var(--_space-4);
      }
      .actions > .button:not(.small) {
        flex: 1 1 100%;
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
      .notice {
        border: 1px solid CanvasText;
      }
      .button[aria-disabled="true"] {
        color: GrayText;
        opacity: 1;
      }
    }
  `,
];
