// verify_flow.ts - the second step as a state machine, apart from the DOM.
// It judges only what costs the person nothing: an impossible code, a slip in a backup code.
// Whether a code is right, the server alone decides.
import { ApiError, type AddressProblem, type Attempt, type Challenge, type ChallengeMethod, type Delivery, type Method } from "../api.js";
import type { CoreLoader } from "./core_port.js";
import type { DeliveryFlow } from "./delivery_flow.js";
import { codeOf, generalProblem, problem, retryIn, type Problem } from "./problem.js";
import { cleanDigits, isDigits, isSent } from "./text.js";

/** One way a person can answer. Several authenticators are one way until one is named. */
export interface Way {
  readonly method: Method;
  readonly enrollmentId?: string;
  readonly label?: string;
  readonly to?: string;
  readonly problem?: AddressProblem;
  /** Why it cannot be used now. */
  readonly unavailable?: "paused" | "suspended";
}

/** What is asked: a challenge, or as much of one as a proof step has. */
export type Opening = Pick<
  Challenge,
  "methods" | "preferred" | "preferred_enrollment_id" | "attempts_remaining" | "action_text" | "delivery" | "support_case" | "remember"
> & { readonly expires_at?: string };

/** What became of a request for a code; `expires_at` is the challenge's, which moves with its codes. */
export interface SentCode {
  readonly delivery?: Delivery | undefined;
  readonly expires_at?: string | undefined;
  readonly pause?: number | undefined;
}

export interface VerifyTarget {
  open(): Promise<Opening>;
  submit(attempt: Attempt): Promise<unknown>;
  /** Sends a code to an email or WhatsApp factor. */
  send?(enrollmentId: string): Promise<SentCode>;
  /** How the newest code fares. */
  poll?(): Promise<SentCode & { readonly status?: string }>;
}

export interface VerifyDeps {
  readonly now: () => number;
  readonly core: CoreLoader;
  /** What follows a message; asked for once there is a way that codes are sent by. */
  readonly delivery: () => Promise<typeof DeliveryFlow>;
  readonly changed: () => void;
  readonly refused?: (error: ApiError) => void;
  readonly visible?: () => boolean;
}

export type VerifyPhase = "loading" | "ready" | "choosing" | "expired" | "failed" | "done";

export class VerifyFlow {
  phase: VerifyPhase = "loading";
  busy = false;
  ways: readonly Way[] = [];
  /** As the server named them. */
  methods: readonly ChallengeMethod[] = [];
  /** Whether the person has asked support for help, as far as was known at the start. */
  helped = false;
  /** For how many days this browser can be remembered; undefined: it cannot. */
  rememberDays: number | undefined;
  /** What the person chose about it. */
  remember = false;
  way: Way | undefined;
  problem: Problem | undefined;
  attemptsRemaining: number | undefined;
  actionText: string | undefined;
  expiredCode: "challenge_expired" | "challenge_closed" = "challenge_expired";
  /** The message to the way shown; there are any only where codes are sent. */
  delivery: DeliveryFlow | undefined;
  /** The newest message by enrolment, of all that were asked for here. */
  readonly #sent = new Map<string, Delivery>();
  /** The ways a code is being asked for at this moment. */
  readonly #asked = new Set<string>();
  #expiresAt = Infinity;
  /** Until when a way is locked, or shows a code that was used already. */
  readonly #until = new Map<string, number>();
  #run = 0;

  constructor(
    private readonly target: VerifyTarget,
    private readonly deps: VerifyDeps,
  ) {}

  async open(): Promise<void> {
    const run = (this.#run += 1);
    this.phase = "loading";
    this.problem = undefined;
    this.deps.changed();
    try {
      const opening = await this.target.open();
      if (run !== this.#run) return;
      this.methods = opening.methods;
      this.rememberDays = opening.remember?.days;
      this.helped = opening.support_case !== undefined;
      this.ways = waysOf(opening.methods);
      this.attemptsRemaining = opening.attempts_remaining;
      this.actionText = opening.action_text;
      this.#expiresAt = Date.parse(opening.expires_at ?? "") || Infinity;
      this.way = preferredWay(this.ways, opening);
      // A lock outlives a reload. Several authenticators as one way are locked when all of them are.
      for (const way of this.ways) {
        const locks = opening.methods
          .filter((m) => m.method === way.method && (!way.enrollmentId || m.enrollment_id === way.enrollmentId))
          .map((m) => Date.parse(m.locked_until ?? "") || 0);
        this.#until.set(keyOf(way), Math.min(...locks));
      }
      if (this.target.send && this.ways.some((w) => isSent(w.method))) {
        const Flow = await this.deps.delivery();
        if (run !== this.#run) return;
        const { now, visible } = this.deps;
        this.delivery = new Flow({ now, visible, retry: retryIn, ask: () => this.#poll(), changed: () => this.#watched() });
      }
      this.phase = "ready";
      if (opening.delivery) this.#resume(opening.delivery);
      this.#begin();
    } catch (error) {
      if (run !== this.#run) return;
      this.#refused(error, undefined);
      if (this.phase === "loading") this.phase = "failed";
    }
    this.deps.changed();
  }

  /** Forgets everything; answers still on their way are dropped. */
  close(): void {
    this.#run += 1;
    this.problem = undefined;
    this.busy = false;
    this.#asked.clear();
    this.delivery?.clear();
    this.#sent.clear();
  }

  /** Something beside the code did not work. */
  fail(error: ApiError): void {
    this.problem = generalProblem(error, this.deps.now());
    this.deps.changed();
  }

  showWays(): void {
    this.phase = "choosing";
    this.problem = undefined;
    this.deps.changed();
  }

  /** Shows a way; where its code has to be sent and none is on its way, sends one. */
  choose(way: Way): void {
    if (way.unavailable) return;
    this.way = way;
    this.phase = "ready";
    this.problem = undefined;
    this.#begin();
    this.deps.changed();
  }

  /** Sends a code to the way shown, or another one. */
  async send(): Promise<void> {
    const way = this.way;
    if (!way?.enrollmentId || !isSent(way.method) || !this.target.send || this.sending) return;
    const key = keyOf(way);
    if (!this.delivery || this.delivery.waitSeconds() > 0 || this.waitSeconds(way) > 0) return;
    const run = this.#run;
    this.#asked.add(key);
    this.problem = undefined;
    this.deps.changed();
    try {
      const { delivery, expires_at, pause } = await this.target.send(way.enrollmentId);
      if (run !== this.#run) return;
      if (expires_at !== undefined) this.#expiresAt = Date.parse(expires_at) || this.#expiresAt;
      this.#asked.delete(key);
      if (delivery) this.#sent.set(way.enrollmentId, delivery);
      if (keyOf(this.way!) === key) {
        this.delivery?.take(delivery, pause);
        this.#watched();
      }
    } catch (error) {
      if (run !== this.#run) return;
      this.#asked.delete(key);
      // Of a way that was left meanwhile nothing is told; it says so when it is chosen again.
      if (keyOf(this.way!) === key) this.#notSent(error, way);
    }
    this.deps.changed();
  }

  /** Whether a code to the way shown is being asked for. */
  get sending(): boolean {
    return this.way !== undefined && this.#asked.has(keyOf(this.way));
  }

  /** Whether the newest message to this way did not arrive. */
  failed(way: Way): boolean {
    return this.#sent.get(way.enrollmentId ?? "")?.status === "failed";
  }

  /** Whether the way shown waits for a message. */
  get waitsForMessage(): boolean {
    return this.way !== undefined && isSent(this.way.method) && this.delivery !== undefined;
  }

  /** Other ways than the one shown. */
  get otherWays(): readonly Way[] {
    return this.ways.filter((w) => keyOf(w) !== (this.way && keyOf(this.way)));
  }

  /** Whether the choice stands with the way shown: a backup code is no reason to remember a browser. */
  get remembering(): boolean {
    return this.remember && this.canRemember;
  }

  get canRemember(): boolean {
    return this.rememberDays !== undefined && this.way?.method !== "backup_code";
  }

  /** The backup codes, where another way is shown. */
  get backup(): Way | undefined {
    return this.otherWays.find((w) => w.method === "backup_code" && !w.unavailable);
  }

  /** Seconds for which this way is locked or a new code must be awaited; 0 = free. */
  waitSeconds(way: Way | undefined = this.way): number {
    if (!way) return 0;
    return Math.max(0, Math.ceil(((this.#until.get(keyOf(way)) ?? 0) - this.deps.now()) / 1000));
  }

  /** Called by the element's ticker: once a wait ends, its message goes. Returns true then. */
  tick(): boolean {
    if (this.#expiresAt <= this.deps.now() && (this.phase === "ready" || this.phase === "choosing") && !this.busy) {
      this.#expire("challenge_expired");
      this.deps.changed();
      return false;
    }
    this.delivery?.tick();
    if (this.problem?.until === undefined || this.problem.until > this.deps.now()) return false;
    this.problem = undefined;
    this.deps.changed();
    return true;
  }

  async submit(typed: string): Promise<{ readonly result: unknown; readonly method: Method } | undefined> {
    const way = this.way;
    if (!way || this.busy || this.phase !== "ready" || this.waitSeconds() > 0) return undefined;
    const run = this.#run;
    this.busy = true;
    this.problem = undefined;
    this.deps.changed();
    let accepted: { result: unknown; method: Method } | undefined;
    try {
      const code = await this.#canonical(way, typed);
      if (run !== this.#run) return undefined;
      if (code !== undefined) {
        const result = await this.target.submit({
          code,
          method: way.method,
          ...(way.enrollmentId !== undefined && { enrollment_id: way.enrollmentId }),
          ...(this.remembering && { remember: true }),
        });
        if (run !== this.#run) return undefined;
        this.phase = "done";
        accepted = { result, method: way.method };
      }
    } catch (error) {
      if (run !== this.#run) return undefined;
      this.#refused(error, way);
    }
    this.busy = false;
    this.deps.changed();
    return accepted;
  }

  /** The code to send, or undefined with a problem set: an impossible code never costs a try. */
  async #canonical(way: Way, typed: string): Promise<string | undefined> {
    if (way.method === "backup_code") {
      const text = typed.trim();
      if (text === "") return this.#stop("verify.backup_missing");
      // Without the core (an old browser, a blocked download) the server's own check decides.
      const core = await this.deps.core().catch(() => undefined);
      if (!core) return text;
      const reading = core.backupCode(text);
      if (reading.ok) return reading.canonical;
      return this.#stop(reading.error === "check_mismatch" ? "verify.backup_slip" : "verify.backup_malformed");
    }
    const code = cleanDigits(typed);
    if (code === "") return this.#stop("verify.code_missing");
    return isDigits(code) ? code : this.#stop(isSent(way.method) ? "verify.code_shape_sent" : "verify.code_shape");
  }

  #stop(key: string): undefined {
    this.problem = problem(key, undefined, { field: true });
    return undefined;
  }

  /** The way shown is new: its message, if there is one, else one is asked for. */
  #begin(): void {
    const way = this.way;
    const { delivery } = this;
    delivery?.take(way?.enrollmentId ? this.#sent.get(way.enrollmentId) : undefined);
    if (!delivery || !this.waitsForMessage || way!.unavailable || delivery.live) return;
    if (delivery.waitSeconds() > 0) this.#explainFailure();
    else void this.send();
  }

  /** A page loaded again: the code that is on its way is still the one to enter. */
  #resume(delivery: Delivery): void {
    this.#sent.set(delivery.enrollment_id, delivery);
    const way = this.ways.find((w) => w.enrollmentId === delivery.enrollment_id);
    if (way && delivery.status !== "failed" && Date.parse(delivery.expires_at) > this.deps.now()) this.way = way;
  }

  async #poll(): Promise<SentCode> {
    const run = this.#run;
    const seen = (await this.target.poll?.()) ?? { delivery: undefined };
    if (run !== this.#run) return { delivery: undefined };
    if (seen.expires_at !== undefined) this.#expiresAt = Date.parse(seen.expires_at) || this.#expiresAt;
    if (seen.delivery) this.#sent.set(seen.delivery.enrollment_id, seen.delivery);
    if (seen.status !== undefined && seen.status !== "pending" && !this.busy && this.phase !== "done") {
      this.#expire(seen.status === "expired" ? "challenge_expired" : "challenge_closed");
    }
    return seen;
  }

  /** A message that did not arrive opens the other ways, with the reason. */
  #watched(): void {
    if (this.delivery?.delivery?.status === "failed" && this.phase === "ready" && !this.busy) {
      this.#explainFailure();
      this.#openOthers();
    }
    this.deps.changed();
  }

  #explainFailure(): void {
    const d = this.delivery?.delivery;
    if (d?.status === "failed") this.problem = problem(`delivery.failed_${d.reason ?? "rejected"}`, { to: d.to }, { tone: "warning" });
  }

  #openOthers(): void {
    if (this.otherWays.some((w) => !w.unavailable)) this.phase = "choosing";
  }

  #expire(code: "challenge_expired" | "challenge_closed"): void {
    this.expiredCode = code;
    this.phase = "expired";
    this.problem = undefined;
    this.delivery?.clear();
  }

  /** No message left. What was sent before may still be entered. */
  #notSent(error: unknown, way: Way): void {
    const details = error instanceof ApiError ? error.details : {};
    switch (codeOf(error)) {
      case "rate_limited": {
        const seconds = details.retryAfter ?? 60;
        this.delivery?.block(seconds);
        if (error instanceof ApiError) this.deps.refused?.(error);
        this.problem = problem("verify.send_limited", { minutes: Math.max(1, Math.ceil(seconds / 60)) }, {
          tone: "warning",
          until: this.deps.now() + seconds * 1000,
        });
        return;
      }
      case "method_unavailable":
        this.#close(way, "paused");
        break;
      case "factor_suspended":
        this.#close(way, "suspended");
        break;
      case "validation_failed":
        // Nothing that was typed: the page and the server disagree about the way.
        if (error instanceof ApiError) this.deps.refused?.(error);
        this.problem = problem("error.not_found");
        return;
      default:
        break;
    }
    this.#refused(error, way);
    if (this.phase === "ready" && ["method_unavailable", "factor_suspended", "factor_ended", "factor_locked"].includes(codeOf(error))) {
      this.#openOthers();
    }
  }

  #close(way: Way, unavailable: "paused" | "suspended"): void {
    const closed = { ...way, unavailable };
    this.ways = this.ways.map((w) => (keyOf(w) === keyOf(way) ? closed : w));
    if (this.way && keyOf(this.way) === keyOf(way)) this.way = closed;
  }

  #refused(error: unknown, way: Way | undefined): void {
    const now = this.deps.now();
    const details = error instanceof ApiError ? error.details : {};
    const backup = way?.method === "backup_code";
    const sent = way !== undefined && isSent(way.method);
    if (error instanceof ApiError) this.deps.refused?.(error);
    switch (codeOf(error)) {
      case "code_invalid": {
        const left = details.attemptsRemaining;
        if (left !== undefined) this.attemptsRemaining = left;
        this.problem = {
          messages: [
            { key: backup ? "verify.wrong_backup" : sent ? "verify.wrong_sent" : "verify.wrong" },
            ...(left !== undefined ? [{ key: "verify.attempts_left", params: { count: left } }] : []),
          ],
          tone: "danger",
          field: true,
        };
        return;
      }
      case "validation_failed":
        this.problem = problem(backup ? "verify.backup_malformed" : sent ? "verify.code_shape_sent" : "verify.code_shape", undefined, { field: true });
        return;
      case "code_already_used": {
        const until = details.retryAfter !== undefined ? now + details.retryAfter * 1000 : undefined;
        if (way && until !== undefined && !backup) this.#until.set(keyOf(way), until);
        this.problem = problem(backup ? "verify.already_used_backup" : "verify.already_used", undefined, {
          tone: "warning",
          field: true,
          until: backup ? undefined : until,
        });
        return;
      }
      case "factor_locked": {
        const seconds = details.retryAfter ?? 60;
        if (way) this.#until.set(keyOf(way), now + seconds * 1000);
        this.problem = {
          messages: [
            { key: "verify.locked", params: { minutes: Math.max(1, Math.round(seconds / 60)) } },
            ...(this.otherWays.length > 0 ? [{ key: "verify.locked_other" }] : []),
          ],
          tone: "danger",
          until: now + seconds * 1000,
        };
        return;
      }
      case "challenge_expired":
      case "challenge_closed":
        this.#expire(codeOf(error) as "challenge_expired" | "challenge_closed");
        return;
      default:
        this.problem = generalProblem(error, now);
    }
  }
}

export function keyOf(way: Way): string {
  return `${way.method}:${way.enrollmentId ?? ""}`;
}

/**
 * The ways to offer. Any of several authenticators answers the same question, so they come first as
 * one way ("the code from your app"), then by name: who names one has only that one charged.
 */
export function waysOf(methods: readonly ChallengeMethod[]): Way[] {
  const ways: Way[] = [];
  const several = methods.filter((m) => m.method === "totp").length > 1;
  for (const m of methods) {
    if (several && m.method === "totp" && !ways.some((w) => w.method === "totp")) ways.push({ method: "totp" });
    ways.push({
      method: m.method,
      ...(m.enrollment_id && m.method !== "backup_code" && { enrollmentId: m.enrollment_id }),
      ...(m.label && { label: m.label }),
      ...(m.to && { to: m.to }),
      ...(m.problem && { problem: m.problem }),
      ...(m.available === false && { unavailable: m.reason ?? ("paused" as const) }),
    });
  }
  return ways;
}

function preferredWay(ways: readonly Way[], opening: Opening): Way | undefined {
  const usable = ways.filter((w) => !w.unavailable);
  const { preferred, preferred_enrollment_id: chosen } = opening;
  // An app the person put first by name is still one of several: any of them answers.
  const app = opening.methods.find((m) => m.enrollment_id === chosen)?.method === "totp";
  return (
    (app ? usable.find((w) => w.method === "totp") : undefined) ??
    usable.find((w) => w.enrollmentId !== undefined && w.enrollmentId === chosen) ??
    usable.find((w) => w.enrollmentId !== undefined && w.enrollmentId === preferred) ??
    usable.find((w) => w.method === preferred) ??
    usable[0] ??
    ways[0]
  );
}
