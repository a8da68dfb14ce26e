// The flows with codes that are sent: sending once, states, resending, a failed message opening the
// other ways, proof by a challenge of exactly the change, setting up and moving an address.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TwofoldApi, type Attempt, type Delivery, type Enrollment, type PendingEnrollment, type Proof } from "../../../wasm/src/api.js";
import { proofOpening, proofTarget } from "../../../wasm/src/elements/proof_target.js";
import { SetupFlow, type SetupDeps } from "../../../wasm/src/elements/setup_flow.js";
import { DeliveryFlow } from "../../../wasm/src/elements/delivery_flow.js";
import { VerifyFlow, type Opening, type SentCode } from "../../../wasm/src/elements/verify_flow.js";
import { Clock, delivery, enrollment, fakeCore, refusal, settle } from "./fakes.js";

const kTotp = { method: "totp" as const, enrollment_id: "enr_a", label: "Phone" };
const kEmail = { method: "email" as const, enrollment_id: "enr_e", label: "Mail", to: "a•••@e•••.com" };
const kWhatsApp = { method: "whatsapp" as const, enrollment_id: "enr_w", label: "Chat", to: "+34 ••• •• 21" };
const kBackup = { method: "backup_code" as const };

interface Script {
  opening?: Partial<Opening>;
  send?: (id: string, clock: Clock) => SentCode;
  poll?: (clock: Clock) => SentCode & { status?: string };
  submit?: (attempt: Attempt) => unknown;
}

function setUp(script: Script = {}) {
  const clock = new Clock();
  const sent: string[] = [];
  const tried: Attempt[] = [];
  let polls = 0;
  const flow = new VerifyFlow(
    {
      open: async () => ({ methods: [kWhatsApp, kEmail, kTotp, kBackup], ...script.opening }),
      submit: async (attempt) => {
        tried.push(attempt);
        return script.submit?.(attempt) ?? "approved";
      },
      send: async (id) => {
        sent.push(id);
        const to = id === "enr_e" ? { method: "email" as const, to: kEmail.to } : {};
        return script.send?.(id, clock) ?? { delivery: delivery(clock, { enrollment_id: id, ...to }) };
      },
      poll: async () => {
        polls += 1;
        return script.poll?.(clock) ?? { delivery: undefined };
      },
    },
    { now: clock.now, core: () => Promise.resolve(fakeCore()), changed: () => {}, delivery: async () => DeliveryFlow },
  );
  const seconds = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i += 1) {
      clock.pass(1);
      flow.tick();
      await settle();
    }
  };
  const open = async (): Promise<void> => {
    await flow.open();
    await settle();
  };
  return { flow, clock, sent, tried, seconds, open, polls: () => polls };
}

test("a preferred way whose code has to be sent sends one, once, by itself; the code names the way", async () => {
  const { flow, sent, tried, open } = setUp({ opening: { preferred: "whatsapp", preferred_enrollment_id: "enr_w" } });
  await open();
  assert.deepEqual(sent, ["enr_w"]);
  assert.equal(flow.delivery!.delivery?.status, "queued");
  await flow.submit("123 456");
  assert.deepEqual(tried, [{ code: "123456", method: "whatsapp", enrollment_id: "enr_w" }]);
});

test("nothing is sent while an app is asked; choosing email sends, going back and forth does not send again", async () => {
  const { flow, sent, open } = setUp({ opening: { preferred: "totp" } });
  await open();
  assert.deepEqual(sent, []);
  const way = (id: string) => flow.ways.find((w) => w.enrollmentId === id)!;
  for (const id of ["enr_e", "enr_w", "enr_e", "enr_a", "enr_w"]) {
    flow.choose(way(id));
    await settle();
  }
  assert.deepEqual(sent, ["enr_e", "enr_w"]);
  assert.equal(flow.delivery!.delivery?.enrollment_id, "enr_w");
});

test("a way chosen while the code to another one is still being asked for gets its own", async () => {
  const { flow, sent } = setUp({ opening: { preferred: "email" } });
  await flow.open(); // email's is on its way to the server
  flow.choose(flow.ways.find((w) => w.enrollmentId === "enr_w")!);
  assert.equal(flow.sending, true);
  await settle();
  assert.deepEqual(sent, ["enr_e", "enr_w"]);
  assert.equal(flow.sending, false);
  assert.equal(flow.delivery!.delivery?.enrollment_id, "enr_w");
});

test("a page loaded again goes on with the code that is on its way", async () => {
  const clock = new Clock();
  const { flow, sent, open } = setUp({ opening: { preferred: "totp", delivery: delivery(clock, { enrollment_id: "enr_e", method: "email", status: "sent" }) } });
  await open();
  assert.deepEqual(sent, []);
  assert.equal(flow.way?.enrollmentId, "enr_e");
  assert.equal(flow.delivery!.delivery?.status, "sent");
});

test("resending waits for resend_at, then sends; 429 tells how long and keeps what was sent", async () => {
  let refuse = false;
  const { flow, sent, seconds, open } = setUp({
    opening: { preferred: "whatsapp" },
    poll: (clock) => ({ delivery: { ...delivery(clock), ...flow.delivery!.delivery, status: "delivered" } as Delivery }),
    send: (id, clock) => {
      if (refuse) throw refusal("rate_limited", 429, { retryAfter: 600 });
      return { delivery: delivery(clock, { enrollment_id: id }) };
    },
  });
  await open();
  await flow.send();
  assert.equal(sent.length, 1, "too early");
  assert.equal(flow.delivery!.waitSeconds(), 30);
  await seconds(30);
  refuse = true;
  await flow.send();
  assert.equal(sent.length, 2);
  assert.deepEqual(flow.problem?.messages, [{ key: "verify.send_limited", params: { minutes: 10 } }]);
  assert.equal(flow.delivery!.waitSeconds(), 600);
  assert.equal(flow.delivery!.live, true, "the first code may still be entered");
  assert.equal(flow.phase, "ready");
});

test("a message that failed opens the other ways with the reason; the other way works", async () => {
  const { flow, tried, seconds, open } = setUp({
    opening: { preferred: "whatsapp" },
    poll: (clock) => ({ delivery: { ...flow.delivery!.delivery!, status: "failed", reason: "not_reachable", resend_at: new Date(clock.ms + 10_000).toISOString() } }),
  });
  await open();
  await seconds(2);
  assert.equal(flow.phase, "choosing");
  assert.deepEqual(flow.problem?.messages, [{ key: "delivery.failed_not_reachable", params: { to: "+34 ••• •• 21" } }]);
  const failed = flow.ways.find((w) => w.enrollmentId === "enr_w")!;
  assert.equal(flow.failed(failed), true);
  flow.choose(failed);
  assert.equal(flow.phase, "ready");
  assert.equal(flow.problem?.messages[0]?.key, "delivery.failed_not_reachable", "still too early to send again: the reason stays");
  flow.choose(flow.ways.find((w) => w.enrollmentId === "enr_a")!);
  await flow.submit("123456");
  assert.equal(tried[0]?.method, "totp");
  assert.equal(flow.phase, "done");
});

test("with no other way a failed message leaves its reason and the way to send again", async () => {
  const { flow, sent, seconds, open } = setUp({
    opening: { methods: [kEmail], preferred: "email" },
    send: (id, clock) => ({ delivery: delivery(clock, { enrollment_id: id, method: "email", resend_at: new Date(clock.ms + 10_000).toISOString() }) }),
    poll: () => ({ delivery: { ...flow.delivery!.delivery!, status: sent.length > 1 ? "sent" : "failed", reason: "channel_down" } }),
  });
  await open();
  await seconds(12);
  assert.equal(flow.phase, "ready");
  assert.equal(flow.problem?.messages[0]?.key, "delivery.failed_channel_down");
  await flow.send();
  assert.equal(sent.length, 2);
  assert.equal(flow.problem, undefined);
});

test("ways that cannot be used are not asked first and cannot be chosen; refusals close a way and open the others", async () => {
  const paused = { ...kWhatsApp, available: false, reason: "paused" as const };
  const { flow, sent, open } = setUp({
    opening: { methods: [paused, kEmail, kBackup], preferred: "whatsapp", preferred_enrollment_id: "enr_w" },
    send: () => {
      throw refusal("factor_suspended", 409);
    },
  });
  await open();
  assert.deepEqual(sent, ["enr_e"]);
  assert.equal(flow.phase, "choosing");
  assert.equal(flow.problem?.messages[0]?.key, "error.factor_suspended");
  assert.deepEqual(flow.ways.map((w) => w.unavailable), ["paused", "suspended", undefined]);
  flow.choose(flow.ways[0]!);
  assert.equal(flow.phase, "choosing");
  assert.deepEqual(sent, ["enr_e"]);
});

test("a code before any was sent, and a wrong one, are told in words about messages", async () => {
  let code: "code_not_sent" | "code_invalid" = "code_not_sent";
  const { flow, open } = setUp({
    opening: { preferred: "email", methods: [kEmail, kBackup] },
    submit: () => {
      throw refusal(code, 422, { attemptsRemaining: 3 });
    },
  });
  await open();
  await flow.submit("123456");
  assert.equal(flow.problem?.messages[0]?.key, "error.code_not_sent");
  code = "code_invalid";
  await flow.submit("123456");
  assert.deepEqual(flow.problem?.messages.map((m) => m.key), ["verify.wrong_sent", "verify.attempts_left"]);
  await flow.submit("12");
  assert.equal(flow.problem?.messages[0]?.key, "verify.code_shape_sent");
});

test("the challenge ends by the clock, later when a newer code moved its end; a poll that says so ends it too", async () => {
  const base = new Clock();
  const at = (s: number): string => new Date(base.ms + s * 1000).toISOString();
  const moved = setUp({
    opening: { preferred: "whatsapp", expires_at: at(100) },
    send: (id, clock) => ({ delivery: delivery(clock, { enrollment_id: id, status: "read" }), expires_at: at(400) }),
  });
  await moved.open();
  await moved.seconds(399);
  assert.equal(moved.flow.phase, "ready");
  await moved.seconds(1);
  assert.equal(moved.flow.phase, "expired");
  const closed = setUp({ opening: { preferred: "whatsapp" }, poll: (clock) => ({ delivery: delivery(clock), status: "closed" }) });
  await closed.open();
  await closed.seconds(2);
  assert.equal(closed.flow.phase, "expired");
  assert.equal(closed.flow.expiredCode, "challenge_closed");
  const polls = closed.polls();
  await closed.seconds(60);
  assert.equal(closed.polls(), polls, "nobody asks about what is over");
});

test("close() forgets where codes went; an answer on its way changes nothing", async () => {
  const { flow } = setUp({ opening: { preferred: "whatsapp" } });
  await flow.open();
  flow.close();
  await settle();
  assert.equal(flow.delivery!.delivery, undefined);
  assert.equal(flow.sending, false);
});

// -- Proof --------------------------------------------------------------------------------------

const mailFactor: Enrollment = { ...enrollment("enr_e", "Mail"), method: "email", to: "a•••@e•••.com" };

function serve(answers: Record<string, unknown>) {
  const calls: [string, Record<string, unknown>][] = [];
  const api = new TwofoldApi({
    csrf: "c",
    fetch: async (url, init) => {
      const what = `${init?.method} ${String(url)}`;
      calls.push([what, init?.body ? (JSON.parse(String(init.body)) as Record<string, unknown>) : {}]);
      const given = answers[what];
      const answer = typeof given === "function" ? given() : given;
      const [status, body] = Array.isArray(answer) ? answer : [answer === undefined ? 404 : 200, answer ?? { code: "not_found" }];
      return new Response(JSON.stringify(body), { status, headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json", "Retry-After": "2" } });
    },
  });
  return { api, calls };
}

test("a proof by a sent code opens a challenge of exactly the change, passes it, and gives its id", async () => {
  const clock = new Clock();
  const { api, calls } = serve({
    "POST /v1/users/me/challenges": [201, { id: "chl_1", delivery: delivery(clock, { enrollment_id: "enr_e" }) }],
    "POST /v1/challenges/chl_1/send": [202, { delivery: delivery(clock, { enrollment_id: "enr_e" }), expires_at: "2026-11-24T10:10:00Z" }],
    "GET /v1/challenges/chl_1": { id: "chl_1", status: "pending", delivery: delivery(clock, { enrollment_id: "enr_e", status: "sent" }) },
    "POST /v1/challenges/chl_1/verify": { status: "approved", method: "email" },
  });
  const proofs: Proof[] = [];
  const target = proofTarget(api, [mailFactor], { action: "remove_factor", object: "enr_x" }, async (proof) => void proofs.push(proof));
  await assert.rejects(target.submit({ code: "123456", method: "email", enrollment_id: "enr_e" }), { code: "code_not_sent" });
  assert.equal((await target.send!("enr_e")).delivery?.status, "queued");
  assert.equal((await target.send!("enr_e")).delivery?.status, "queued");
  const seen = await target.poll!();
  assert.deepEqual([seen.delivery?.status, seen.pause], ["sent", 2]);
  await target.submit({ code: "123456", method: "email", enrollment_id: "enr_e" });
  assert.deepEqual(proofs, [{ challenge_id: "chl_1" }]);
  assert.deepEqual(calls[0], ["POST /v1/users/me/challenges", { purpose: "manage", action: "remove_factor", object: "enr_x", enrollment_id: "enr_e" }]);
  assert.deepEqual(calls.map(([what]) => what).filter((what) => what.startsWith("POST /v1/users")).length, 1, "the second code is of the same challenge");
});

test("a proof by an app or a backup code goes with the change, without a challenge", async () => {
  const { api, calls } = serve({});
  const proofs: Proof[] = [];
  const target = proofTarget(api, [enrollment("enr_a"), mailFactor], { action: "disable" }, async (proof) => void proofs.push(proof));
  await target.submit({ code: "123456", method: "totp", enrollment_id: "enr_a" });
  await target.submit({ code: "AAAAABBBBBCCCCC", method: "backup_code" });
  assert.deepEqual(proofs.map((p) => "code" in p), [true, true]);
  assert.deepEqual(calls, []);
});

test("each way has a challenge of its own, and a code passes the one it was sent for", async () => {
  const clock = new Clock();
  let made = 0;
  const { api, calls } = serve({
    "POST /v1/users/me/challenges": () => [201, { id: `chl_${(made += 1)}`, delivery: delivery(clock) }],
    "POST /v1/challenges/chl_1/verify": { status: "approved", method: "email" },
  });
  const proofs: Proof[] = [];
  const target = proofTarget(api, [mailFactor], { action: "disable" }, async (proof) => void proofs.push(proof));
  await target.send!("enr_e");
  await target.send!("enr_w");
  await target.submit({ code: "123456", method: "email", enrollment_id: "enr_e" });
  assert.deepEqual(proofs, [{ challenge_id: "chl_1" }]);
  assert.deepEqual(calls.map(([, body]) => body["enrollment_id"]), ["enr_e", "enr_w", "enr_e"]);
});

test("a change refused after the code was right is made again without another code; an approval too old asks anew", async () => {
  const clock = new Clock();
  let verified = 0;
  const { api } = serve({
    "POST /v1/users/me/challenges": [201, { id: "chl_1", delivery: delivery(clock) }],
    "POST /v1/challenges/chl_1/verify": () => ((verified += 1), { status: "approved", method: "email" }),
  });
  const refusals = [refusal("unavailable", 503), refusal("proof_required", 403)];
  const target = proofTarget(api, [mailFactor], { action: "disable" }, async () => {
    const next = refusals.shift();
    if (next) throw next;
  });
  const attempt = { code: "123456", method: "email" as const, enrollment_id: "enr_e" };
  await target.send!("enr_e");
  await assert.rejects(target.submit(attempt), { code: "unavailable" });
  await assert.rejects(target.submit(attempt), { code: "code_not_sent" });
  assert.equal(verified, 1);
  await target.send!("enr_e");
  await target.submit(attempt);
  assert.equal(verified, 2);
});

test("addresses in trouble are asked last, a number that may have a new owner not at all, the preferred first", () => {
  const chat: Enrollment = { ...mailFactor, id: "enr_w", method: "whatsapp", problem: "identity_changed" };
  const app: Enrollment = { ...enrollment("enr_a"), preferred: true };
  const { methods } = proofOpening([chat, mailFactor, app]);
  assert.deepEqual(methods.map((m) => m.enrollment_id), ["enr_a", "enr_e", "enr_w", undefined]);
  assert.deepEqual([methods[2]?.available, methods[2]?.reason], [false, "suspended"]);
});

// -- Setting up ---------------------------------------------------------------------------------

function wizard(script: { enroll?: (body: Record<string, unknown>) => void; confirm?: () => void; send?: () => void } = {}, request: Partial<ConstructorParameters<typeof SetupFlow>[0]> = {}) {
  const clock = new Clock();
  const calls: [string, ...unknown[]][] = [];
  const pending = (method: "email" | "whatsapp"): PendingEnrollment => ({
    id: "enr_new",
    method,
    label: "x",
    status: "pending",
    created_at: new Date(clock.ms).toISOString(),
    expires_at: new Date(clock.ms + 900_000).toISOString(),
    to: "+34 ••• •• 21",
    delivery: delivery(clock, { enrollment_id: "enr_new", method }),
  });
  const api: SetupDeps["api"] = {
    session: true,
    now: clock.now,
    pause: () => 1,
    enroll: async (body, proof = {}) => {
      calls.push(["enroll", body, proof]);
      script.enroll?.(body);
      return pending(body.method as "email");
    },
    enrollment: async () => ({ ...pending(flow.method as "email"), delivery: { ...flow.delivery.delivery!, status: "delivered" } }),
    sendEnrollmentCode: async () => {
      calls.push(["send"]);
      script.send?.();
      return { delivery: delivery(clock, { enrollment_id: "enr_new" }) };
    },
    confirmEnrollment: async (id, code) => {
      calls.push(["confirm", id, code]);
      script.confirm?.();
      return { enrollment: enrollment("enr_new"), backup_codes: ["AAAAA-BBBBB-CCCCC"] };
    },
    reauthenticate: async () => ({ csrf_token: "c" }),
    enrollments: async () => ({ items: [], next_cursor: null }),
  };
  const flow: SetupFlow = new SetupFlow({ proofs: [], ...request }, { api, core: () => Promise.reject(new Error("never asked")), changed: () => {} });
  return { flow, calls, clock };
}

test("email: the contact's address is confirmed without typing it; the code, then the backup codes", async () => {
  const { flow, calls, clock } = wizard();
  flow.method = "email";
  await flow.begin("Email code");
  assert.equal(flow.phase, "address");
  await flow.where({ suggested: true, typed: "" });
  assert.deepEqual(calls, [["enroll", { method: "email", label: "Email code" }, {}]]);
  assert.equal(flow.phase, "sent");
  clock.pass(2);
  flow.tick();
  await settle();
  assert.equal(flow.delivery.delivery?.status, "delivered");
  await flow.confirm("12");
  assert.equal(flow.problem?.messages[0]?.key, "verify.code_shape_sent");
  assert.ok(await flow.confirm("123 456"));
  assert.deepEqual(calls.at(-1), ["confirm", "enr_new", "123456"]);
  assert.equal(flow.phase, "codes");
  assert.equal(flow.delivery.delivery, undefined);
});

test("WhatsApp: a national number goes with its country, a pasted +number without", async () => {
  for (const [typed, sent] of [
    ["612 34 56 78", { address: "612 34 56 78", region: "ES" }],
    ["+34 612 34 56 78", { address: "+34 612 34 56 78" }],
    ["0034 612345678", { address: "0034 612345678" }],
  ] as const) {
    const { flow, calls } = wizard();
    flow.method = "whatsapp";
    await flow.begin("Chat");
    await flow.where({ suggested: false, typed, region: "ES" });
    assert.deepEqual(calls[0]?.[1], { method: "whatsapp", label: "Chat", ...sent });
  }
});

test("what cannot be an address is told before anything leaves; what the server refuses is asked again", async () => {
  let why = "format";
  const { flow, calls } = wizard({
    enroll: () => {
      throw refusal("validation_failed", 422, { errors: [{ pointer: "/address", code: why }] });
    },
  });
  flow.method = "email";
  await flow.begin("Mail");
  for (const [typed, key] of [["", "setup.email_missing"], ["alice", "setup.email_format"], ["a b@c", "setup.email_format"]] as const) {
    await flow.where({ suggested: false, typed });
    assert.equal(flow.problem?.messages[0]?.key, key, typed);
  }
  flow.method = "whatsapp";
  for (const [typed, key] of [["", "setup.number_missing"], ["12", "setup.number_format"]] as const) {
    await flow.where({ suggested: false, typed });
    assert.equal(flow.problem?.messages[0]?.key, key, typed);
  }
  assert.deepEqual(calls, []);
  for (const [code, key] of [["format", "setup.number_format"], ["not_mobile", "setup.number_mobile"], ["duplicate", "setup.address_duplicate"]] as const) {
    why = code;
    await flow.where({ suggested: false, typed: "123456789", region: "ES" });
    assert.equal(flow.phase, "address");
    assert.equal(flow.problem?.messages[0]?.key, key);
    assert.equal(flow.address.typed, "123456789", "what was typed stays");
  }
});

test("a second method is proven first; an address refused there is asked for again", async () => {
  let refuse = true;
  const { flow, calls } = wizard(
    {
      enroll: () => {
        if (refuse) throw refusal("validation_failed", 422, { errors: [{ pointer: "/address", code: "format" }] });
      },
    },
    { proofs: [enrollment("enr_a")] },
  );
  flow.method = "whatsapp";
  await flow.begin("Chat");
  await flow.where({ suggested: false, typed: "123456789" });
  assert.equal(flow.phase, "proof");
  assert.deepEqual(flow.subject, { action: "add_factor" });
  await flow.prove({ code: "123456", method: "totp" });
  assert.equal(flow.phase, "address");
  refuse = false;
  await flow.where({ suggested: false, typed: "612345678" });
  await flow.prove({ challenge_id: "chl_1" });
  assert.equal(flow.phase, "sent");
  assert.deepEqual(calls.at(-1)?.[2], { challenge_id: "chl_1" });
});

test("changing an address starts at the address, keeps the name, and is proven for that very change", async () => {
  const { flow, calls } = wizard({}, { replaces: mailFactor, proofs: [mailFactor] });
  assert.equal(flow.phase, "address");
  assert.deepEqual(flow.subject, { action: "change_address", object: "enr_e" });
  await flow.where({ suggested: false, typed: "new@example.com" });
  await flow.prove({ challenge_id: "chl_1" });
  assert.deepEqual(calls[0], ["enroll", { method: "email", label: "Mail", replaces: "enr_e", address: "new@example.com" }, { challenge_id: "chl_1" }]);
  flow.back();
  assert.equal(flow.phase, "address");
});

test("a failed message is explained beside the way to another address; a wrong code says what counts", async () => {
  let wrong = true;
  const { flow, clock } = wizard({
    confirm: () => {
      if (wrong) throw refusal("code_invalid", 422, { attemptsRemaining: 4 });
    },
    send: () => {
      throw refusal("rate_limited", 429, { retryAfter: 120 });
    },
  });
  flow.method = "email";
  await flow.begin("Mail");
  await flow.where({ suggested: true, typed: "" });
  await flow.confirm("123456");
  assert.deepEqual(flow.problem?.messages.map((m) => m.key), ["verify.wrong_sent", "verify.attempts_left"]);
  await flow.send();
  clock.pass(31);
  await flow.send();
  assert.deepEqual(flow.problem?.messages, [{ key: "verify.send_limited", params: { minutes: 2 } }]);
  flow.back();
  assert.equal(flow.phase, "address");
  assert.equal(flow.enrollment, undefined);
  wrong = false;
  await flow.where({ suggested: true, typed: "" });
  clock.pass(901);
  assert.equal(flow.tick(), true);
  assert.equal(flow.phase, "expired");
});

test("what follows messages is fetched where codes can be sent, and only there; if it does not come, it can be tried again", async () => {
  let asked = 0;
  let there = false;
  const make = (methods: Opening["methods"]): VerifyFlow =>
    new VerifyFlow(
      { open: async () => ({ methods }), submit: async () => "approved", send: async () => ({}) },
      {
        now: new Clock().now,
        core: () => Promise.resolve(fakeCore()),
        changed: () => {},
        delivery: async () => {
          asked += 1;
          if (!there) throw refusal("network", 0);
          return DeliveryFlow;
        },
      },
    );
  const app = make([kTotp, kBackup]);
  await app.open();
  assert.deepEqual([app.phase, asked, app.waitsForMessage], ["ready", 0, false]);
  const mail = make([kEmail, kBackup]);
  await mail.open();
  assert.deepEqual([mail.phase, asked, mail.problem?.messages[0]?.key], ["failed", 1, "error.network"]);
  there = true;
  await mail.open();
  assert.deepEqual([mail.phase, asked, mail.waitsForMessage], ["ready", 2, true]);
});
