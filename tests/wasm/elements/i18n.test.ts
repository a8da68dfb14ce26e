import assert from "node:assert/strict";
import { test } from "node:test";
import { Translator, direction, loadTranslator, negotiate, parsePattern, placeholders } from "../../../wasm/src/i18n.js";

test("values, numbers and plurals; digits stay ASCII in every language", () => {
  const en = new Translator("en", { left: "{n, plural, =0 {None} one {# try} other {# tries}} left, {name}." });
  assert.equal(en.t("left", { n: 0, name: "A" }), "None left, A.");
  assert.equal(en.t("left", { n: 1, name: "A" }), "1 try left, A.");
  assert.equal(en.t("left", { n: 1200, name: "A" }), "1,200 tries left, A.");
  const ar = new Translator("ar", { left: "{n, plural, one {محاولة} two {محاولتان} few {# محاولات} other {# محاولة}}" });
  assert.equal(ar.t("left", { n: 2 }), "محاولتان");
  assert.equal(ar.t("left", { n: 3 }), "3 محاولات");
  assert.equal(ar.t("left", { n: 11 }), "11 محاولة");
  assert.equal(ar.number(1234.5), "1,234.5");
});

test("names are isolated where the text runs the other way, and only there", () => {
  assert.equal(new Translator("ar", { a: "«{label}»" }).t("a", { label: "My phone" }), "«\u2068My phone\u2069»");
  assert.equal(new Translator("de", { a: "„{label}“" }).t("a", { label: "Mein" }), "„Mein“");
});

test("a missing message shows its key, a missing value its name", () => {
  const en = new Translator("en", { a: "Hi {name}" });
  assert.equal(en.t("nope"), "nope");
  assert.equal(en.t("a"), "Hi {name}");
  assert.equal(en.t("toString"), "toString");
});

test("malformed patterns are refused", () => {
  for (const bad of ["{", "}", "{n, plural}", "{n, plural, one {x}}", "{n, number}", "a {b", "{n, plural, other {x}"]) {
    assert.throws(() => parsePattern(bad), SyntaxError, bad);
  }
  assert.deepEqual(placeholders("{b} {a} {n, plural, other {# {c}}}"), ["a", "b", "c", "n"]);
});

test("the best of the wanted languages", () => {
  const have = ["en", "ar", "de"];
  assert.equal(negotiate(["de-AT"], have), "de");
  assert.equal(negotiate(["it", "ar-EG", "en"], have), "ar");
  assert.equal(negotiate(["it"], have), "en");
  assert.equal(negotiate(["EN-us"], have), "en");
  assert.equal(direction("ar"), "rtl");
  assert.equal(direction("ar-EG"), "rtl");
  assert.equal(direction("arn"), "ltr");
});

test("each catalog is fetched once, and again after a failure", async () => {
  let calls = 0;
  let fail = true;
  const loaders = {
    en: async () => {
      calls += 1;
      if (fail) throw new Error("offline");
      return { default: { a: "A" } };
    },
  };
  await assert.rejects(loadTranslator(loaders, ["en"]));
  fail = false;
  assert.equal((await loadTranslator(loaders, ["en"])).t("a"), "A");
  await loadTranslator(loaders, ["xx"]);
  assert.equal(calls, 2);
});

test("how long ago", () => {
  const en = new Translator("en", {});
  const now = new Date("2026-11-24T12:00:00Z");
  assert.equal(en.ago("2026-11-24T11:59:50Z", now), "now");
  assert.equal(en.ago("2026-11-24T11:55:00Z", now), "5 minutes ago");
  assert.equal(en.ago("2026-11-24T10:00:00Z", now), "2 hours ago");
  assert.equal(en.ago("2026-11-23T12:00:00Z", now), "yesterday");
  assert.equal(en.ago("2026-01-02T12:00:00Z", now), "Jan 2, 2026");
});
