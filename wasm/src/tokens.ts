// tokens.ts - the design tokens, once, for the elements and for any page around them.
// Every token is a public CSS custom property `--twofold-<name>`; a page that sets one on itself or
// on an element overrides it there. A pair is [light, dark] and follows `color-scheme`, so
// `color-scheme: dark` on an element is all it takes to force dark. `npm run tokens` writes
// tokens.css for pages from this table.

export const colors = {
  surface: ["#ffffff", "#161b22"], // cards
  "surface-sunken": ["#f3f5f8", "#0f141a"], // wells inside cards: keys, codes
  "surface-hover": ["#eef1f6", "#202731"],
  text: ["#171c26", "#e8ecf2"],
  "text-muted": ["#555f70", "#a3adbb"], // 6:1 on surface
  border: ["#dde2ea", "#2b333e"], // decoration only
  "border-strong": ["#8791a1", "#66717f"], // 3:1: outlines of controls (WCAG 1.4.11)
  accent: ["#3548c8", "#93a5ff"], // links, icons, selected outlines: 4.5:1 on surface
  "accent-soft": ["#eef0fd", "#1d2442"],
  button: ["#3548c8", "#93a5ff"],
  "button-text": ["#ffffff", "#0b1030"],
  focus: ["#3548c8", "#b3c0ff"],
  danger: ["#b3261e", "#ff9a92"],
  "danger-soft": ["#fdf0ef", "#34191a"],
  "danger-border": ["#efc4c0", "#6a2f2d"],
  success: ["#166b3b", "#6fd39a"],
  "success-soft": ["#ecf8f0", "#12291c"],
  "success-border": ["#b6dfc5", "#22533a"],
  warning: ["#7a4d00", "#f0c069"],
  "warning-soft": ["#fff6e3", "#2d230f"],
  "warning-border": ["#ecd3a0", "#5f4a1c"],
} as const satisfies Record<string, readonly [string, string]>;

/** Beside those, for pages: the elements mix or alias the ones above. */
const pageColors = {
  canvas: ["#f5f6f8", "#0e1116"], // the page behind cards
  "button-hover": ["#2a3aa8", "#adbaff"],
  "danger-button": ["#b3261e", "#ff9a92"],
  "danger-button-hover": ["#8f1d17", "#ffb4ae"],
  "danger-button-text": ["#ffffff", "#2b0504"],
} as const satisfies Record<string, readonly [string, string]>;

export const sizes = {
  "font-family":
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", Ubuntu, Cantarell, sans-serif',
  "font-mono":
    'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  "font-size": "1rem",
  "font-size-small": "0.875rem",
  "font-size-title": "1.375rem",
  "font-size-heading": "1.0625rem",
  "line-height": "1.5",
  "space-1": "0.25rem",
  "space-2": "0.5rem",
  "space-3": "0.75rem",
  "space-4": "1rem",
  "space-5": "1.5rem",
  "space-6": "2rem",
  radius: "0.5rem", // controls
  "radius-large": "0.875rem", // cards
  "control-height": "2.75rem", // 44 px: a comfortable touch target
  shadow: "0 1px 2px rgb(16 24 40 / 0.05), 0 4px 16px rgb(16 24 40 / 0.05)",
  "focus-width": "3px",
  duration: "140ms", // set to 0ms by the elements under prefers-reduced-motion
} as const satisfies Record<string, string>;

/** `:root{…}` for a page; tokens.css is this text. */
export function pageTokens(): string {
  const pairs = Object.entries({ ...colors, ...pageColors });
  return `:root{color-scheme:light dark;${[
    ...pairs.map(([name, [light, dark]]) => `--twofold-${name}:light-dark(${light},${dark});`),
    ...Object.entries(sizes).map(([name, value]) => `--twofold-${name}:${value};`),
  ].join("")}}`;
}

/**
 * `:host{…}` for the elements: private `--_name` = the page's `--twofold-name`, else the default.
 * @param scheme light-dark() where the browser has it; else the system's setting decides.
 */
export function hostTokens(scheme: "light-dark" | "light" | "dark"): string {
  const pick = (pair: readonly [string, string]): string =>
    scheme === "light-dark" ? `light-dark(${pair})` : pair[scheme === "dark" ? 1 : 0];
  const lines = Object.entries({ ...colors, ...sizes }).map(
    ([name, value]) => `--_${name}:var(--twofold-${name},${typeof value === "string" ? value : pick(value)});`,
  );
  return `:host{${lines.join("")}}`;
}
