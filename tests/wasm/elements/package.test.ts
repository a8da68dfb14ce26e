// What the package promises in writing: the tokens' copy, the manifest, the README.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { colors, hostTokens, pageTokens } from "../../../wasm/src/tokens.js";
import { root } from "./fakes.js";

const wasm = join(root, "wasm");
const readme = readFileSync(join(wasm, "README.md"), "utf8");
const script = (source: string): string => execFileSync(process.execPath, ["--input-type=module", "-e", source], { cwd: wasm, encoding: "utf8" });

test("tokens.css is what tokens.ts says", () => {
  const written = script('import { tokensCss } from "./tools/tokens.mjs"; process.stdout.write(await tokensCss());');
  assert.equal(readFileSync(join(wasm, "src/tokens.css"), "utf8"), written);
  assert.match(pageTokens(), /^:root\{color-scheme:light dark;/);
  assert.match(hostTokens("dark"), /--_surface:var\(--twofold-surface,#161b22\);/);
});

test("the README names every attribute, property, event and part of the manifest", () => {
  const manifest = JSON.parse(script('import { manifest } from "./tools/manifest.mjs"; process.stdout.write(JSON.stringify(manifest()));'));
  const tags: string[] = [];
  for (const { declarations } of manifest.modules) {
    const [element] = declarations;
    tags.push(element.tagName);
    for (const { name } of [...element.members, ...element.attributes, ...element.events]) assert.ok(readme.includes(`\`${name}\``), `${element.tagName}: ${name}`);
    const parts = readme.slice(readme.indexOf("Parts: "));
    for (const { name } of element.cssParts) assert.match(parts, new RegExp(`[\\s\`]${name}[\\s\`.]`), `${element.tagName}::part(${name})`);
    assert.ok(element.cssProperties.length > 30);
    assert.ok(!JSON.stringify(element).includes("${"), "a placeholder got into the manifest");
  }
  assert.deepEqual(tags, ["twofold-setup", "twofold-verify", "twofold-support", "twofold-settings"]);
});

/** WCAG 2 contrast of two hex colours. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [r, g, bl] = [1, 3, 5].map((i) => {
      const c = parseInt(hex.slice(i, i + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl;
  };
  const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m) as [number, number];
  return (x + 0.05) / (y + 0.05);
}

test("text is at least 4.5:1 and outlines of controls 3:1, light and dark", () => {
  type Name = keyof typeof colors;
  const pairs: [Name, Name, number][] = [
    ["text", "surface", 4.5], ["text", "surface-sunken", 4.5], ["text-muted", "surface", 4.5], ["text-muted", "surface-sunken", 4.5],
    ["text-muted", "accent-soft", 4.5], ["accent", "surface", 4.5], ["accent", "accent-soft", 4.5], ["button-text", "button", 4.5],
    ["button-text", "danger", 4.5], ["danger", "surface", 4.5], ["text", "danger-soft", 4.5], ["text", "warning-soft", 4.5],
    ["text", "success-soft", 4.5], ["success", "success-soft", 4.5], ["border-strong", "surface", 3], ["focus", "surface", 3],
    ["danger", "danger-soft", 3], ["warning", "warning-soft", 3],
  ];
  for (const scheme of [0, 1] as const) {
    for (const [front, back, least] of pairs) {
      const ratio = contrast(colors[front][scheme], colors[back][scheme]);
      assert.ok(ratio >= least, `${front} on ${back}, ${scheme ? "dark" : "light"}: ${ratio.toFixed(2)}`);
    }
  }
});
