// setup_flow.ts - the enabling wizard as a state machine, apart from the DOM.
//   start -> [password | proof] -> connect -> [codes] -> done;  connect -> expired
// The secret and the backup codes live in this object alone and are dropped by clear().
import { ApiError, type Attempt, type Enrollment, type Method, type PendingEnrollment, type TwofoldApi } from "../api.js";
import type { CoreLoader, CorePort } from "./core_port.js";
import { diagnose, type Finding } from "./diagnosis.js";
import { CodesFlow } from "./codes_flow.js";
import { codeOf, generalProblem, problem, type Problem } from "./problem.js";
import { cleanDigits, codeStart, isDigits, isLabel } from "./text.js";

export type SetupPhase = "start" | "password" | "proof" | "connect" | "codes" | "done" | "expired";

export interface SetupRequest {
  /** The enrolment this one replaces once confirmed ("move to a new phone"). */
  readonly replaces?: Enrollment | undefined;
  /** Authenticators that can prove a change; empty when none is active or a recover grant stands. */
  readonly proofs: readonly Enrollment[];
}

export interface SetupDeps {
  readonly api: Pick<TwofoldApi, "enroll" | "confirmEnrollment" | "reauthenticate" | "enrollments" | "session" | "now">;
  readonly core: CoreLoader;
  readonly changed: () => void;
  readonly refused?: (error: ApiError) => void;
  readonly random?: (n: number) => number;
}

/** What a person can set up here, in the order it is offered. A new method gets its line and a step. */
export const kSetupMethods: readonly Method[] = ["totp"];

export class SetupFlow {
  phase: SetupPhase = "start";
  busy = false;
  problem: Problem | undefined;
  finding: Finding | undefined;
  method: Method = "totp";
  label = "";
  enrollment: PendingEnrollment | undefined;
  codes: CodesFlow | undefined;
  /** An authenticator found active by the server's refusal, though the page did not know. */
  proofs: readonly Enrollment[];
  #core: CorePort | undefined;
  #run = 0;

  constructor(
    private readonly request: SetupRequest,
    private readonly deps: SetupDeps,
  ) {
    this.proofs = request.proofs;
  }

  get replaces(): Enrollment | undefined {
    return this.request.replaces;
  }

  /** Leaves the first screen. With an active factor the proof comes first, in the same request. */
  async begin(label: string): Promise<void> {
    this.label = label.trim();
    if (!isLabel(this.label)) {
      this.problem = problem("setup.name_invalid", undefined, { field: true });
      this.deps.changed();
      return;
    }
    if (this.proofs.length > 0) {
      this.problem = undefined;
      this.phase = "proof";
      this.deps.changed();
      return;
    }
    await this.#work(() => this.#enroll({}));
  }

  async password(password: string): Promise<void> {
    if (password === "") {
      this.problem = problem("password.missing", undefined, { field: true });
      this.deps.changed();
      return;
    }
    await this.#work(async () => {
      await this.deps.api.reauthenticate(password);
      await this.#enroll({});
    });
  }

  /** For `<twofold-verify>` in proof mode: refusals of the code are that element's to show. */
  readonly prove = async (attempt: Attempt): Promise<void> => {
    await this.#enroll(attempt);
    this.deps.changed();
  };

  async confirm(typed: string): Promise<Enrollment | undefined> {
    const pending = this.enrollment;
    if (!pending?.totp || this.busy) return undefined;
    const code = cleanDigits(typed);
    if (!isDigits(code)) {
      this.finding = undefined;
      this.problem = code === "" ? problem("setup.code_missing", undefined, { field: true }) : problem("setup.code_length", { digits: pending.totp.digits }, { field: true });
      this.deps.changed();
      return undefined;
    }
    let active: Enrollment | undefined;
    await this.#work(async () => {
      try {
        const answer = await this.deps.api.confirmEnrollment(pending.id, code);
        active = answer.enrollment;
        this.enrollment = undefined; // the secret has done its work
        this.codes = answer.backup_codes?.length ? new CodesFlow(answer.backup_codes, this.replaces !== undefined, this.deps) : undefined;
        this.phase = this.codes ? "codes" : "done";
      } catch (error) {
        const refused = codeOf(error);
        if (refused !== "code_invalid" && refused !== "validation_failed") throw error;
        if (error instanceof ApiError) this.deps.refused?.(error);
        this.#explain(pending, code, error instanceof ApiError ? error.details.attemptsRemaining : undefined);
      }
    });
    return active;
  }

  /** The first digits of the current code and the seconds it still lives; nothing more leaves. */
  preview(): { readonly start: string; readonly hidden: number; readonly left: number; readonly period: number } | undefined {
    const totp = this.enrollment?.totp;
    if (!totp || !this.#core) return undefined;
    const now = this.deps.api.now() / 1000;
    const code = this.#core.totp(totp.secret, totp, Math.floor(now));
    return { start: codeStart(code), hidden: 3, left: totp.period - (now % totp.period), period: totp.period };
  }

  qr(): string | undefined {
    const uri = this.enrollment?.totp?.otpauth_uri;
    return uri && this.#core ? this.#core.qrSvg(uri) : undefined;
  }

  /** True once the pending enrolment's 15 minutes are over. */
  tick(): boolean {
    if (this.phase !== "connect" || !this.enrollment) return false;
    if (Date.parse(this.enrollment.expires_at) > this.deps.api.now()) return false;
    this.#expire();
    this.deps.changed();
    return true;
  }

  /** The backup codes are saved (or there were none). */
  finish(): void {
    this.codes?.clear();
    this.codes = undefined;
    this.#go("done");
  }

  restart(): void {
    this.clear();
    this.#go("start");
  }

  back(): void {
    this.enrollment = undefined;
    this.#go("start");
  }

  /** Drops every secret; answers still on their way are ignored. */
  clear(): void {
    this.#run += 1;
    this.busy = false;
    this.enrollment = undefined;
    this.codes?.clear();
    this.codes = undefined;
    this.problem = undefined;
    this.finding = undefined;
  }

  async #enroll(proof: Attempt | Record<string, never>): Promise<void> {
    const run = this.#run;
    const [pending, core] = await Promise.all([
      this.deps.api.enroll(
        { method: this.method, label: this.label, ...(this.replaces && { replaces: this.replaces.id }) },
        proof,
      ),
      // Without the core there is no QR and no preview, but the key can still be typed.
      this.deps.core().catch(() => undefined),
    ]);
    if (run !== this.#run) return;
    this.#core = core;
    this.enrollment = pending;
    this.problem = undefined;
    this.phase = "connect";
  }

  #explain(pending: PendingEnrollment, code: string, triesLeft: number | undefined): void {
    const totp = pending.totp;
    const now = Math.floor(this.deps.api.now() / 1000);
    this.finding = totp && this.#core ? diagnose(this.#core, totp.secret, totp, code, now) : { key: "setup.code_invalid" };
    const few = triesLeft !== undefined && triesLeft <= 2 ? [{ key: "verify.attempts_left", params: { count: triesLeft } }] : [];
    this.problem = { messages: [this.finding, ...few], tone: "danger", field: true };
  }

  async #work(step: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    const run = this.#run;
    this.busy = true;
    this.problem = undefined;
    this.finding = undefined;
    this.deps.changed();
    try {
      await step();
    } catch (error) {
      if (run === this.#run) await this.#refused(error);
    }
    if (run !== this.#run) return;
    this.busy = false;
    this.deps.changed();
  }

  async #refused(error: unknown): Promise<void> {
    if (error instanceof ApiError) this.deps.refused?.(error);
    switch (codeOf(error)) {
      case "reauthentication_required":
        if (this.deps.api.session) this.phase = "password";
        else this.problem = problem("password.elsewhere");
        return;
      case "proof_required": {
        // Another page turned 2FA on meanwhile: ask which authenticators there are now.
        const page = await this.deps.api.enrollments().catch(() => undefined);
        const active = page?.items.filter((e) => e.status === "active") ?? [];
        if (active.length === 0 || this.phase === "proof") {
          this.problem = generalProblem(error, this.deps.api.now());
          return;
        }
        this.proofs = active;
        this.phase = "proof";
        return;
      }
      case "enrollment_expired":
      case "enrollment_closed":
      case "not_found":
        if (this.phase === "connect") return this.#expire();
        break;
      case "credentials_invalid":
        this.problem = problem("error.credentials_invalid", undefined, { field: true });
        return;
      default:
        break;
    }
    this.problem = generalProblem(error, this.deps.api.now());
  }

  #expire(): void {
    this.enrollment = undefined;
    this.problem = undefined;
    this.finding = undefined;
    this.phase = "expired";
  }

  #go(phase: SetupPhase): void {
    this.phase = phase;
    this.problem = undefined;
    this.finding = undefined;
    this.deps.changed();
  }
}
