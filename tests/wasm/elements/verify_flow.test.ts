import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attempt } from "../../../wasm/src/api.js";
import { proofOpening } from "../../../wasm/src/elements/proof_target.js";
import { DeliveryFlow } from "../../../wasm/src/elements/delivery_flow.js";
import { VerifyFlow, waysOf, type Opening } from "../../../wasm/src/elements/verify_flow.js";
import { Clock, enrollment, fakeCore, refusal, settle } from "./fakes.js";

const kOpening: Opening = {
  methods: [{ method: "totp", enrollment_id: "enr_a", label: "Phone" }, { method: "backup_code" }],
  preferred: "totp",
  attempts_remaining: 5,
};

function setUp(answer: (attempt: Attempt) => unknown = () => "approved", opening: Opening = kOpening) {
  const clock = new Clock();
  const sent: Attempt[] = [];
  const flow = new VerifyFlow(
    {
      open: () => Promise.resolve(opening),
      submit: async (attempt) => {
        sent.push(attempt);
        return answer(attempt);
      },
    },
    { now: clock.now, core: () => Promise.resolve(fakeCore()), changed: () => {}, delivery: async () => DeliveryFlow },
  );
  return { flow, sent, clock };
}

const throwing = (error: Error) => (): never => {
  throw error;
};

test("a code with spaces, hyphens and pasted marks is sent as digits, and names its authenticator", async () => {
  const { flow, sent } = setUp();
  await flow.open();
  const accepted = await flow.submit(" 123\u00a0-456\u200e\n");
  assert.deepEqual(sent, [{ code: "123456", method: "totp", enrollment_id: "enr_a" }]);
  assert.deepEqual(accepted, { result: "approved", method: "totp" });
  assert.equal(flow.phase, "done");
});

test("what cannot be a code is told here and never sent", async () => {
  const { flow, sent } = setUp();
  await flow.open();
  for (const [typed, key] of [
    ["", "verify.code_missing"],
    ["12345", "verify.code_shape"],
    ["123456789", "verify.code_shape"],
    ["١٢٣٤٥٦", "verify.code_shape"],
    ["１２３４５６", "verify.code_shape"],
    ["12a456", "verify.code_shape"],
  ] as const) {
    assert.equal(await flow.submit(typed), undefined);
    assert.equal(flow.problem?.messages[0]?.key, key, typed);
    assert.equal(flow.problem?.field, true);
  }
  assert.deepEqual(sent, []);
});

test("a typing slip in a backup code costs no attempt; a good one goes out canonical, without an authenticator", async () => {
  const { flow, sent } = setUp();
  await flow.open();
  flow.choose(flow.ways.at(-1)!);
  await flow.submit("aaaaa-bbbbb-cccxx");
  assert.equal(flow.problem?.messages[0]?.key, "verify.backup_slip");
  await flow.submit("aaaaa");
  assert.equal(flow.problem?.messages[0]?.key, "verify.backup_malformed");
  assert.deepEqual(sent, []);
  await flow.submit("aaaaa bbbbb ccccc");
  assert.deepEqual(sent, [{ code: "AAAAABBBBBCCCCC", method: "backup_code" }]);
});

test("without the core a backup code still goes to the server", async () => {
  const sent: Attempt[] = [];
  const flow = new VerifyFlow(
    { open: () => Promise.resolve({ methods: [{ method: "backup_code" }] }), submit: async (a) => void sent.push(a) },
    { now: Date.now, core: () => Promise.reject(new Error("blocked")), changed: () => {}, delivery: async () => DeliveryFlow },
  );
  await flow.open();
  await flow.submit(" aaaaa-bbbbb-ccccc ");
  assert.deepEqual(sent, [{ code: "aaaaa-bbbbb-ccccc", method: "backup_code" }]);
});

test("a wrong code says how many tries are left", async () => {
  const { flow } = setUp(throwing(refusal("code_invalid", 422, { attemptsRemaining: 2 })));
  await flow.open();
  await flow.submit("123456");
  assert.deepEqual(flow.problem?.messages, [{ key: "verify.wrong" }, { key: "verify.attempts_left", params: { count: 2 } }]);
  assert.equal(flow.attemptsRemaining, 2);
  assert.equal(flow.busy, false);
});

test("a used code waits for the next one by retry_after_s, then lets go", async () => {
  const { flow, sent, clock } = setUp(throwing(refusal("code_already_used", 422, { retryAfter: 17 })));
  await flow.open();
  await flow.submit("123456");
  assert.equal(flow.problem?.messages[0]?.key, "verify.already_used");
  assert.equal(flow.waitSeconds(), 17);
  assert.equal(await flow.submit("123456"), undefined);
  assert.equal(sent.length, 1);
  clock.pass(16.5);
  assert.equal(flow.tick(), false);
  assert.equal(flow.waitSeconds(), 1);
  clock.pass(1);
  assert.equal(flow.tick(), true);
  assert.equal(flow.problem, undefined);
  assert.equal(flow.waitSeconds(), 0);
});

test("a locked authenticator counts down and leaves the other ways open", async () => {
  let locked = true;
  const { flow, sent, clock } = setUp(() => {
    if (locked) throw refusal("factor_locked", 429, { retryAfter: 300 });
    return "approved";
  });
  await flow.open();
  await flow.submit("123456");
  assert.deepEqual(flow.problem?.messages, [{ key: "verify.locked", params: { minutes: 5 } }, { key: "verify.locked_other" }]);
  assert.equal(flow.waitSeconds(), 300);
  locked = false;
  const other = flow.otherWays[0]!;
  assert.equal(flow.waitSeconds(other), 0);
  flow.choose(other);
  await flow.submit("aaaaabbbbbccccc");
  assert.equal(sent.length, 2);
  clock.pass(300);
  assert.equal(flow.waitSeconds(flow.ways[0]), 0);
});

test("a lock outlives a reload; several authenticators as one way are locked when all are", async () => {
  const at = (seconds: number): string => new Date(new Clock().ms + seconds * 1000).toISOString();
  const phone = { method: "totp" as const, enrollment_id: "enr_a", label: "Phone", locked_until: at(60) };
  const tablet = { method: "totp" as const, enrollment_id: "enr_b", label: "Tablet" };
  const some = setUp(undefined, { methods: [phone, tablet, { method: "backup_code" }], preferred: "totp" });
  await some.flow.open();
  assert.deepEqual(some.flow.ways.map((way) => some.flow.waitSeconds(way)), [0, 60, 0, 0]);
  const all = setUp(undefined, { methods: [phone, { ...tablet, locked_until: at(30) }], preferred: "totp" });
  await all.flow.open();
  assert.deepEqual(all.flow.ways.map((way) => all.flow.waitSeconds(way)), [30, 60, 30]);
});

test("an expired or closed challenge asks to start again", async () => {
  for (const code of ["challenge_expired", "challenge_closed"] as const) {
    const { flow } = setUp(throwing(refusal(code, 409)));
    await flow.open();
    await flow.submit("123456");
    assert.equal(flow.phase, "expired");
    assert.equal(flow.expiredCode, code);
  }
});

test("a challenge that cannot be opened can be tried again", async () => {
  let fail = true;
  const flow = new VerifyFlow(
    {
      open: async () => {
        if (fail) throw refusal("network", 0);
        return kOpening;
      },
      submit: async () => "approved",
    },
    { now: Date.now, core: () => Promise.resolve(fakeCore()), changed: () => {}, delivery: async () => DeliveryFlow },
  );
  await flow.open();
  assert.equal(flow.phase, "failed");
  assert.equal(flow.problem?.messages[0]?.key, "error.network");
  fail = false;
  await flow.open();
  assert.equal(flow.phase, "ready");
});

test("several authenticators are one way first, then each by name; the preferred one is shown", async () => {
  const methods = [
    { method: "totp" as const, enrollment_id: "enr_a", label: "Phone" },
    { method: "totp" as const, enrollment_id: "enr_b", label: "Tablet" },
    { method: "backup_code" as const },
  ];
  assert.deepEqual(waysOf(methods), [
    { method: "totp" },
    { method: "totp", enrollmentId: "enr_a", label: "Phone" },
    { method: "totp", enrollmentId: "enr_b", label: "Tablet" },
    { method: "backup_code" },
  ]);
  const { flow, sent } = setUp(undefined, { methods, preferred: "totp" });
  await flow.open();
  await flow.submit("123456");
  assert.deepEqual(sent, [{ code: "123456", method: "totp" }]);
});

test("a double submit is one request; after close() a late answer changes nothing", async () => {
  let release: (v: unknown) => void = () => {};
  const { flow, sent } = setUp(() => new Promise((done) => (release = done)));
  await flow.open();
  const first = flow.submit("123456");
  await settle();
  assert.equal(await flow.submit("123456"), undefined);
  assert.equal(sent.length, 1);
  flow.close();
  release("approved");
  assert.equal(await first, undefined);
  assert.notEqual(flow.phase, "done");
});

test("a proof may be any authenticator's code or a backup code", () => {
  assert.deepEqual(proofOpening([enrollment("enr_a", "Phone")]).methods, [
    { method: "totp", enrollment_id: "enr_a", label: "Phone" },
    { method: "backup_code" },
  ]);
});

test("a browser is remembered only where it is offered and asked for, and never by a backup code", async () => {
  const offered = { ...kOpening, remember: { days: 30 } };
  const asked = setUp(undefined, offered);
  await asked.flow.open();
  assert.equal(asked.flow.rememberDays, 30);
  asked.flow.remember = true;
  await asked.flow.submit("123456");
  assert.equal(asked.sent[0]?.remember, true);

  const unasked = setUp(undefined, offered);
  await unasked.flow.open();
  await unasked.flow.submit("123456");
  assert.equal("remember" in unasked.sent[0]!, false);

  const backup = setUp(undefined, offered);
  await backup.flow.open();
  backup.flow.remember = true;
  backup.flow.choose(backup.flow.ways.at(-1)!);
  assert.equal(backup.flow.canRemember, false);
  await backup.flow.submit("AAAAABBBBBCCCCC");
  assert.equal("remember" in backup.sent[0]!, false);
  backup.flow.phase = "ready";
  backup.flow.choose(backup.flow.ways[0]!);
  assert.equal(backup.flow.remembering, true, "the choice is kept for the other way");

  const never = setUp();
  await never.flow.open();
  never.flow.remember = true;
  assert.equal(never.flow.canRemember, false);
  await never.flow.submit("123456");
  assert.equal("remember" in never.sent[0]!, false);
});
