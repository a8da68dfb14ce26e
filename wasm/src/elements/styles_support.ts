// styles_support.ts - what only <twofold-support> needs.
import type { CSSResultGroup } from "lit";
import type { Kit } from "./kit.js";

export const supportStyles = ({ css, styles }: Kit): CSSResultGroup => [
  styles,
  css`
    h3,
    legend {
      font-size: var(--_font-size-heading);
      line-height: 1.4;
      font-weight: 600;
    }
    .tight > * + * {
      margin-block-start: var(--_space-3);
    }
    .standing {
      border-color: var(--_warning-border);
      margin-block-end: var(--_space-4);
    }
    .choice {
      display: flex;
      gap: var(--_space-3);
      align-items: flex-start;
      padding-block: var(--_space-2);
      min-block-size: 2.5rem;
      font-weight: 400;
      cursor: pointer;
    }
    .choice input {
      flex: none;
      inline-size: 1.125rem;
      block-size: 1.125rem;
      margin: 0.2em 0 0;
      accent-color: var(--_accent);
    }
    .muted {
      color: var(--_text-muted);
    }
    a {
      color: var(--_accent);
      text-underline-offset: 0.18em;
    }
    textarea {
      display: block;
      inline-size: 100%;
      margin-block-start: var(--_space-2);
      padding: 0.5rem 0.75rem;
      font: inherit;
      color: var(--_text);
      background: var(--_surface);
      border: 1px solid var(--_border-strong);
      border-radius: var(--_radius);
      resize: vertical;
    }
    textarea:focus-visible {
      outline: var(--_focus-width) solid var(--_focus);
      border-color: var(--_focus);
    }
    textarea[aria-invalid="true"] {
      border-color: var(--_danger);
    }
    #ask:focus {
      outline: none;
    }
    .contacts {
      padding-block-start: var(--_space-4);
      border-block-start: 1px solid var(--_border);
    }
    .contacts ul {
      margin-block: var(--_space-2);
      list-style: none;
    }
    .contacts li {
      padding-block: var(--_space-1);
    }

    /* what has happened and what comes next */
    .story {
      list-style: none;
    }
    .story li {
      position: relative;
      display: flex;
      gap: var(--_space-3);
      padding-block-end: var(--_space-4);
    }
    .story li:last-child {
      padding-block-end: 0;
    }
    .story li:not(:last-child)::before {
      content: "";
      position: absolute;
      inset-block: 1.5rem 0;
      inset-inline-start: calc(0.75rem - 1px);
      border-inline-start: 2px solid var(--_border);
    }
    .mark {
      display: grid;
      place-items: center;
      flex: none;
      inline-size: 1.5rem;
      block-size: 1.5rem;
      border: 2px solid var(--_border-strong);
      border-radius: 50%;
      background: var(--_surface);
    }
    .done .mark {
      border-color: var(--_success-border);
      background: var(--_success-soft);
      color: var(--_success);
      font-size: 0.75rem;
    }
    .now .mark {
      border-color: var(--_accent);
      border-width: 7px;
    }
    .now > div {
      font-weight: 600;
    }
    .later > div {
      color: var(--_text-muted);
    }
    .story time {
      display: block;
      margin: 0;
      font-weight: 400;
    }
  `,
];
