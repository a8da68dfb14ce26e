// verify_flow.ts - the second step as a state machine, apart from the DOM.
// It judges only what costs the person nothing: an impossible code, a slip in a backup code.
// Whether a code is right, the server alone decides.
import { ApiError, type Attempt, type Challenge, type ChallengeMethod, type Enrollment, type Method } from "../api.js";
import type { CoreLoader } from "./core_port.js";
import { codeOf, generalProblem, problem, type Problem } from "./problem.js";
import { cleanDigits, isDigits } from "./text.js";

/** One way a person can answer. Several authenticators are one way until one is named. */
export interface Way {
  readonly method: Method;
  readonly enrollmentId?: string;
  readonly label?: string;
  readonly to?: string;
}

/** What is asked: a challenge, or as much of one as a proof step has. */
export type Opening = Pick<Challenge, "methods" | "preferred" | "attempts_remaining" | "action_text">;

/** What a proof step asks: a code from one of these, or a backup code; the server decides. */
export function proofOpening(enrollments: readonly Enrollment[]): Opening {
  return {
    methods: [...enrollments.map((e) => ({ method: e.method, enrollment_id: e.id, label: e.label })), { method: "backup_code" }],
  };
}

export interface VerifyTarget {
  open(): Promise<Opening>;
  submit(attempt: Attempt): Promise<unknown>;
}

export interface VerifyDeps {
  readonly now: () => number;
  readonly core: CoreLoader;
  readonly changed: () => void;
  readonly refused?: (error: ApiError) => void;
}

export type VerifyPhase = "loading" | "ready" | "choosing" | "expired" | "failed" | "done";

export class VerifyFlow {
  phase: VerifyPhase = "loading";
  busy = false;
  ways: readonly Way[] = [];
  way: Way | undefined;
  problem: Problem | undefined;
  attemptsRemaining: number | undefined;
  actionText: string | undefined;
  expiredCode: "challenge_expired" | "challenge_closed" = "challenge_expired";
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
      this.ways = waysOf(opening.methods);
      this.attemptsRemaining = opening.attempts_remaining;
      this.actionText = opening.action_text;
      this.way = preferredWay(this.ways, opening);
      // A lock outlives a reload. Several authenticators as one way are locked when all of them are.
      for (const way of this.ways) {
        const locks = opening.methods
          .filter((m) => m.method === way.method && (!way.enrollmentId || m.enrollment_id === way.enrollmentId))
          .map((m) => Date.parse(m.locked_until ?? "") || 0);
        this.#until.set(keyOf(way), Math.min(...locks));
      }
      this.phase = "ready";
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
  }

  showWays(): void {
    this.phase = "choosing";
    this.problem = undefined;
    this.deps.changed();
  }

  choose(way: Way): void {
    this.way = way;
    this.phase = "ready";
    this.problem = undefined;
    this.deps.changed();
  }

  /** Other ways than the one shown. */
  get otherWays(): readonly Way[] {
    return this.ways.filter((w) => keyOf(w) !== (this.way && keyOf(this.way)));
  }

  /** Seconds for which this way is locked or a new code must be awaited; 0 = free. */
  waitSeconds(way: Way | undefined = this.way): number {
    if (!way) return 0;
    return Math.max(0, Math.ceil(((this.#until.get(keyOf(way)) ?? 0) - this.deps.now()) / 1000));
  }

  /** Called by the element's ticker: once a wait ends, its message goes. Returns true then. */
  tick(): boolean {
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
    return isDigits(code) ? code : this.#stop("verify.code_shape");
  }

  #stop(key: string): undefined {
    this.problem = problem(key, undefined, { field: true });
    return undefined;
  }

  #refused(error: unknown, way: Way | undefined): void {
    const now = this.deps.now();
    const details = error instanceof ApiError ? error.details : {};
    const backup = way?.method === "backup_code";
    if (error instanceof ApiError) this.deps.refused?.(error);
    switch (codeOf(error)) {
      case "code_invalid": {
        const left = details.attemptsRemaining;
        if (left !== undefined) this.attemptsRemaining = left;
        this.problem = {
          messages: [
            { key: backup ? "verify.wrong_backup" : "verify.wrong" },
            ...(left !== undefined ? [{ key: "verify.attempts_left", params: { count: left } }] : []),
          ],
          tone: "danger",
          field: true,
        };
        return;
      }
      case "validation_failed":
        this.problem = problem(backup ? "verify.backup_malformed" : "verify.code_shape", undefined, { field: true });
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
        this.expiredCode = codeOf(error) as "challenge_expired" | "challenge_closed";
        this.phase = "expired";
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
  const apps = methods.filter((m) => m.method === "totp");
  if (apps.length > 1) ways.push({ method: "totp" });
  for (const m of methods) {
    ways.push({
      method: m.method,
      ...(m.enrollment_id && m.method !== "backup_code" && { enrollmentId: m.enrollment_id }),
      ...(m.label && { label: m.label }),
      ...(m.to && { to: m.to }),
    });
  }
  return ways;
}

function preferredWay(ways: readonly Way[], opening: Opening): Way | undefined {
  const wanted = opening.preferred;
  return (
    ways.find((w) => w.enrollmentId !== undefined && w.enrollmentId === wanted) ??
    ways.find((w) => w.method === wanted) ??
    ways[0]
  );
}
