// setup_flow.ts - the enabling wizard as a state machine, apart from the DOM.
//   start -> [password | proof] -> connect -> [codes] -> done;  connect -> expired
//   start -> address -> [password | proof] -> sent -> [codes] -> done;  sent -> expired | address
// The secret and the backup codes live in this object alone and are dropped by clear().
import { ApiError, type Enrollment, type ManageSubject, type Method, type PendingEnrollment, type Proof, type TwofoldApi } from "../api.js";
import type { CoreLoader, CorePort } from "./core_port.js";
import { diagnose, type Finding } from "./diagnosis.js";
import { CodesFlow } from "./codes_flow.js";
import { DeliveryFlow } from "./delivery_flow.js";
import { codeOf, generalProblem, problem, retryIn, type Problem } from "./problem.js";
import { cleanDigits, codeStart, isDigits, isLabel, isSent } from "./text.js";

export type SetupPhase = "start" | "address" | "password" | "proof" | "connect" | "sent" | "codes" | "done" | "expired";

export interface SetupRequest {
  /** The enrolment this one replaces once confirmed ("move to a new phone"). */
  readonly replaces?: Enrollment | undefined;
  /** Authenticators that can prove a change; empty when none is active or a recover grant stands. */
  readonly proofs: readonly Enrollment[];
  /** After a sign-in by backup code: what takes the lost one's place may be of another kind. */
  readonly anew?: boolean | undefined;
}

/** Where codes shall go: the contact on file, or what was typed (with its country, for a number). */
export interface AddressChoice {
  readonly suggested: boolean;
  readonly typed: string;
  readonly region?: string | undefined;
}

export interface SetupDeps {
  readonly api: Pick<TwofoldApi, "enroll" | "confirmEnrollment" | "reauthenticate" | "enrollments" | "enrollment" | "sendEnrollmentCode" | "pause" | "session" | "now">;
  readonly core: CoreLoader;
  readonly changed: () => void;
  readonly refused?: (error: ApiError) => void;
  readonly random?: (n: number) => number;
  readonly visible?: () => boolean;
}

/** What a person can set up here, best first. A new method gets its line and a step. */
export const kSetupMethods: readonly Method[] = ["totp", "whatsapp", "email"];

export class SetupFlow {
  phase: SetupPhase = "start";
  busy = false;
  problem: Problem | undefined;
  finding: Finding | undefined;
  method: Method = "totp";
  label = "";
  enrollment: PendingEnrollment | undefined;
  codes: CodesFlow | undefined;
  /** The message with the code. */
  readonly delivery: DeliveryFlow;
  sending = false;
  address: AddressChoice = { suggested: true, typed: "" };
  /** An authenticator found active by the server's refusal, though the page did not know. */
  proofs: readonly Enrollment[];
  #core: CorePort | undefined;
  #run = 0;

  constructor(
    private readonly request: SetupRequest,
    private readonly deps: SetupDeps,
  ) {
    this.proofs = request.proofs;
    this.delivery = new DeliveryFlow({
      now: () => deps.api.now(),
      visible: deps.visible,
      retry: retryIn,
      ask: async () => {
        const seen = await deps.api.enrollment(this.enrollment!.id);
        return { delivery: seen.delivery, pause: deps.api.pause(seen) };
      },
      changed: () => this.#watched(),
    });
    if (this.moves) {
      this.method = request.replaces!.method;
      this.label = request.replaces!.label;
      this.phase = "address";
    } else if (request.replaces && !request.anew) {
      this.method = request.replaces.method;
    }
  }

  /** Whether this changes where an email or WhatsApp factor's codes go. */
  get moves(): boolean {
    const { replaces, anew } = this.request;
    return replaces !== undefined && !anew && isSent(replaces.method);
  }

  /** What a challenge has to prove for this. */
  get subject(): ManageSubject {
    const { replaces } = this.request;
    const moved = replaces !== undefined && isSent(replaces.method) && replaces.method === this.method;
    return { action: moved ? "change_address" : "add_factor", ...(replaces && { object: replaces.id }) };
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
    if (isSent(this.method)) return this.#go("address");
    await this.#open();
  }

  /** Leaves the screen that asks where codes shall go. */
  async where(choice: AddressChoice): Promise<void> {
    this.address = { ...choice, typed: choice.typed.trim() };
    const key = choice.suggested ? undefined : addressFault(this.method, this.address.typed);
    if (key) {
      this.problem = problem(key, undefined, { field: true });
      this.deps.changed();
      return;
    }
    await this.#open();
  }

  /** Sends the code again. */
  async send(): Promise<void> {
    const pending = this.enrollment;
    if (!pending || this.sending || this.delivery.waitSeconds() > 0) return;
    const run = this.#run;
    this.sending = true;
    this.problem = undefined;
    this.deps.changed();
    try {
      const { delivery } = await this.deps.api.sendEnrollmentCode(pending.id);
      if (run !== this.#run) return;
      this.delivery.take(delivery);
    } catch (error) {
      if (run !== this.#run) return;
      if (codeOf(error) === "rate_limited") this.#limited(error as ApiError);
      else await this.#refused(error);
    }
    this.sending = false;
    this.#watched();
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
  readonly prove = async (proof: Proof): Promise<void> => {
    try {
      await this.#enroll(proof);
    } catch (error) {
      // The address was refused before the code was looked at: it is asked for again.
      if (!this.#addressRefused(error)) throw error;
    }
    this.deps.changed();
  };

  async confirm(typed: string): Promise<Enrollment | undefined> {
    const pending = this.enrollment;
    if (!pending || this.busy) return undefined;
    const code = cleanDigits(typed);
    if (!isDigits(code)) {
      this.finding = undefined;
      const { totp } = pending;
      if (code === "") this.problem = problem(totp ? "setup.code_missing" : "verify.code_missing", undefined, { field: true });
      else this.problem = totp ? problem("setup.code_length", { digits: totp.digits }, { field: true }) : problem("verify.code_shape_sent", undefined, { field: true });
      this.deps.changed();
      return undefined;
    }
    let active: Enrollment | undefined;
    await this.#work(async () => {
      try {
        const answer = await this.deps.api.confirmEnrollment(pending.id, code);
        active = answer.enrollment;
        this.enrollment = undefined; // the secret has done its work
        this.delivery.clear();
        this.codes = answer.backup_codes?.length ? new CodesFlow(answer.backup_codes, this.replaces !== undefined || this.request.anew === true, this.deps) : undefined;
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
    if ((this.phase !== "connect" && this.phase !== "sent") || !this.enrollment) return false;
    this.delivery.tick();
    if (this.problem?.until !== undefined && this.problem.until <= this.deps.api.now()) this.problem = undefined;
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
    this.#go(this.moves ? "address" : "start");
  }

  /** One question back: from a code or a proof to where codes shall go, from there to the methods. */
  back(): void {
    this.enrollment = undefined;
    this.delivery.clear();
    this.#go(isSent(this.method) && (this.phase !== "address" || this.moves) ? "address" : "start");
  }

  /** Drops every secret; answers still on their way are ignored. */
  clear(): void {
    this.#run += 1;
    this.busy = false;
    this.sending = false;
    this.enrollment = undefined;
    this.delivery.clear();
    this.address = { suggested: true, typed: "" };
    this.codes?.clear();
    this.codes = undefined;
    this.problem = undefined;
    this.finding = undefined;
  }

  /** Everything is said: the proof comes first where there is one to give. */
  async #open(): Promise<void> {
    if (this.proofs.length > 0) return this.#go("proof");
    await this.#work(() => this.#enroll({}));
  }

  async #enroll(proof: Proof): Promise<void> {
    const run = this.#run;
    const sent = isSent(this.method);
    const { suggested, typed, region } = this.address;
    const [pending, core] = await Promise.all([
      this.deps.api.enroll(
        {
          method: this.method,
          label: this.label,
          ...(this.replaces && { replaces: this.replaces.id }),
          ...(sent && !suggested && { address: typed }),
          ...(sent && !suggested && region && !isInternational(typed) && { region }),
        },
        proof,
      ),
      // Without the core there is no QR and no preview, but the key can still be typed.
      sent ? undefined : this.deps.core().catch(() => undefined),
    ]);
    if (run !== this.#run) return;
    this.#core = core;
    this.enrollment = pending;
    this.problem = undefined;
    this.phase = sent ? "sent" : "connect";
    if (sent) {
      this.delivery.take(pending.delivery);
      this.#watched();
    }
  }

  #watched(): void {
    const d = this.delivery.delivery;
    if (d?.status === "failed" && this.phase === "sent" && !this.problem) {
      this.problem = problem(`delivery.failed_${d.reason ?? "rejected"}`, { to: d.to }, { tone: "warning" });
    }
    this.deps.changed();
  }

  #limited(error: ApiError): void {
    const seconds = error.details.retryAfter ?? 60;
    this.delivery.block(seconds);
    this.deps.refused?.(error);
    this.problem = problem("verify.send_limited", { minutes: Math.max(1, Math.ceil(seconds / 60)) }, {
      tone: "warning",
      until: this.deps.api.now() + seconds * 1000,
    });
  }

  /** @returns whether it was about the address; then that is asked for again, with the reason. */
  #addressRefused(error: unknown): boolean {
    const why = error instanceof ApiError ? error.details.errors?.find((e) => e.pointer === "/address" || e.pointer === "/region") : undefined;
    if (codeOf(error) !== "validation_failed" || !why) return false;
    const email = this.method === "email";
    const keys: Record<string, string> = {
      not_mobile: "setup.number_mobile",
      duplicate: "setup.address_duplicate",
      required: email ? "setup.email_missing" : "setup.number_missing",
    };
    this.problem = problem(keys[why.code] ?? (email ? "setup.email_format" : "setup.number_format"), undefined, { field: true });
    this.address = { ...this.address, suggested: false };
    this.phase = "address";
    return true;
  }

  #explain(pending: PendingEnrollment, code: string, triesLeft: number | undefined): void {
    const totp = pending.totp;
    if (!totp) {
      const left = triesLeft !== undefined ? [{ key: "verify.attempts_left", params: { count: triesLeft } }] : [];
      this.problem = { messages: [{ key: "verify.wrong_sent" }, ...left], tone: "danger", field: true };
      return;
    }
    const now = Math.floor(this.deps.api.now() / 1000);
    this.finding = this.#core ? diagnose(this.#core, totp.secret, totp, code, now) : { key: "setup.code_invalid" };
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
    if (this.#addressRefused(error)) return;
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
        if (this.phase === "connect" || this.phase === "sent") return this.#expire();
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
    this.delivery.clear();
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

/** A number with its country's code, as contacts and other sites have it. */
export function isInternational(number: string): boolean {
  return /^\s*(\+|00)/.test(number);
}

/** What is surely wrong with an address as typed; the server has the last word. */
function addressFault(method: Method, typed: string): string | undefined {
  if (method === "email") {
    if (typed === "") return "setup.email_missing";
    return /^[^\s@]{1,64}@[^\s@]+$/.test(typed) && typed.length <= 254 ? undefined : "setup.email_format";
  }
  if (typed === "") return "setup.number_missing";
  const digits = typed.replace(/\P{Nd}/gu, "").length;
  return digits >= 4 && digits <= 17 ? undefined : "setup.number_format";
}
