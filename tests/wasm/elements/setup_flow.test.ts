import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attempt, Delivery, Enrollment, PendingEnrollment } from "../../../wasm/src/api.js";
import { SetupFlow, type SetupDeps, type SetupRequest } from "../../../wasm/src/elements/setup_flow.js";
import { Clock, enrollment, fakeCore, kSecret, pending, refusal } from "./fakes.js";

const kCodes = ["AAAAA-BBBBB-CCCCC", "DDDDD-EEEEE-FFFFF", "GGGGG-HHHHH-JJJJJ"];

interface Script {
  enroll?: (proof: object) => void;
  confirm?: (code: string) => void;
  pending?: (clock: Clock) => PendingEnrollment;
  enrollment?: () => Enrollment;
  send?: () => { delivery: Delivery };
  core?: Parameters<typeof fakeCore>[0] | "blocked";
  session?: boolean;
  codes?: readonly string[];
}

function setUp(script: Script = {}, request: SetupRequest = { proofs: [] }) {
  const clock = new Clock();
  const calls: unknown[] = [];
  const api: SetupDeps["api"] = {
    session: script.session ?? true,
    now: clock.now,
    enroll: async (body, proof = {}) => {
      calls.push(["enroll", body, proof]);
      script.enroll?.(proof);
      return script.pending?.(clock) ?? pending(clock);
    },
    confirmEnrollment: async (id, code) => {
      calls.push(["confirm", id, code]);
      script.confirm?.(code);
      return { enrollment: enrollment("enr_new"), ...(script.codes !== undefined ? script.codes.length && { backup_codes: script.codes } : { backup_codes: kCodes }) };
    },
    reauthenticate: async (password) => {
      calls.push(["reauthenticate"]);
      if (password !== "correct horse") throw refusal("credentials_invalid", 401);
      return { csrf_token: "c" };
    },
    enrollment: async (id) => {
      calls.push(["enrollment", id]);
      return script.enrollment?.() ?? enrollment(id);
    },
    sendEnrollmentCode: async (id) => {
      calls.push(["send", id]);
      return script.send?.() ?? Promise.reject(refusal("internal", 500));
    },
    pause: () => undefined,
    enrollments: async () => ({ items: [enrollment("enr_a", "Phone")], next_cursor: null }),
  };
  const core = script.core;
  const flow = new SetupFlow(request, {
    api,
    core: core === "blocked" ? () => Promise.reject(new Error("blocked")) : () => Promise.resolve(fakeCore(core)),
    changed: () => {},
    random: () => 1,
  });
  return { flow, calls, clock };
}

test("the whole way: name, connect, confirm, backup codes, one typed back, done; no secret stays", async () => {
  const { flow, calls } = setUp();
  await flow.begin("  My phone ");
  assert.equal(flow.phase, "connect");
  assert.deepEqual(calls, [["enroll", { method: "totp", label: "My phone" }, {}]]);
  assert.match(flow.qr() ?? "", /^<svg/);
  const active = await flow.confirm("492 039");
  assert.equal(active?.id, "enr_new");
  assert.equal(flow.phase, "codes");
  assert.equal(flow.enrollment, undefined);
  const codes = flow.codes!;
  codes.ask();
  assert.equal(codes.checkIndex, 1);
  assert.equal(await codes.check(kCodes[0]!), false);
  assert.deepEqual(codes.problem?.messages, [{ key: "codes.check_other", params: { number: 2 } }]);
  assert.equal(await codes.check("ddddd eeeee fffxx"), false);
  assert.equal(codes.problem?.messages[0]?.key, "codes.check_slip");
  assert.equal(await codes.check(""), false);
  assert.equal(codes.problem?.messages[0]?.key, "verify.backup_missing");
  assert.equal(await codes.check("ddddd eeeee fffff"), true);
  assert.deepEqual(codes.codes, []);
  flow.finish();
  assert.equal(flow.phase, "done");
  assert.ok(!JSON.stringify(flow).includes(kSecret));
});

test("a second authenticator gets no backup codes and is done at once", async () => {
  const { flow } = setUp({ codes: [] });
  await flow.begin("Tablet");
  await flow.confirm("492039");
  assert.equal(flow.phase, "done");
});

test("names of 1 to 64 characters without control or bidi characters", async () => {
  const { flow, calls } = setUp();
  for (const bad of ["", "   ", "x".repeat(65), "a\u202eb", "a\u0007b"]) {
    await flow.begin(bad);
    assert.equal(flow.problem?.messages[0]?.key, "setup.name_invalid", JSON.stringify(bad));
  }
  assert.deepEqual(calls, []);
  await flow.begin("📱".repeat(64));
  assert.equal(flow.phase, "connect");
});

test("the preview gives away the first digits only, and how long they live", async () => {
  const { flow, clock } = setUp();
  await flow.begin("Phone");
  clock.pass(12.5);
  assert.deepEqual(flow.preview(), { start: "492", hidden: 3, left: 17.5, period: 30 });
});

test("an old password step asks the password, then goes on", async () => {
  let fresh = false;
  const { flow, calls } = setUp({
    enroll: () => {
      if (!fresh) throw refusal("reauthentication_required", 403);
    },
  });
  await flow.begin("Phone");
  assert.equal(flow.phase, "password");
  await flow.password("");
  assert.equal(flow.problem?.messages[0]?.key, "password.missing");
  await flow.password("wrong");
  assert.equal(flow.problem?.messages[0]?.key, "error.credentials_invalid");
  assert.equal(flow.problem?.field, true);
  fresh = true;
  await flow.password("correct horse");
  assert.equal(flow.phase, "connect");
  assert.equal(calls.filter((c) => (c as string[])[0] === "enroll").length, 2);
});

test("a widget cannot ask a password: it says where to go", async () => {
  const { flow } = setUp({
    session: false,
    enroll: () => {
      throw refusal("reauthentication_required", 403);
    },
  });
  await flow.begin("Phone");
  assert.equal(flow.phase, "start");
  assert.equal(flow.problem?.messages[0]?.key, "password.elsewhere");
});

test("with an active authenticator the proof goes with the same request; its refusal is not ours to show", async () => {
  const proofs = [enrollment("enr_a", "Phone")];
  const { flow, calls } = setUp(
    {
      enroll: (proof) => {
        if ((proof as Attempt).code !== "111111") throw refusal("code_invalid");
      },
    },
    { proofs, replaces: proofs[0]! },
  );
  await flow.begin("New phone");
  assert.equal(flow.phase, "proof");
  assert.deepEqual(calls, []);
  await assert.rejects(flow.prove({ code: "000000", method: "totp" }), { code: "code_invalid" });
  assert.equal(flow.phase, "proof");
  await flow.prove({ code: "111111", method: "totp" });
  assert.equal(flow.phase, "connect");
  assert.deepEqual(calls.at(-1), ["enroll", { method: "totp", label: "New phone", replaces: "enr_a" }, { code: "111111", method: "totp" }]);
});

test("2FA turned on elsewhere meanwhile: the refusal leads to the proof step", async () => {
  const { flow } = setUp({
    enroll: () => {
      throw refusal("proof_required", 403);
    },
  });
  await flow.begin("Phone");
  assert.equal(flow.phase, "proof");
  assert.deepEqual(flow.proofs.map((e) => e.id), ["enr_a"]);
});

const wrong = (): never => {
  throw refusal("code_invalid", 422, { attemptsRemaining: 4 });
};

test("clock doctor: says how far the phone's clock is off, and asked only after the server refused", async () => {
  let asked = 0;
  const at = (offset: number) => ({
    clockOffset: () => {
      asked += 1;
      return offset;
    },
  });
  for (const [offset, key, minutes] of [
    [-240, "setup.clock_behind", 4],
    [90, "setup.clock_ahead", 2],
    [-600, "setup.clock_behind", 10],
  ] as const) {
    const { flow } = setUp({ confirm: wrong, core: at(offset) });
    await flow.begin("Phone");
    assert.equal(asked, 0);
    await flow.confirm("123456");
    assert.deepEqual(flow.problem?.messages, [{ key, params: { minutes } }]);
    assert.equal(asked, 1);
    asked = 0;
  }
});

test("wrong-app detector: names each setting that differs", async () => {
  const { flow } = setUp({ confirm: wrong, core: { otherParameters: () => ({ algorithm: "SHA256", digits: 8, period: 30 }) } });
  await flow.begin("Phone");
  await flow.confirm("12345678");
  assert.equal(flow.problem?.messages[0]?.key, "setup.wrong_app");
  assert.deepEqual(flow.finding?.settings?.map((s) => s.key), ["setup.wrong_algorithm", "setup.wrong_digits"]);
});

test("neither: a length that cannot be right is told, else to look at the new account; few tries are counted", async () => {
  const { flow } = setUp({
    confirm: () => {
      throw refusal("code_invalid", 422, { attemptsRemaining: 1 });
    },
  });
  await flow.begin("Phone");
  await flow.confirm("12345678");
  assert.deepEqual(flow.problem?.messages, [
    { key: "setup.code_settings_length", params: { got: 8, want: 6 } },
    { key: "verify.attempts_left", params: { count: 1 } },
  ]);
  await flow.confirm("123456");
  assert.equal(flow.problem?.messages[0]?.key, "setup.code_invalid");
});

test("without the core the key can still be used", async () => {
  const { flow } = setUp({ core: "blocked", confirm: wrong });
  await flow.begin("Phone");
  assert.equal(flow.phase, "connect");
  assert.equal(flow.qr(), undefined);
  assert.equal(flow.preview(), undefined);
  await flow.confirm("123456");
  assert.equal(flow.problem?.messages[0]?.key, "setup.code_invalid");
});

test("the pending key expires after its time, or by the server's word", async () => {
  const { flow, clock } = setUp();
  await flow.begin("Phone");
  clock.pass(899);
  assert.equal(flow.tick(), false);
  clock.pass(2);
  assert.equal(flow.tick(), true);
  assert.equal(flow.phase, "expired");
  assert.equal(flow.enrollment, undefined);
  for (const code of ["enrollment_expired", "enrollment_closed"] as const) {
    const other = setUp({
      confirm: () => {
        throw refusal(code, 409);
      },
    });
    await other.flow.begin("Phone");
    await other.flow.confirm("123456");
    assert.equal(other.flow.phase, "expired");
    other.flow.restart();
    assert.equal(other.flow.phase, "start");
  }
});

test("clear() drops secret and codes, and an answer on its way is ignored", async () => {
  const { flow } = setUp();
  const beginning = flow.begin("Phone");
  flow.clear();
  await beginning;
  assert.equal(flow.enrollment, undefined);
  assert.equal(flow.phase, "start");
});
