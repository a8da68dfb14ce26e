// api.ts - the REST client: typed calls, problem+json as ApiError, CSRF, retries, the server's clock.
// One instance may serve a page and all elements on it: it keeps the CSRF token across step-ups.

import type { Frozen, RecoverySession, SupportCase, SupportContact, SupportRequest, SupportState } from "./support_api.js";

export type * from "./support_api.js";
export type Method = "totp" | "email" | "whatsapp" | "backup_code";
export type HashName = "SHA1" | "SHA256" | "SHA512";

/** Every `code` a refusal can carry (docs: REST contract), plus what the client itself reports. */
export const kErrorCodes = [
  "validation_failed", "malformed_json", "unsupported_media_type", "payload_too_large", "not_found",
  "method_not_allowed", "misdirected_host", "unauthenticated", "forbidden", "credentials_invalid",
  "csrf_required", "origin_refused", "reauthentication_required", "proof_required",
  "second_factor_required", "code_invalid", "code_already_used", "challenge_expired",
  "challenge_closed", "factor_locked", "factor_ended", "not_enrolled", "enrollment_expired",
  "enrollment_closed", "too_many_factors", "rate_limited", "idempotency_mismatch",
  "idempotency_in_flight", "idempotency_expired", "link_invalid", "password_invalid",
  "method_unavailable", "factor_suspended", "code_not_sent",
  "case_already_open", "case_paused", "case_state", "four_eyes", "own_account", "evidence_missing",
  "delivery_missing", "own_factor_required",
  "credential_in_url", "unavailable", "overloaded", "internal",
  // Not from the server: no answer at all, and an answer that is not ours.
  "network", "unexpected",
] as const;
export type ErrorCode = (typeof kErrorCodes)[number];

export interface TotpParameters {
  readonly algorithm: HashName;
  readonly digits: number;
  readonly period: number;
}

/** A code on its way: what is known of the newest message. Addresses are masked by the server. */
export interface Delivery {
  readonly enrollment_id: string;
  readonly method: Method;
  readonly to: string;
  readonly status: DeliveryStatus;
  /** With `failed` only. */
  readonly reason?: DeliveryReason;
  readonly created_at: string;
  /** From when another code may be asked for. */
  readonly resend_at: string;
  readonly expires_at: string;
}
export type DeliveryStatus = "queued" | "sent" | "delivered" | "read" | "failed";
export const kDeliveryReasons = [
  "address_refused", "not_reachable", "withheld", "country_unavailable", "identity_changed", "too_many",
  "channel_down", "rejected", "expired",
] as const;
export type DeliveryReason = (typeof kDeliveryReasons)[number];

/** What is wrong with an address that codes go to, as far as messages that failed have told. */
export type AddressProblem = "bounced" | "unreachable" | "identity_changed";

/** A method as it can be set up now, or why not. */
export interface Offer {
  readonly method: Method;
  readonly available: boolean;
  readonly reason?: "not_configured" | "not_allowed" | "paused";
  /** The contact's address, masked: taken when none is given. */
  readonly suggested?: string;
}

export interface PhoneRegion {
  /** ISO 3166, two letters. */
  readonly region: string;
  readonly calling_code: string;
  /** A number as it is written there. */
  readonly example: string;
}

export interface Enrollment {
  readonly id: string;
  readonly method: Method;
  readonly label: string;
  readonly status: "pending" | "active" | "ended" | string;
  readonly created_at: string;
  readonly activated_at?: string | null;
  readonly last_used_at?: string | null;
  readonly totp?: TotpParameters;
  /** Where codes go, masked. */
  readonly to?: string;
  readonly problem?: AddressProblem;
  /** Chosen by the person to be asked first. */
  readonly preferred?: boolean;
  /** While pending. */
  readonly delivery?: Delivery;
}

export interface Enrollments extends Page<Enrollment> {
  readonly offers?: readonly Offer[];
}

/** The answer to opening an enrolment: the only one that ever holds the secret. */
export interface PendingEnrollment extends Enrollment {
  readonly expires_at: string;
  readonly totp?: TotpParameters & {
    readonly secret: string;
    readonly otpauth_uri: string;
    readonly issuer: string;
    readonly account: string;
  };
}

export interface ChallengeMethod {
  readonly method: Method;
  readonly enrollment_id?: string;
  readonly label?: string;
  readonly to?: string;
  readonly locked_until?: string;
  readonly problem?: AddressProblem;
  /** False: cannot be used now, `reason` says why. */
  readonly available?: boolean;
  readonly reason?: "paused" | "suspended";
}

export interface Challenge {
  readonly id: string;
  readonly status: "pending" | "approved" | "expired" | "closed" | string;
  readonly purpose: "sign_in" | "manage" | "step_up";
  readonly action_text?: string;
  readonly methods: readonly ChallengeMethod[];
  readonly preferred?: Method | string;
  readonly preferred_enrollment_id?: string;
  /** The newest code sent for it. */
  readonly delivery?: Delivery;
  readonly expires_at: string;
  readonly attempts_remaining?: number;
  /** At a sign-in: this browser can be remembered, for so many days. */
  readonly remember?: { readonly days: number };
  /** Of a sign-in: the person's open request to support, if there is one. */
  readonly support_case?: { readonly id: string; readonly state: SupportState };
}

export interface User {
  readonly id: string;
  readonly email: string;
  readonly display_name?: string | null;
  readonly locale?: string | null;
  readonly two_factor: {
    readonly enabled: boolean;
    readonly methods: readonly Method[];
    readonly backup_codes_remaining: number;
    readonly backup_codes_created_at?: string | null;
  };
}

export interface Recover {
  readonly expires_at: string;
}

export type Me =
  | { readonly state: "signed_out" }
  | { readonly state: "second_factor_required"; readonly csrf_token: string; readonly challenge: Challenge }
  /** In by a re-enrol link: may set up a method, and nothing else. */
  | { readonly state: "recovery"; readonly csrf_token: string; readonly recovery: Recover }
  | {
      readonly state: "signed_in";
      readonly csrf_token: string;
      readonly user: User;
      readonly session: { readonly password_fresh_until?: string | null; readonly recover?: Recover | null };
    };

export interface SignedIn {
  readonly status: "signed_in";
  readonly csrf_token: string;
  readonly user: User;
  readonly method?: Method;
  readonly recover?: Recover | null;
  readonly backup_codes_remaining?: number;
}

export type SignInAnswer =
  | SignedIn
  | { readonly status: "second_factor_required"; readonly csrf_token: string; readonly challenge: Challenge };

export interface Verified {
  readonly status: "approved";
  readonly method: Method;
  readonly assertion?: string;
}

export interface Attempt {
  readonly code: string;
  readonly method?: Method;
  readonly enrollment_id?: string;
  /** Remember this browser; at a sign-in that offers it. */
  readonly remember?: boolean;
}

/** What a manage challenge is for; its approval proves that change and no other. */
export interface ManageSubject {
  readonly action: "add_factor" | "remove_factor" | "disable" | "regenerate" | "change_address";
  readonly object?: string;
}

/** What a guarded change takes beside its own members: a fresh code, or an approved challenge. */
export type Proof = Attempt | { readonly challenge_id: string } | Record<string, never>;

export interface BackupCodes {
  readonly backup_codes: readonly string[];
  readonly created_at?: string;
}

export interface BackupCodeCount {
  readonly remaining: number;
  readonly total: number;
  readonly created_at?: string | null;
}

/** A remembered browser: not asked for a code at sign-in. */
export interface Device {
  readonly id: string;
  readonly browser?: string;
  readonly system?: string;
  readonly ip: string;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly expires_at: string;
  /** The browser that asks. */
  readonly current: boolean;
}

export interface AuditItem {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly method?: Method | null;
  readonly result: string;
  readonly enrollment_id?: string | null;
  readonly label?: string | null;
  readonly ip?: string | null;
  readonly user_agent?: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

export interface ClientConfig {
  readonly demo: boolean;
  readonly registration: boolean;
  readonly application: { readonly name: string; readonly issuer: string };
  readonly methods: readonly Method[];
  readonly locales: readonly string[];
  /** The country most people here have their number in. */
  readonly phone_region?: string;
  /** The ways to reach support that are real. */
  readonly support?: { readonly channels: readonly SupportContact[] };
  readonly demo_accounts?: readonly { readonly email: string; readonly password: string; readonly role: string }[];
}

/** A refusal. `code` says what it is; texts for people are made from it, never from `message`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly code: ErrorCode,
    readonly status: number,
    readonly details: {
      /** Seconds until another try makes sense, from Retry-After or retry_after_s. */
      readonly retryAfter?: number | undefined;
      readonly attemptsRemaining?: number | undefined;
      readonly requestId?: string | undefined;
      readonly errors?: readonly { readonly pointer: string; readonly code: string }[] | undefined;
    } = {},
  ) {
    super(`${status} ${code}`);
  }
}

export type Supplier<T> = T | (() => T | Promise<T>);

export interface ApiOptions {
  /** Where the server is; "" = the page's own origin. */
  readonly base?: string;
  /** The integrator's id of the user, or "me" for a person's own session. */
  readonly user?: string;
  /** A widget token (or a supplier of fresh ones). With it no cookie is sent. */
  readonly token?: Supplier<string> | undefined;
  /** The CSRF token, or its supplier; without one it is asked for at /client/me. */
  readonly csrf?: Supplier<string> | undefined;
  readonly fetch?: typeof fetch;
}

export interface Call {
  readonly body?: unknown;
  /** Safe to send twice under one Idempotency-Key. */
  readonly once?: boolean;
}

/** What the second step needs, and the transport of all calls. `<twofold-verify>` carries no more. */
export class ApiClient {
  base: string;
  user: string;
  token: Supplier<string> | undefined;
  csrf: Supplier<string> | undefined;
  readonly #fetch: typeof fetch;
  readonly #pauses = new WeakMap<object, number>();
  #csrfToken = "";
  #clockOffset = 0;

  constructor(options: ApiOptions = {}) {
    this.base = (options.base ?? "").replace(/\/+$/, "");
    this.user = options.user ?? "me";
    this.token = options.token;
    this.csrf = options.csrf;
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
  }

  /** Whether a signed-in person's cookie is used, not a token. */
  get session(): boolean {
    return this.token === undefined;
  }

  /** Milliseconds since the epoch by the server's clock, as far as its answers told. */
  now(): number {
    return Date.now() + this.#clockOffset;
  }

  /** Seconds the server asked to wait before the question of this answer is asked again. */
  pause(answer: object): number | undefined {
    return this.#pauses.get(answer);
  }

  // -- The second step --------------------------------------------------------------------------
  me = (): Promise<Me> => this.call("GET", "/client/me");
  clientChallenge = (): Promise<Challenge> => this.call("GET", "/client/challenge");
  verifySignIn = (attempt: Attempt): Promise<SignedIn> => this.call("POST", "/client/sign-in/verify", { body: attempt });
  challenge = (id: string): Promise<Challenge> => this.call("GET", challengePath(id));
  verifyChallenge = (id: string, attempt: Attempt): Promise<Verified> =>
    this.call("POST", `${challengePath(id)}/verify`, { body: attempt, once: true });
  /** Sends a code, or another one, to an email or WhatsApp factor. */
  sendChallengeCode = (id: string, enrollment_id: string): Promise<{ delivery: Delivery; expires_at: string }> =>
    this.call("POST", `${challengePath(id)}/send`, { body: { enrollment_id }, once: true });

  /** Any call of the REST API, for what has no method of its own here. */
  async call<T>(method: string, path: string, call: Call = {}): Promise<T> {
    // An answer lost on the way is asked for again under the same key: one effect, the same answer.
    const key = call.once ? randomKey() : undefined;
    try {
      return await this.#send<T>(method, path, call.body, key);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === "csrf_required" && this.session && this.csrf === undefined) {
        this.#csrfToken = "";
        return this.#send<T>(method, path, call.body, key);
      }
      if (error.code === "network" && (key !== undefined || method === "GET")) {
        return this.#send<T>(method, path, call.body, key);
      }
      throw error;
    }
  }

  async #send<T>(method: string, path: string, body: unknown, key: string | undefined): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key !== undefined) headers["Idempotency-Key"] = key;
    if (this.token !== undefined) headers["Authorization"] = `Bearer ${await supply(this.token)}`;
    else if (method !== "GET") await this.#addCsrf(headers, path);
    const began = Date.now();
    let response: Response;
    try {
      response = await this.#fetch(this.base + path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        credentials: this.session ? "same-origin" : "omit",
        cache: "no-store",
      });
    } catch {
      throw new ApiError("network", 0);
    }
    this.#learnClock(response, began);
    const answer = await readJson(response);
    if (!response.ok) throw toError(response, answer);
    if (response.status !== 204 && answer === undefined) throw new ApiError("unexpected", response.status);
    const pause = Number(response.headers.get("Retry-After"));
    if (pause > 0 && answer) this.#pauses.set(answer, pause);
    const fresh = (answer as { csrf_token?: unknown } | undefined)?.csrf_token;
    if (typeof fresh === "string") this.#csrfToken = fresh;
    return answer as T;
  }

  async #addCsrf(headers: Record<string, string>, path: string): Promise<void> {
    if (this.csrf !== undefined) this.#csrfToken = await supply(this.csrf);
    // Calls that need no cookie need no token either; everything else asks for it once.
    else if (!this.#csrfToken && !kOpenCalls.test(path)) await this.me().catch(() => undefined);
    if (this.#csrfToken) headers["X-CSRF-Token"] = this.#csrfToken;
  }

  #learnClock(response: Response, began: number): void {
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (Number.isNaN(date)) return;
    // The header has whole seconds: half a second on average past it. A small difference is noise
    // of the rounding and of the way; only what shifts a code counts.
    const offset = date + 500 - (began + Date.now()) / 2;
    this.#clockOffset = Math.abs(offset) < 1500 ? 0 : offset;
  }
}

/** Every call of the Client Area and of a user's own factors. */
export class TwofoldApi extends ApiClient {
  // -- The Client Area's own accounts ---------------------------------------------------------
  config = (): Promise<ClientConfig> => this.call("GET", "/client/config");
  updateMe = (change: { display_name?: string; locale?: string }): Promise<User> =>
    this.call("PATCH", "/client/me", { body: change });
  register = (body: { email: string; password: string; display_name?: string; locale?: string }): Promise<{ status: string }> =>
    this.call("POST", "/client/register", { body });
  confirmRegistration = (token: string, password: string): Promise<SignedIn> =>
    this.call("POST", "/client/register/confirm", { body: { token, password } });
  signIn = (email: string, password: string): Promise<SignInAnswer> =>
    this.call("POST", "/client/sign-in", { body: { email, password } });
  signOut = (): Promise<void> => this.call("POST", "/client/sign-out", { body: {} });
  reauthenticate = (password: string): Promise<{ csrf_token: string }> =>
    this.call("POST", "/client/reauthenticate", { body: { password } });
  changePassword = (current_password: string, new_password: string): Promise<{ csrf_token: string }> =>
    this.call("POST", "/client/password", { body: { current_password, new_password } });
  requestPasswordReset = (email: string): Promise<{ status: string }> =>
    this.call("POST", "/client/password-reset", { body: { email } });
  confirmPasswordReset = (token: string, password: string): Promise<void> =>
    this.call("POST", "/client/password-reset/confirm", { body: { token, password } });

  // -- Factors --------------------------------------------------------------------------------
  enroll = (
    request: { method: Method; label?: string; totp?: TotpParameters; replaces?: string; address?: string; region?: string },
    proof: Proof = {},
  ): Promise<PendingEnrollment> =>
    this.call("POST", `${this.#path()}/enrollments`, { body: { ...proof, ...request }, once: true });
  confirmEnrollment = (id: string, code: string): Promise<{ enrollment: Enrollment; backup_codes?: readonly string[] }> =>
    this.call("POST", `${this.#path()}/enrollments/${encodeURIComponent(id)}/confirm`, { body: { code }, once: true });
  enrollments = (): Promise<Enrollments> => this.call("GET", `${this.#path()}/enrollments`);
  enrollment = (id: string): Promise<Enrollment> => this.call("GET", `${this.#path()}/enrollments/${encodeURIComponent(id)}`);
  sendEnrollmentCode = (id: string): Promise<{ delivery: Delivery }> =>
    this.call("POST", `${this.#path()}/enrollments/${encodeURIComponent(id)}/send`, { body: {}, once: true });
  updateEnrollment = (id: string, change: { label?: string; preferred?: boolean }): Promise<Enrollment> =>
    this.call("PATCH", `${this.#path()}/enrollments/${encodeURIComponent(id)}`, { body: change });
  /** A challenge that proves one change; with an email or WhatsApp factor named, its code leaves at once. */
  manageChallenge = (subject: ManageSubject, enrollment_id?: string): Promise<Challenge> =>
    this.call("POST", `${this.#path()}/challenges`, {
      body: { purpose: "manage", ...subject, ...(enrollment_id !== undefined && { enrollment_id }) },
      once: true,
    });
  phoneRegions = (): Promise<{ readonly items: readonly PhoneRegion[] }> => this.call("GET", "/v1/phone-regions");
  removeEnrollment = (id: string, proof: Proof): Promise<void> =>
    this.call("POST", `${this.#path()}/enrollments/${encodeURIComponent(id)}/remove`, { body: proof, once: true });
  disable = (proof: Proof): Promise<void> =>
    this.call("POST", `${this.#path()}/disable`, { body: proof, once: true });
  backupCodeCount = (): Promise<BackupCodeCount> => this.call("GET", `${this.#path()}/backup-codes`);
  regenerateBackupCodes = (proof: Proof = {}): Promise<BackupCodes> =>
    this.call("POST", `${this.#path()}/backup-codes`, { body: proof, once: true });
  devices = (): Promise<Page<Device>> => this.call("GET", `${this.#path()}/devices`);
  forgetDevice = (id: string): Promise<void> => this.call("DELETE", `${this.#path()}/devices/${encodeURIComponent(id)}`);
  audit = (limit = 10): Promise<Page<AuditItem>> => this.call("GET", `${this.#path()}/audit?limit=${limit}`);

  // -- Locked out -----------------------------------------------------------------------------
  supportCases = (): Promise<Page<SupportCase>> => this.call("GET", `${this.#path()}/support-cases`);
  openSupportCase = (request: SupportRequest): Promise<SupportCase> =>
    this.call("POST", `${this.#path()}/support-cases`, { body: request, once: true });
  cancelSupportCase = (id: string): Promise<SupportCase> =>
    this.call("POST", `${this.#path()}/support-cases/${encodeURIComponent(id)}/cancel`, { body: {}, once: true });
  /** The one-time link that lets a new method be set up; good for nothing without the password. */
  redeemRecoveryLink = (token: string, password: string): Promise<RecoverySession> =>
    this.call("POST", "/v1/recovery-links/redeem", { body: { token, password } });
  /** "This was not me": pauses and ends, never opens. */
  redeemNoticeLink = (token: string): Promise<Frozen> => this.call("POST", "/v1/notice-links/redeem", { body: { token } });

  #path(): string {
    return `/v1/users/${encodeURIComponent(this.user)}`;
  }
}

function challengePath(id: string): string {
  return `/v1/challenges/${encodeURIComponent(id)}`;
}

const kOpenCalls = /^\/(client\/(register|sign-in$|password-reset)|v1\/(recovery|notice)-)/;

async function supply<T>(supplier: Supplier<T>): Promise<T> {
  return typeof supplier === "function" ? (supplier as () => T | Promise<T>)() : supplier;
}

async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204 || !/[/+]json\b/.test(response.headers.get("Content-Type") ?? "")) return undefined;
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function toError(response: Response, answer: unknown): ApiError {
  const problem = (answer ?? {}) as Record<string, unknown>;
  // A code of a newer server passes through: the texts have a sentence for what they do not know.
  const given = problem["code"];
  const code = typeof given === "string" && /^[a-z_]{1,40}$/.test(given) ? (given as ErrorCode) : byStatus(response.status);
  const number = (value: unknown): number | undefined =>
    typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
  const header = response.headers.get("Retry-After");
  return new ApiError(code, response.status, {
    retryAfter: number(problem["retry_after_s"]) ?? (header && /^\d+$/.test(header) ? Number(header) : undefined),
    attemptsRemaining: number(problem["attempts_remaining"]),
    requestId: typeof problem["request_id"] === "string" ? problem["request_id"] : undefined,
    errors: Array.isArray(problem["errors"]) ? problem["errors"] : undefined,
  });
}

/** A refusal by something in front of the server (a proxy) has no code of ours. */
function byStatus(status: number): ErrorCode {
  if (status === 401) return "unauthenticated";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 429) return "rate_limited";
  return status === 502 || status === 503 || status === 504 ? "unavailable" : "unexpected";
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
