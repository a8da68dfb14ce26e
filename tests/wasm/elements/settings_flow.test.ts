import assert from "node:assert/strict";
import { test } from "node:test";
import { TwofoldApi, type Me } from "../../../wasm/src/api.js";
import { SettingsFlow, type View } from "../../../wasm/src/elements/settings_flow.js";
import { fakeCore, settle } from "./fakes.js";

interface Server {
  answers: Record<string, unknown>;
  calls: { what: string; body: Record<string, unknown> }[];
  api: TwofoldApi;
  flow: SettingsFlow;
}

/** A server as data: "METHOD /path" -> an answer, or [status, problem]. */
function serve(answers: Record<string, unknown>): Server {
  const calls: Server["calls"] = [];
  const me = { state: "signed_in", csrf_token: "c", user: { email: "alice@example.com" }, session: {} } as unknown as Me;
  const all: Record<string, unknown> = {
    "GET /client/me": me,
    "GET /v1/users/me/enrollments": { items: [item("enr_a", "Phone"), item("enr_b", "Tablet")], next_cursor: null },
    "GET /v1/users/me/backup-codes": { remaining: 8, total: 10, created_at: "2026-01-01T00:00:00Z" },
    "GET /v1/users/me/audit?limit=50": { items: [], next_cursor: null },
    ...answers,
  };
  const api = new TwofoldApi({
    fetch: async (url, init) => {
      const what = `${init?.method} ${String(url)}`;
      calls.push({ what, body: init?.body ? JSON.parse(String(init.body)) : {} });
      const given = all[what];
      const answer = typeof given === "function" ? given() : given;
      const [status, body] = Array.isArray(answer) ? answer : [answer === null ? 204 : answer === undefined ? 404 : 200, answer ?? { code: "not_found" }];
      return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json" } });
    },
  });
  const flow = new SettingsFlow({ api, core: () => Promise.resolve(fakeCore()), changed: () => {} });
  return { answers: all, calls, api, flow };
}

const item = (id: string, label: string, status = "active") => ({ id, method: "totp", label, status, created_at: "2026-01-01T00:00:00Z", activated_at: "2026-01-01T00:00:00Z" });

test("loads methods, counts and history; only active ones are shown", async () => {
  const { flow } = serve({ "GET /v1/users/me/enrollments": { items: [item("enr_a", "Phone"), item("enr_p", "Half", "pending")], next_cursor: null } });
  await flow.load();
  assert.equal(flow.view.kind, "overview");
  assert.deepEqual(flow.enrollments.map((e) => e.id), ["enr_a"]);
  assert.equal(flow.account, "alice@example.com");
  assert.equal(flow.lowBackupCodes, false);
});

test("3 backup codes or fewer warn, 4 do not, and never while 2FA is off", async () => {
  for (const [remaining, low] of [[4, false], [3, true], [0, true]] as const) {
    const { flow } = serve({ "GET /v1/users/me/backup-codes": { remaining, total: 10 } });
    await flow.load();
    assert.equal(flow.lowBackupCodes, low, String(remaining));
  }
  const { flow } = serve({ "GET /v1/users/me/enrollments": { items: [], next_cursor: null }, "GET /v1/users/me/backup-codes": { remaining: 0, total: 0 } });
  await flow.load();
  assert.equal(flow.lowBackupCodes, false);
});

test("history that may not be read leaves the rest working; settings that cannot load say so and try again", async () => {
  const some = serve({ "GET /v1/users/me/audit?limit=50": [403, { code: "forbidden" }] });
  await some.flow.load();
  assert.equal(some.flow.view.kind, "overview");
  const none = serve({ "GET /v1/users/me/enrollments": [503, { code: "unavailable" }] });
  await none.flow.load();
  assert.equal(none.flow.view.kind, "failed");
  assert.equal(none.flow.problem?.messages[0]?.key, "error.unavailable");
  none.answers["GET /v1/users/me/enrollments"] = { items: [], next_cursor: null };
  await none.flow.load();
  assert.equal(none.flow.view.kind, "overview");
});

test("after a sign-in by backup code: straight to setting up anew, once, without proof", async () => {
  const recover = { expires_at: new Date(Date.now() + 600_000).toISOString() };
  const me = { state: "signed_in", csrf_token: "c", user: { email: "a@example.com" }, session: { recover } };
  const { flow } = serve({ "GET /client/me": me });
  await flow.load();
  assert.equal(flow.view.kind, "recover");
  flow.setUp(flow.enrollments[0], true);
  assert.deepEqual(flow.view as View, { kind: "setup", replaces: flow.enrollments[0], proofs: flow.enrollments, recover: true });
  flow.overview();
  await flow.load();
  assert.equal(flow.view.kind, "overview");
});

test("after a sign-in by backup code: new codes alone take no proof, and spend the grant", async () => {
  const recover = { expires_at: new Date(Date.now() + 600_000).toISOString() };
  const me = { state: "signed_in", csrf_token: "c", user: { email: "a@example.com" }, session: { recover } };
  const { flow, answers, calls } = serve({ "GET /client/me": me, "POST /v1/users/me/backup-codes": [503, { code: "unavailable" }] });
  await flow.load();
  assert.equal(await flow.recoverCodes(), false);
  assert.equal(flow.view.kind, "recover");
  assert.equal(flow.problem?.messages[0]?.key, "error.unavailable");
  answers["POST /v1/users/me/backup-codes"] = { backup_codes: ["A", "B"] };
  assert.equal(await flow.recoverCodes(), true);
  const view = flow.view as View;
  assert.deepEqual(view.kind === "codes" && view.flow.codes, ["A", "B"]);
  assert.equal(flow.recover, undefined);
  assert.deepEqual(calls.filter((c) => c.what === "POST /v1/users/me/backup-codes").map((c) => c.body), [{}, {}]);
});

test("an expired recover grant is none", async () => {
  const me = { state: "signed_in", csrf_token: "c", user: { email: "a@example.com" }, session: { recover: { expires_at: "2020-01-01T00:00:00Z" } } };
  const { flow } = serve({ "GET /client/me": me });
  await flow.load();
  assert.equal(flow.view.kind, "overview");
});

test("adding and moving take a proof from the active authenticators", async () => {
  const { flow } = serve({});
  await flow.load();
  flow.setUp();
  assert.deepEqual(flow.view.kind === "setup" && [flow.view.proofs.length, flow.view.replaces], [2, undefined]);
  flow.setUp(flow.enrollments[1]);
  assert.equal(flow.view.kind === "setup" && flow.view.replaces?.id, "enr_b");
});

test("rename: checks the name, sends it, tells it; a password asked for is given and the rename goes on", async () => {
  let fresh = false;
  const { flow, calls } = serve({
    "PATCH /v1/users/me/enrollments/enr_a": () => (fresh ? item("enr_a", "New") : [403, { code: "reauthentication_required" }]),
    "POST /client/reauthenticate": () => ((fresh = true), { csrf_token: "d" }),
  });
  await flow.load();
  flow.startRename(flow.enrollments[0]);
  assert.equal(await flow.rename(flow.enrollments[0]!, " "), false);
  assert.equal(flow.problem?.messages[0]?.key, "setup.name_invalid");
  await flow.rename(flow.enrollments[0]!, "New");
  assert.equal(flow.view.kind, "password");
  await flow.reauthenticate("correct horse");
  await settle();
  assert.equal(flow.view.kind, "overview");
  assert.equal(flow.enrollments[0]?.label, "New");
  assert.deepEqual(flow.notice, { key: "settings.renamed", params: { label: "New" } });
  assert.equal(calls.filter((c) => c.what.startsWith("PATCH")).length, 2);
});

test("remove, regenerate and disable carry the code in the same request", async () => {
  const codes = Array.from({ length: 10 }, (_, i) => `AAAAA-BBBBB-CCCC${i}`);
  const { flow, calls } = serve({
    "POST /v1/users/me/enrollments/enr_b/remove": null,
    "POST /v1/users/me/backup-codes": [201, { backup_codes: codes, created_at: "2026-01-01T00:00:00Z" }],
    "POST /v1/users/me/disable": null,
  });
  await flow.load();
  const attempt = { code: "123456", method: "totp" as const };
  await flow.proof({ action: "remove_factor", object: "enr_b" }, flow.remove(flow.enrollments[1]!)).submit(attempt);
  assert.deepEqual(flow.enrollments.map((e) => e.id), ["enr_a"]);
  assert.equal(flow.notice?.key, "settings.removed");
  await flow.proof({ action: "regenerate" }, flow.regenerate).submit(attempt);
  assert.equal(flow.view.kind, "codes");
  assert.equal(flow.view.kind === "codes" && flow.view.flow.codes.length, 10);
  await flow.proof({ action: "disable" }, flow.disable).submit(attempt);
  assert.equal(flow.enabled, false);
  assert.equal(flow.notice?.key, "settings.turned_off");
  for (const path of ["enrollments/enr_b/remove", "backup-codes", "disable"]) {
    const call = calls.find((c) => c.what === `POST /v1/users/me/${path}`);
    assert.deepEqual(call?.body, attempt, path);
  }
});

test("a refused proof changes nothing", async () => {
  const { flow } = serve({ "POST /v1/users/me/disable": [422, { code: "code_invalid", attempts_remaining: 4 }] });
  await flow.load();
  await assert.rejects(flow.proof({ action: "disable" }, flow.disable).submit({ code: "000000" }), { code: "code_invalid" });
  assert.equal(flow.enabled, true);
});

test("clear() drops codes that were on screen", async () => {
  const { flow } = serve({ "POST /v1/users/me/backup-codes": [201, { backup_codes: ["AAAAA-BBBBB-CCCCC"] }] });
  await flow.load();
  await flow.regenerate({ code: "123456" });
  const shown = flow.view.kind === "codes" ? flow.view.flow : undefined;
  flow.clear();
  assert.deepEqual(shown?.codes, []);
});


test("one is put first and the mark moves; the advice follows the methods", async () => {
  const mail = { ...item("enr_m", "Mail"), method: "email", to: "a•••@e•••.com", preferred: true };
  const { flow, calls } = serve({
    "GET /v1/users/me/enrollments": { items: [item("enr_a", "Phone"), mail], next_cursor: null, offers: [{ method: "totp", available: true }] },
    "PATCH /v1/users/me/enrollments/enr_a": item("enr_a", "Phone"),
  });
  await flow.load();
  assert.deepEqual(flow.offers, [{ method: "totp", available: true }]);
  assert.deepEqual(flow.advice, ["settings.advice_sent"]);
  await flow.prefer(flow.enrollments[0]!);
  assert.deepEqual(calls.at(-1)?.body, { preferred: true });
  assert.deepEqual(flow.enrollments.map((e) => e.preferred), [true, false]);
  assert.deepEqual(flow.notice, { key: "settings.made_preferred", params: { label: "Phone" } });
  const only = serve({ "GET /v1/users/me/enrollments": { items: [mail], next_cursor: null } });
  await only.flow.load();
  assert.deepEqual(only.flow.advice, ["settings.advice_app", "settings.advice_sent"]);
});

test("remembered browsers are listed and forgotten without a code; one that is gone already is gone", async () => {
  const device = (id: string, current: boolean) => ({
    id, browser: "Firefox", system: "Linux", ip: "192.0.2.1", current,
    created_at: "2026-01-01T00:00:00Z", last_used_at: "2026-01-02T00:00:00Z", expires_at: "2026-01-31T00:00:00Z",
  });
  const { flow, calls, answers } = serve({
    "GET /v1/users/me/devices": { items: [device("dev_a", true), device("dev_b", false)], next_cursor: null },
    "DELETE /v1/users/me/devices/dev_a": null,
    "DELETE /v1/users/me/devices/dev_b": [503, { code: "unavailable" }],
  });
  await flow.load();
  assert.deepEqual(flow.devices.map((d) => d.id), ["dev_a", "dev_b"]);
  const [a, b] = flow.devices;
  assert.equal(await flow.forget(a!, "Firefox on Linux"), true);
  assert.deepEqual(flow.devices.map((d) => d.id), ["dev_b"]);
  assert.deepEqual(flow.notice, { key: "settings.forgotten", params: { label: "Firefox on Linux" } });
  assert.equal(await flow.forget(b!, "Firefox on Linux"), false);
  assert.equal(flow.problem?.messages[0]?.key, "error.unavailable");
  assert.equal(flow.devices.length, 1, "what could not be forgotten stays in the list");
  answers["DELETE /v1/users/me/devices/dev_b"] = [404, { code: "not_found" }];
  assert.equal(await flow.forget(b!, "Firefox on Linux"), true);
  assert.deepEqual(flow.devices, []);
  assert.deepEqual(calls.filter((c) => c.what.startsWith("DELETE")).map((c) => c.body), [{}, {}, {}]);

  const without = serve({ "GET /v1/users/me/devices": [403, { code: "forbidden" }] });
  await without.flow.load();
  assert.equal(without.flow.view.kind, "overview");
  assert.deepEqual(without.flow.devices, []);
});
