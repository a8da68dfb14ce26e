// The catalogs against each other, against the source, and the source against hard-coded words.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { kErrorCodes, kDeliveryReasons } from "../../../wasm/src/api.js";
import { kActivityKeys } from "../../../wasm/src/elements/activity.js";
import { kStoryKeys } from "../../../wasm/src/elements/support_flow.js";
import { kSupportReasons } from "../../../wasm/src/support_api.js";
import { parsePattern, placeholders } from "../../../wasm/src/i18n.js";
import { root } from "./fakes.js";

const folder = join(root, "wasm/locales");
const languages = ["en", "ar", "es", "fr", "de"];
const catalogs = new Map<string, Record<string, string>>(
  languages.map((lang) => [lang, JSON.parse(readFileSync(join(folder, `${lang}.json`), "utf8"))]),
);
const en = catalogs.get("en")!;
const elements = join(root, "wasm/src/elements");
const sources = new Map(readdirSync(elements).map((name) => [name, readFileSync(join(elements, name), "utf8")]));

test("there is a catalog for each language and no other", () => {
  assert.deepEqual(readdirSync(folder).filter((f) => f.endsWith(".json")).sort(), languages.map((l) => `${l}.json`).sort());
});

for (const lang of languages) {
  const catalog = catalogs.get(lang)!;
  test(`${lang}: the same keys in the same order, none empty`, () => {
    assert.deepEqual(Object.keys(catalog), Object.keys(en));
    for (const [key, text] of Object.entries(catalog)) assert.ok(text.trim() === text && text !== "", key);
  });
  test(`${lang}: every pattern parses, with the same placeholders as English`, () => {
    for (const [key, text] of Object.entries(catalog)) assert.deepEqual(placeholders(text), placeholders(en[key]!), key);
  });
  test(`${lang}: plurals have every category the language uses`, () => {
    // "many" of French and Spanish starts at a million: nothing here counts so far.
    const needed = new Intl.PluralRules(lang).resolvedOptions().pluralCategories.filter((c) => lang === "ar" || c !== "many");
    for (const [key, text] of Object.entries(catalog)) {
      for (const node of parsePattern(text)) {
        if (typeof node === "string" || !node.choices) continue;
        for (const category of needed) assert.ok(node.choices[category], `${key}: ${category}`);
      }
    }
  });
}

test("no translation is English left over", () => {
  const same = new Set(["verify.code_label", "codes.file_name", "settings.action_of", "error.reference", "common.continue"]);
  for (const lang of languages.filter((l) => l !== "en")) {
    for (const [key, text] of Object.entries(catalogs.get(lang)!)) {
      if (same.has(key)) continue;
      const latin = en[key]!.replace(/\{[^}]*\}/g, "");
      assert.ok(text !== en[key] || latin.length < 14, `${lang} ${key}: ${text}`);
    }
  }
});

test("every refusal and every kind of event has its sentence", () => {
  for (const code of kErrorCodes) assert.ok(en[`error.${code}`], code);
  for (const reason of kDeliveryReasons) assert.ok(en[`delivery.failed_${reason}`], reason);
  for (const key of [...kActivityKeys, ...kStoryKeys]) assert.ok(en[key], key);
  for (const reason of kSupportReasons) assert.ok(en[`support.reason_${reason}`], reason);
});

/** Keys made of parts: what stands before `${` in the source. */
const kBuilt = [
  /^(error|method|problem)\./, /^verify\.lead_/, /^done\.(title|lead)/, /^done\.advice_(email|whatsapp)$/, /^setup\.method_\w+_help$/,
  /^setup\.(title_|sent_lead_)?(email|whatsapp)(_title|_lead|_which|_suggested|_other|_change)?$/,
  /^delivery\.(sending|queued|sent|delivered|read|failed|expired)$/, /^delivery\.failed_/, /^settings\.(problem_|change_)/,
  /^support\.(did|next|over|reason)_/,
];

test("every key used exists and every message is used", () => {
  const source = [...sources.values()].join("\n");
  const prefixes = [...new Set(Object.keys(en).map((key) => key.split(".")[0]))].join("|");
  const used = new Set([...source.matchAll(new RegExp(`["\`]((?:${prefixes})\\.[a-z_]+)["\`]`, "g"))].map((m) => m[1]!));
  // The audit's action names look alike; they are data of activity.ts.
  const actions = new Set([...sources.get("activity.ts")!.matchAll(/^ {2}"([a-z_.]+)":/gm)].map((m) => m[1]!));
  for (const key of used) assert.ok(en[key] !== undefined || actions.has(key), `used, not in the catalogs: ${key}`);
  for (const key of Object.keys(en)) assert.ok(used.has(key) || kBuilt.some((b) => b.test(key)), `in the catalogs, not used: ${key}`);
});

test("no text for people is written into the source", () => {
  const readAloud = /\b(aria-label|aria-description|title|placeholder|alt)="[^"\0]*\p{L}/u;
  for (const [name, source] of sources) {
    const file = ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true);
    const where = (node: ts.Node): string => `${name}:${file.getLineAndCharacterOfPosition(node.pos).line + 1}`;
    const visit = (node: ts.Node): void => {
      if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === "html") {
        const t = node.template;
        const parts = ts.isNoSubstitutionTemplateLiteral(t) ? [t.text] : [t.head.text, ...t.templateSpans.map((s) => s.literal.text)];
        const markup = parts.join("\0");
        assert.doesNotMatch(markup.replace(/<[^>]*>/g, " "), /\p{L}/u, where(node));
        assert.doesNotMatch(markup, readAloud, where(node));
      }
      // What these show is their first argument: never a literal.
      if (ts.isCallExpression(node) && /^(button|heading|announce|notice)$/.test(node.expression.getText().split(".").at(-1)!)) {
        const shown = node.arguments[node.expression.getText() === "notice" ? 1 : 0];
        assert.ok(!shown || !ts.isStringLiteralLike(shown) || shown.text === "", where(node));
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
});
