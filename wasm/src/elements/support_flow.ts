// support_flow.ts - locked out: asking support for help, then following the request, as a state machine
// apart from the DOM. The server knows the request; a reload finds it again.
import type { ApiClient, ApiError, ChallengeMethod } from "../api.js";
import {
  cancelSupportCase,
  isOver,
  openSupportCase,
  supportCases,
  supportContacts,
  type SupportCase,
  type SupportContact,
  type SupportReason,
  type SupportStep,
} from "../support_api.js";
import type { Kit } from "./kit.js";
import type { Problem } from "./problem.js";

export interface SupportDeps {
  readonly kit: Pick<Kit, "ApiError" | "codeOf" | "generalProblem" | "problem">;
  readonly api: ApiClient;
  readonly changed: () => void;
  readonly refused?: (error: ApiError) => void;
  readonly visible?: () => boolean;
}

/** What the form holds; kept here so that a refusal loses nothing that was written. */
export interface SupportForm {
  reason: SupportReason | undefined;
  contact: string;
  readonly stolen: Set<string>;
}

/** How long a request that ended is still told of. */
const kToldMs = 7 * 86_400_000;
const kPauseS = 10;
const kContactLength = 200;

export class SupportFlow {
  phase: "loading" | "failed" | "form" | "case" | "none" = "loading";
  case: SupportCase | undefined;
  contacts: readonly SupportContact[] = [];
  readonly form: SupportForm = { reason: undefined, contact: "", stolen: new Set() };
  busy = false;
  problem: Problem | undefined;
  /** Whether it is being asked if the request shall really be withdrawn. */
  asking = false;
  #due = Infinity;
  #run = 0;

  /** @param onlyOpen  whether there is nothing to show without an open request */
  constructor(
    private readonly deps: SupportDeps,
    private readonly onlyOpen = false,
  ) {}

  get over(): boolean {
    return this.case !== undefined && isOver(this.case.state);
  }

  async open(): Promise<void> {
    const run = (this.#run += 1);
    const { api } = this.deps;
    try {
      const [page, contacts] = await Promise.all([
        supportCases(api),
        // Without the list a person can still ask; only a page of our own has this call.
        this.onlyOpen || !api.session ? [] : supportContacts(api).catch(() => []),
      ]);
      if (run !== this.#run) return;
      this.contacts = contacts;
      this.problem = undefined;
      const newest = page.items[0];
      const told = newest && (!isOver(newest.state) || (!this.onlyOpen && api.now() - Date.parse(newest.updated_at) < kToldMs));
      if (newest && told) this.#take(newest, page);
      else this.phase = this.onlyOpen ? "none" : "form";
    } catch (error) {
      if (run !== this.#run) return;
      // Beside other things nothing is said about what could not be asked.
      if (this.onlyOpen && this.phase === "loading") this.phase = "none";
      else this.#refused(error);
      if (this.phase === "loading") this.phase = "failed";
    }
    this.deps.changed();
  }

  /** Asks for help. @returns the request that was opened */
  async submit(): Promise<SupportCase | undefined> {
    const { reason, stolen } = this.form;
    const contact = this.form.contact.trim();
    if (!reason) return this.#stop("support.reason_missing");
    if ([...contact].length > kContactLength) return this.#stop("support.contact_long", true);
    return this.#work(async () => {
      try {
        const opened = await openSupportCase(this.deps.api, {
          reason,
          ...(contact && { contact }),
          ...(reason === "stolen" && stolen.size > 0 && { stolen: [...stolen] }),
        });
        this.#take(opened, opened);
        return opened;
      } catch (error) {
        // Asked for in another tab, or by support itself: that one is shown.
        if (this.deps.kit.codeOf(error) !== "case_already_open") throw error;
        await this.open();
        return undefined;
      }
    });
  }

  /** After the end of a request: another one. */
  again(): void {
    this.case = undefined;
    this.phase = "form";
    this.#due = Infinity;
    this.deps.changed();
  }

  ask(whether: boolean): void {
    this.asking = whether;
    this.problem = undefined;
    this.deps.changed();
  }

  async withdraw(): Promise<SupportCase | undefined> {
    const mine = this.case;
    if (!mine) return undefined;
    return this.#work(async () => {
      try {
        const now = await cancelSupportCase(this.deps.api, mine.id);
        this.asking = false;
        this.#take(now, now);
        return now;
      } catch (error) {
        // It moved on meanwhile: what it is now says why it cannot be withdrawn.
        if (this.deps.kit.codeOf(error) === "case_state") {
          this.asking = false;
          await this.open();
        }
        throw error;
      }
    });
  }

  /** Called once a second: a request moves on while it is looked at. */
  tick(): void {
    if (this.busy || this.#due > this.deps.api.now() || this.deps.visible?.() === false) return;
    this.#due = Infinity;
    void this.#follow();
  }

  close(): void {
    this.#run += 1;
    this.#due = Infinity;
    this.form.contact = "";
  }

  async #follow(): Promise<void> {
    const run = this.#run;
    const id = this.case?.id;
    try {
      const page = await supportCases(this.deps.api);
      if (run !== this.#run || this.busy) return;
      const now = page.items.find((c) => c.id === id);
      if (now) this.#take(now, page);
    } catch (error) {
      // Told by the next thing the person does; a refusal for good ends the asking.
      const { ApiError, codeOf } = this.deps.kit;
      const again = codeOf(error) === "network" || (error instanceof ApiError && (error.status >= 500 || error.status === 429));
      if (run === this.#run && again) this.#due = this.deps.api.now() + 3 * kPauseS * 1000;
    }
    if (run === this.#run) this.deps.changed();
  }

  #take(now: SupportCase, answer: object): void {
    const { api } = this.deps;
    this.case = now;
    this.phase = "case";
    this.#due = isOver(now.state) ? Infinity : api.now() + Math.max(5, api.pause(answer) ?? kPauseS) * 1000;
  }

  #stop(key: string, field = false): undefined {
    this.problem = this.deps.kit.problem(key, undefined, { field });
    this.deps.changed();
    return undefined;
  }

  async #work<T>(step: () => Promise<T>): Promise<T | undefined> {
    if (this.busy) return undefined;
    const run = this.#run;
    this.busy = true;
    this.problem = undefined;
    this.deps.changed();
    let done: T | undefined;
    try {
      done = await step();
    } catch (error) {
      this.#refused(error);
    }
    this.busy = false;
    if (run === this.#run || done === undefined) this.deps.changed();
    return done;
  }

  #refused(error: unknown): void {
    if (error instanceof this.deps.kit.ApiError) this.deps.refused?.(error);
    this.problem = this.deps.kit.generalProblem(error, this.deps.api.now());
  }
}

/** One line of the story of a request. */
export interface SupportLine {
  readonly key: string;
  readonly state: "done" | "now" | "later";
  readonly at?: string;
}

const kSteps = ["evidence", "approval", "wait", "link"] as const;

/** What has happened, what happens now and what comes after it, in order. */
export function story(c: SupportCase): SupportLine[] {
  const done = c.timeline.filter(told).map((step): SupportLine => ({ key: eventKey(step), state: "done", at: step.at }));
  if (isOver(c.state)) return done;
  const step = current(c);
  if (step === "review") return [...done, { key: `support.next_review_${c.pause?.reason ?? "objection"}`, state: "now" }];
  const at = kSteps.indexOf(step);
  return [
    ...done,
    ...kSteps.slice(at).map((s, i): SupportLine => {
      if (i > 0) return { key: `support.next_${s}`, state: "later" };
      if (s === "wait" && c.waits_until) return { key: "support.next_wait_until", state: "now", at: c.waits_until };
      if (s === "link" && c.state === "link_issued") {
        return { key: `support.next_link_${c.link_sent_to ?? "given"}`, state: "now", ...(c.link_expires_at && { at: c.link_expires_at }) };
      }
      return { key: `support.next_${s}`, state: "now" };
    }),
  ];
}

function current(c: SupportCase): (typeof kSteps)[number] | "review" {
  switch (c.state) {
    case "paused":
      return "review";
    case "waiting":
      return "wait";
    case "link_issued":
      return "link";
    case "approved":
      return "approval";
    default:
      return c.next === "approval" ? "approval" : "evidence";
  }
}

/** The start of the wait is told by the line that says until when. */
function told(step: SupportStep): boolean {
  return step.action !== "waiting";
}

function eventKey({ action, actor }: SupportStep): string {
  if (action === "opened") return `support.did_opened_${actor === "you" ? "you" : "others"}`;
  return `support.did_${action}`;
}

/** Every key story() can ask for. */
export const kStoryKeys: readonly string[] = [
  ...["opened_you", "opened_others", "evidence_recorded", "approved", "paused", "resumed", "link_sent", "link_redeemed", "done", "cancelled", "rejected", "expired", "factors_suspended"].map((k) => `support.did_${k}`),
  ...["evidence", "approval", "wait", "wait_until", "link", "link_email", "link_whatsapp", "link_given", "review_factor_used", "review_objection", "review_withdrawal", "review_undeliverable"].map((k) => `support.next_${k}`),
];

/** What a thief may have: every method but the backup codes. */
export function stealable(methods: readonly ChallengeMethod[]): (ChallengeMethod & { readonly enrollment_id: string })[] {
  return methods.flatMap((m) => (m.method !== "backup_code" && m.enrollment_id ? [{ ...m, enrollment_id: m.enrollment_id }] : []));
}
