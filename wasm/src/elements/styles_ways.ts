// styles_ways.ts - lists of choices, and a code on its way: what a second step by an app alone never shows.
import type { CSSResult } from "lit";
import type { Kit } from "./kit.js";

export const wayStyles = ({ css }: Pick<Kit, "css">): CSSResult[] => [
  css`
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
    .option[aria-disabled="true"] {
      color: var(--_text-muted);
      background: var(--_surface-sunken);
      border-color: var(--_border);
      cursor: default;
    }
    .option[aria-disabled="true"] > svg.icon:first-child {
      color: var(--_text-muted);
    }
    .option > svg.icon:first-child {
      color: var(--_accent);
    }
    .option > div {
      flex: 1;
      min-width: 0;
    }
    .title {
      display: block;
      font-weight: 600;
    }
    /* a code on its way */
    .delivery {
      display: grid;
      gap: var(--_space-1);
      justify-items: start;
    }
    .delivery .state {
      display: flex;
      gap: var(--_space-2);
      align-items: center;
      font-size: var(--_font-size-small);
      font-weight: 550;
    }
    .delivery .arrived {
      color: var(--_success);
    }
    .delivery .help {
      margin: 0;
    }
  `,
];
