import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiClient, ApiError, TwofoldApi, type ApiOptions } from "../../../wasm/src/api.js";

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> } | "lost";

function serve(answers: Answer[], options: ApiOptions = {}) {
  const requests: { url: string; method: string; headers: Record<string, string>; credentials: string | undefined }[] = [];
  const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    requests.push({ url: String(url), method: init.method ?? "", headers: init.headers as Record<string, string>, credentials: init.credentials });
    const answer = answers.shift() ?? { status: 500 };
    if (answer === "lost") throw new TypeError("network");
    const status = answer.status ?? 200;
    return new Response(status === 204 ? null : JSON.stringify(answer.body ?? {}), {
      status,
      headers: { "Content-Type": status < 400 ? "application/json; charset=utf-8" : "application/problem+json", ...answer.headers },
    });
  };
  return { api: new TwofoldApi({ ...options, fetch: fetch as typeof globalThis.fetch }), requests };
}

const me = { body: { state: "signed_in", csrf_token: "c1", user: {}, session: {} } };

test("a session asks for its CSRF token once and sends it with every change", async () => {
  const { api, requests } = serve([me, { status: 204 }, { status: 204 }]);
  await api.disable({ code: "123456" });
  await api.signOut();
  assert.deepEqual(requests.map((r) => `${r.method} ${r.url}`), ["GET /client/me", "POST /v1/users/me/disable", "POST /client/sign-out"]);
  assert.equal(requests[1]?.headers["X-CSRF-Token"], "c1");
  assert.equal(requests[1]?.credentials, "same-origin");
  assert.equal(requests[2]?.headers["X-CSRF-Token"], "c1");
});

test("a new token after a step up is used from then on; a stale one is renewed and the call repeated", async () => {
  const { api, requests } = serve([
    { body: { status: "signed_in", csrf_token: "c0", user: {} } },
    { body: { csrf_token: "c2" } },
    { status: 403, body: { code: "csrf_required" } },
    { body: { ...me.body, csrf_token: "c3" } },
    { status: 204 },
  ]);
  await api.signIn("a@example.com", "correct horse");
  assert.equal(requests[0]?.headers["X-CSRF-Token"], undefined);
  await api.reauthenticate("correct horse");
  await api.disable({ code: "123456" });
  assert.deepEqual(requests.map((r) => r.headers["X-CSRF-Token"]), [undefined, "c0", "c2", undefined, "c3"]);
});

test("a widget token goes into the header, sends no cookie and asks no CSRF token", async () => {
  let n = 0;
  const { api, requests } = serve([{ status: 204 }, { body: { items: [], next_cursor: null } }], {
    base: "https://2fa.example.com/",
    user: "a/b@example.com",
    token: () => `tfw_${(n += 1)}`,
  });
  await api.disable({ code: "123456" });
  await api.enrollments();
  assert.equal(requests[0]?.url, "https://2fa.example.com/v1/users/a%2Fb%40example.com/disable");
  assert.equal(requests[0]?.headers["Authorization"], "Bearer tfw_1");
  assert.equal(requests[1]?.headers["Authorization"], "Bearer tfw_2");
  assert.equal(requests[0]?.credentials, "omit");
  assert.equal(requests[0]?.headers["X-CSRF-Token"], undefined);
});

test("a lost answer to a change is asked for again under the same Idempotency-Key, once", async () => {
  const { api, requests } = serve(["lost", { status: 204 }, "lost", "lost"], { token: "tfw_x" });
  await api.disable({ code: "123456" });
  assert.equal(requests.length, 2);
  const key = requests[0]?.headers["Idempotency-Key"];
  assert.match(key ?? "", /^[0-9a-f]{32}$/);
  assert.equal(requests[1]?.headers["Idempotency-Key"], key);
  await assert.rejects(api.disable({ code: "123456" }), { code: "network", status: 0 });
  assert.equal(requests.length, 4);
  assert.notEqual(requests[2]?.headers["Idempotency-Key"], key);
});

test("a password or a sign-in code is never sent twice by itself", async () => {
  const { api, requests } = serve(["lost"], { csrf: "c" });
  await assert.rejects(api.verifySignIn({ code: "123456" }), { code: "network" });
  assert.equal(requests.length, 1);
});

test("problem+json becomes a code, its numbers and its reference; Retry-After counts too", async () => {
  const { api } = serve(
    [
      { status: 422, body: { code: "code_invalid", attempts_remaining: 3, request_id: "req_1" } },
      { status: 422, body: { code: "code_already_used", retry_after_s: 17 } },
      { status: 429, body: { code: "factor_locked" }, headers: { "Retry-After": "60" } },
      { status: 429, body: { code: "rate_limited", retry_after_s: -5 }, headers: { "Retry-After": "soon" } },
    ],
    { token: "tfw_x" },
  );
  const refused = async (): Promise<ApiError> => {
    try {
      await api.verifyChallenge("chl_1", { code: "123456" });
    } catch (error) {
      return error as ApiError;
    }
    throw new Error("accepted");
  };
  const first = await refused();
  assert.deepEqual([first.code, first.details.attemptsRemaining, first.details.requestId], ["code_invalid", 3, "req_1"]);
  assert.equal((await refused()).details.retryAfter, 17);
  assert.equal((await refused()).details.retryAfter, 60);
  assert.equal((await refused()).details.retryAfter, undefined);
});

test("what stands in front of the server answers without a code", async () => {
  const answers = [[502, "unavailable"], [504, "unavailable"], [404, "not_found"], [429, "rate_limited"], [418, "unexpected"]] as const;
  for (const [status, code] of answers) {
    const api = new ApiClient({ token: "tfw_x", fetch: async () => new Response("<html>", { status, headers: { "Content-Type": "text/html" } }) });
    await assert.rejects(api.challenge("chl_1"), { code });
  }
  const html = new ApiClient({ token: "tfw_x", fetch: async () => new Response("<html>", { headers: { "Content-Type": "text/html" } }) });
  await assert.rejects(html.challenge("chl_1"), { code: "unexpected" });
});

test("the server's clock is learnt from its Date header; a second of rounding is ignored", async () => {
  const at = (offset: number) => ({ ...me, headers: { Date: new Date(Date.now() + offset).toUTCString() } });
  const { api } = serve([at(0), at(-240_000), at(500)]);
  await api.me();
  assert.ok(Math.abs(api.now() - Date.now()) < 5);
  await api.me();
  assert.ok(Math.abs(api.now() - Date.now() + 240_000) < 1500);
  await api.me();
  assert.ok(Math.abs(api.now() - Date.now()) < 5);
});
