import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delivery } from "../../../wasm/src/api.js";
import { DeliveryFlow } from "../../../wasm/src/elements/delivery_flow.js";
import { retryIn } from "../../../wasm/src/elements/problem.js";
import { likelyRegion, countries, regionOf } from "../../../wasm/src/elements/regions.js";
import { Clock, delivery, refusal, settle } from "./fakes.js";

function watch(answers: (Delivery | Error)[], pause?: number) {
  const clock = new Clock();
  const page = { visible: true };
  let asked = 0;
  const flow = new DeliveryFlow({
    now: clock.now,
    changed: () => {},
    retry: retryIn,
    visible: () => page.visible,
    ask: async () => {
      asked += 1;
      const next = answers.length > 1 ? answers.shift()! : answers[0]!;
      if (next instanceof Error) throw next;
      return { delivery: next, pause };
    },
  });
  /** As the element's ticker does. */
  const run = async (seconds: number): Promise<number> => {
    const before = asked;
    for (let i = 0; i < seconds; i += 1) {
      clock.pass(1);
      flow.tick();
      await settle();
    }
    return asked - before;
  };
  return { flow, clock, page, run };
}

test("the states move from queued to read, and then nobody asks any more", async () => {
  const clock = new Clock();
  const states = ["queued", "sent", "delivered", "read"] as const;
  const { flow, run } = watch(states.map((status) => delivery(clock, { status })), 1);
  flow.take(delivery(clock, { status: "queued" }), 1);
  const seen: string[] = [];
  for (let i = 0; i < 8; i += 1) {
    await run(1);
    seen.push(flow.delivery!.status);
  }
  assert.deepEqual([...new Set(seen)], [...states]);
  assert.equal(flow.watching, false);
  assert.equal(await run(60), 0);
});

test("Retry-After is kept, and questions become rarer while nothing happens", async () => {
  const clock = new Clock();
  const { flow, run } = watch([delivery(clock, { status: "sent" })], 5);
  flow.take(delivery(clock, { status: "sent" }), 5);
  assert.equal(await run(4), 0);
  assert.equal(await run(1), 1);
  const early = await run(60);
  const late = await run(60);
  assert.ok(early <= 12 && late < early, `${early}, ${late}`);
});

test("nobody asks while the page is hidden; once it is seen again, at once", async () => {
  const clock = new Clock();
  const { flow, run, page } = watch([delivery(clock, { status: "sent" })], 1);
  flow.take(delivery(clock, { status: "queued" }), 1);
  page.visible = false;
  assert.equal(await run(30), 0);
  page.visible = true;
  assert.equal(await run(1), 1);
});

test("asking ends with the code's life, with a failure, with mail that was taken, and when the server knows nothing", async () => {
  const clock = new Clock();
  const short = watch([delivery(clock, { status: "sent" })], 1);
  short.flow.take(delivery(clock, { status: "sent", expires_at: new Date(clock.ms + 10_000).toISOString() }), 1);
  await short.run(700);
  assert.equal(short.flow.watching, false);
  const failed = watch([delivery(clock, { status: "failed", reason: "not_reachable" })], 1);
  failed.flow.take(delivery(clock, { status: "queued" }), 1);
  assert.equal(await failed.run(30), 1);
  assert.equal(failed.flow.live, false);
  const mail = watch([delivery(clock, { status: "sent", method: "email" })], 3);
  mail.flow.take(delivery(clock, { status: "sent", method: "email" }), 3);
  await mail.run(200);
  assert.equal(await mail.run(100), 0);
  const gone = watch([refusal("not_found", 404)]);
  gone.flow.take(delivery(clock, { status: "queued" }));
  assert.equal(await gone.run(30), 1);
});

test("a lost connection is tried again later, by what the refusal says", async () => {
  const clock = new Clock();
  const { flow, run } = watch([refusal("unavailable", 503, { retryAfter: 7 }), delivery(clock, { status: "delivered" })], 1);
  flow.take(delivery(clock, { status: "queued" }), 1);
  assert.equal(await run(1), 1);
  assert.equal(await run(6), 0);
  assert.equal(await run(1), 1);
  assert.equal(flow.delivery?.status, "delivered");
});

test("another code may be asked for at resend_at, or later when the server refused", async () => {
  const clock = new Clock();
  const { flow, run } = watch([delivery(clock)]);
  flow.take(delivery(clock, { resend_at: new Date(clock.ms + 30_000).toISOString() }));
  assert.equal(flow.waitSeconds(), 30);
  await run(30);
  assert.equal(flow.waitSeconds(), 0);
  flow.block(90);
  assert.equal(flow.waitSeconds(), 90);
});

const kRegions = [
  { region: "CA", calling_code: "1", example: "(506) 234-5678" },
  { region: "DE", calling_code: "49", example: "01512 3456789" },
  { region: "ES", calling_code: "34", example: "612 34 56 78" },
  { region: "US", calling_code: "1", example: "(201) 555-0123" },
];

test("countries are named and sorted in the page's language", () => {
  assert.deepEqual(countries(kRegions, "de").map((c) => c.name), ["Deutschland", "Kanada", "Spanien", "Vereinigte Staaten"]);
  assert.equal(countries(kRegions, "ar").find((c) => c.region === "DE")?.name, "ألمانيا");
});

test("the country: what the server says, else the browser's, else the first; a pasted number brings its own", () => {
  assert.equal(likelyRegion(kRegions, "ES", ["de-DE"]), "ES");
  assert.equal(likelyRegion(kRegions, undefined, ["de", "zh-Hant-DE"]), "DE");
  assert.equal(likelyRegion(kRegions, "XX", ["fr"]), "CA");
  assert.equal(regionOf("+34 612", kRegions, "US"), "ES");
  assert.equal(regionOf("0049 151", kRegions, "US"), "DE");
  assert.equal(regionOf("+1 201", kRegions, "ES"), "US");
  assert.equal(regionOf("+1 506", kRegions, "CA"), "CA");
  assert.equal(regionOf("612 34", kRegions, "US"), undefined);
  assert.equal(regionOf("+999", kRegions, "US"), undefined);
});
