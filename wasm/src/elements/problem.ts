// problem.ts - from a refusal to what a person reads: which message, how serious, how long to wait.
// Texts say what to do next; they are chosen by the stable `code` alone.
import { ApiError, type ErrorCode } from "../api.js";
import type { Params, Messenger } from "../messenger.js";

export interface Problem {
  /** Message keys, joined by a space. */
  readonly messages: readonly { readonly key: string; readonly params?: Params }[];
  readonly tone: "danger" | "warning";
  /** Whether it is about the code field (aria-invalid, focus goes there). */
  readonly field?: boolean;
  /** Milliseconds since the epoch, by the api's clock, until when another try is pointless. */
  readonly until?: number | undefined;
  readonly requestId?: string | undefined;
}

export function problem(key: string, params?: Params, more: Partial<Problem> = {}): Problem {
  return { messages: [{ key, ...(params && { params }) }], tone: "danger", ...more };
}

export function codeOf(error: unknown): ErrorCode {
  return error instanceof ApiError ? error.code : "unexpected";
}

/** Seconds after which a question in the background that failed is asked again; undefined = no more. */
export function retryIn(error: unknown): number | undefined {
  const { status, details } = error instanceof ApiError ? error : new ApiError("unexpected", 0);
  const again = codeOf(error) === "network" || status === 429 || status >= 500;
  return again ? (details.retryAfter ?? 10) : undefined;
}

/** Any refusal, in general words. Flows put their own, closer words before it. */
export function generalProblem(error: unknown, now: number): Problem {
  const code = codeOf(error);
  const details = error instanceof ApiError ? error.details : {};
  return problem(`error.${code}`, undefined, {
    until: details.retryAfter !== undefined && error instanceof ApiError && error.status === 429 ? now + details.retryAfter * 1000 : undefined,
    // A reference helps only where a person has to ask somebody.
    requestId: code === "internal" || code === "unexpected" || code === "forbidden" ? details.requestId : undefined,
  });
}

export function problemText(p: Problem, i18n: Messenger): string {
  // A refusal that is newer than this page is told in general words.
  const text = p.messages.map((m) => i18n.t(i18n.has(m.key) ? m.key : "error.unexpected", m.params)).join(" ");
  return p.requestId ? `${text} ${i18n.t("error.reference", { id: p.requestId })}` : text;
}
