// The owner's side of a request to support, against a server as data.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiClient } from "../../../wasm/src/api.js";
import { ApiError } from "../../../wasm/src/api.js";
import { codeOf, generalProblem, problem } from "../../../wasm/src/elements/problem.js";
import { SupportFlow, kStoryKeys, stealable, story } from "../../../wasm/src/elements/support_flow.js";
import type { SupportCase, SupportState } from "../../../wasm/src/support_api.js";
import { settle } from "./fakes.js";

const kPath = "/v1/users/me/support-cases";

function request(state: SupportState, more: Partial<SupportCase> = {}): SupportCase {
  return {
    id: "case_1",
    state,
    reason: "lost_phone",
    channel: "client_area",
    opened_at: "2026-11-24T09:00:00Z",
    updated_at: new Date().toISOString(),
    next: "evidence",
    timeline: [{ at: "2026-11-24T09:00:00Z", action: "opened", actor: "you" }],
    can_withdraw: true,
    ...more,
  };
}

/** "METHOD /path" -> an answer, or [status, problem]; a list is used up one by one, its last stays. */
function serve(answers: Record<string, unknown>, { onlyOpen = false, visible = (): boolean => true } = {}) {
  const calls: { what: string; body: unknown }[] = [];
  const refused: string[] = [];
  const all: Record<string, unknown> = {
    "GET /client/me": { state: "second_factor_required", csrf_token: "c" },
    "GET /client/config": { support: { channels: [{ kind: "email", value: "help@example.com" }] } },
    [`GET ${kPath}`]: { items: [], next_cursor: null },
    ...answers,
  };
  let late = 0;
  const api = new ApiClient({
    fetch: async (url, init) => {
      const what = `${init?.method} ${String(url)}`;
      calls.push({ what, body: init?.body ? JSON.parse(String(init.body)) : undefined });
      const answer = all[what];
      const [status, body] = Array.isArray(answer) ? answer : [answer === undefined ? 404 : 200, answer ?? { code: "not_found" }];
      return new Response(JSON.stringify(body), { status, headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json" } });
    },
  });
  api.now = () => Date.now() + late;
  const flow = new SupportFlow(
    { kit: { ApiError, codeOf, generalProblem, problem }, api, changed: () => {}, refused: (e) => refused.push(e.code), visible },
    onlyOpen,
  );
  return { flow, all, calls, refused, pass: (seconds: number) => (late += seconds * 1000) };
}

test("without a request the form is shown, with the channels that are real; a failed list of them stops nobody", async () => {
  const { flow, all } = serve({});
  await flow.open();
  assert.equal(flow.phase, "form");
  assert.deepEqual(flow.contacts, [{ kind: "email", value: "help@example.com" }]);
  all["GET /client/config"] = [503, { code: "unavailable" }];
  await flow.open();
  assert.equal(flow.phase, "form");
  assert.deepEqual(flow.contacts, []);
});

test("an open request is found again after a reload; one that ended long ago is not told of", async () => {
  const { flow, all } = serve({ [`GET ${kPath}`]: { items: [request("evidence")], next_cursor: null } });
  await flow.open();
  assert.equal(flow.phase, "case");
  assert.equal(flow.case?.state, "evidence");
  for (const [ago, phase] of [[1, "case"], [8, "form"]] as const) {
    all[`GET ${kPath}`] = { items: [request("rejected", { updated_at: new Date(Date.now() - ago * 86_400_000).toISOString() })] };
    await flow.open();
    assert.equal(flow.phase, phase);
  }
});

test("asking for help: what is missing is told and nothing is sent; then reason, contact and stolen methods go", async () => {
  const { flow, calls, all } = serve({ [`POST ${kPath}`]: request("open", { reason: "stolen" }) });
  await flow.open();
  assert.equal(await flow.submit(), undefined);
  assert.equal(flow.problem?.messages[0]?.key, "support.reason_missing");
  flow.form.reason = "stolen";
  flow.form.contact = "x".repeat(201);
  assert.equal(await flow.submit(), undefined);
  assert.equal(flow.problem?.messages[0]?.key, "support.contact_long");
  assert.equal(flow.problem?.field, true);
  flow.form.contact = `  ${"é".repeat(200)} `;
  flow.form.stolen.add("enr_a");
  const opened = await flow.submit();
  assert.equal(opened?.id, "case_1");
  assert.equal(flow.phase, "case");
  assert.deepEqual(calls.filter((c) => c.what.startsWith("POST")).map((c) => c.body), [{ reason: "stolen", contact: "é".repeat(200), stolen: ["enr_a"] }]);
  // Of another reason nothing is said about thieves, whatever was ticked before.
  flow.again();
  flow.form.reason = "other";
  flow.form.contact = "";
  all[`POST ${kPath}`] = request("open");
  await flow.submit();
  assert.deepEqual(calls.at(-1)?.body, { reason: "other" });
});

test("a request that is open already is shown instead of a second one; any other refusal keeps what was written", async () => {
  const { flow, all, refused } = serve({ [`POST ${kPath}`]: [409, { code: "case_already_open" }] });
  await flow.open();
  all[`GET ${kPath}`] = { items: [request("waiting")], next_cursor: null };
  flow.form.reason = "lost_phone";
  assert.equal(await flow.submit(), undefined);
  assert.equal(flow.case?.state, "waiting");
  assert.deepEqual(refused, []);
  flow.again();
  all[`POST ${kPath}`] = [429, { code: "rate_limited" }];
  flow.form.contact = "call me";
  assert.equal(await flow.submit(), undefined);
  assert.equal(flow.phase, "form");
  assert.equal(flow.problem?.messages[0]?.key, "error.rate_limited");
  assert.equal(flow.form.contact, "call me");
  assert.deepEqual(refused, ["rate_limited"]);
});

test("withdrawing is asked back, then done once; what moved on meanwhile is shown as it is", async () => {
  const { flow, all, calls } = serve({
    [`GET ${kPath}`]: { items: [request("open")], next_cursor: null },
    [`POST ${kPath}/case_1/cancel`]: request("cancelled", { can_withdraw: false }),
  });
  await flow.open();
  flow.ask(true);
  assert.equal(flow.asking, true);
  const [first, second] = await Promise.all([flow.withdraw(), flow.withdraw()]);
  assert.equal(first?.state, "cancelled");
  assert.equal(second, undefined);
  assert.equal(calls.filter((c) => c.what.endsWith("/cancel")).length, 1);
  assert.equal(flow.over, true);
  assert.equal(flow.asking, false);
  all[`GET ${kPath}`] = { items: [request("done", { can_withdraw: false })], next_cursor: null };
  all[`POST ${kPath}/case_1/cancel`] = [409, { code: "case_state" }];
  assert.equal(await flow.withdraw(), undefined);
  assert.equal(flow.case?.state, "done");
  assert.equal(flow.problem?.messages[0]?.key, "error.case_state");
});

test("an open request is followed while the page is seen, and no more once it has ended", async () => {
  let seen = true;
  const { flow, all, calls, pass } = serve({ [`GET ${kPath}`]: { items: [request("open")] } }, { visible: () => seen });
  const asked = (): number => calls.filter((c) => c.what === `GET ${kPath}`).length;
  await flow.open();
  flow.tick();
  assert.equal(asked(), 1);
  pass(30);
  seen = false;
  flow.tick();
  assert.equal(asked(), 1);
  seen = true;
  all[`GET ${kPath}`] = { items: [request("waiting")] };
  flow.tick();
  flow.tick();
  await settle();
  assert.equal(asked(), 2);
  assert.equal(flow.case?.state, "waiting");
  all[`GET ${kPath}`] = [503, { code: "unavailable" }];
  pass(30);
  flow.tick();
  await settle();
  assert.equal(flow.case?.state, "waiting", "a failed question changes nothing on screen");
  all[`GET ${kPath}`] = { items: [request("rejected")] };
  pass(120);
  flow.tick();
  await settle();
  assert.equal(flow.over, true);
  const before = asked();
  pass(600);
  flow.tick();
  assert.equal(asked(), before);
});

test("in Security Settings nothing is shown without an open request, and a call that fails is silent", async () => {
  const { flow, all, refused, calls } = serve({ [`GET ${kPath}`]: { items: [request("done")] } }, { onlyOpen: true });
  await flow.open();
  assert.equal(flow.phase, "none");
  all[`GET ${kPath}`] = [404, { code: "not_found" }];
  flow.phase = "loading";
  await flow.open();
  assert.equal(flow.phase, "none");
  assert.deepEqual(refused, []);
  assert.ok(!calls.some((c) => c.what === "GET /client/config"));
});

test("the story: what has happened with its time, what is going on, what comes after it", () => {
  const keys = (c: SupportCase): string[] => story(c).map((l) => `${l.state} ${l.key.replace("support.", "")}`);
  assert.deepEqual(keys(request("open")), ["done did_opened_you", "now next_evidence", "later next_approval", "later next_wait", "later next_link"]);
  assert.deepEqual(keys(request("evidence", { next: "approval" })).slice(1), ["now next_approval", "later next_wait", "later next_link"]);
  const waiting = story(request("waiting", { waits_until: "2026-11-25T09:00:00Z" }));
  assert.deepEqual(waiting[1], { key: "support.next_wait_until", state: "now", at: "2026-11-25T09:00:00Z" });
  const sent = story(request("link_issued", { link_sent_to: "whatsapp", link_expires_at: "2026-11-25T10:00:00Z" }));
  assert.deepEqual(sent.at(-1), { key: "support.next_link_whatsapp", state: "now", at: "2026-11-25T10:00:00Z" });
  for (const reason of ["factor_used", "objection", "withdrawal", "undeliverable"] as const) {
    const paused = request("paused", { pause: { reason, at: "2026-11-24T09:30:00Z" }, next: "review" });
    assert.deepEqual(keys(paused).slice(1), [`now next_review_${reason}`]);
  }
  for (const state of ["done", "cancelled", "rejected", "expired"] as const) {
    assert.ok(story(request(state)).every((l) => l.state === "done"), state);
  }
  const byOthers = request("open", { timeline: [{ at: "2026-11-24T09:00:00Z", action: "opened", actor: "support" }] });
  assert.equal(story(byOthers)[0]?.key, "support.did_opened_others");
  // The states and steps there are, and no key that has no words.
  for (const state of ["open", "evidence", "approved", "waiting", "link_issued", "paused"] as const) {
    for (const line of story(request(state))) assert.ok(kStoryKeys.includes(line.key), line.key);
  }
});

test("a thief has devices and mailboxes, not the codes on paper", () => {
  const methods = stealable([{ method: "totp", enrollment_id: "enr_a" }, { method: "email", enrollment_id: "enr_b" }, { method: "backup_code" }]);
  assert.deepEqual(methods.map((m) => m.enrollment_id), ["enr_a", "enr_b"]);
});
