// settings_flow.ts - Security Settings as a state machine, apart from the DOM.
// Each guarded change carries its own fresh code in the same request, or a challenge of exactly that
// change which a sent code approved (proof); nothing is kept.
import {
  ApiError,
  type AuditItem,
  type BackupCodeCount,
  type Device,
  type Enrollment,
  type ManageSubject,
  type Offer,
  type Proof,
  type Recover,
  type TwofoldApi,
} from "../api.js";
import { CodesFlow } from "./codes_flow.js";
import type { CoreLoader } from "./core_port.js";
import { codeOf, generalProblem, problem, type Problem } from "./problem.js";
import { proofTarget } from "./proof_target.js";
import type { VerifyTarget } from "./verify_flow.js";
import { isLabel, isSent } from "./text.js";

export type View =
  | { readonly kind: "loading" | "failed" | "overview" | "disable" | "regenerate" }
  | { readonly kind: "recover" }
  | { readonly kind: "remove"; readonly enrollment: Enrollment }
  | { readonly kind: "setup"; readonly replaces?: Enrollment; readonly proofs: readonly Enrollment[]; readonly recover: boolean }
  | { readonly kind: "codes"; readonly flow: CodesFlow }
  | { readonly kind: "password"; readonly next: () => void };

export interface SettingsDeps {
  readonly api: TwofoldApi;
  readonly core: CoreLoader;
  readonly changed: () => void;
  readonly refused?: (error: ApiError) => void;
}

/** At this many backup codes or fewer, a person is told to get new ones. */
export const kLowBackupCodes = 3;

export class SettingsFlow {
  view: View = { kind: "loading" };
  enrollments: readonly Enrollment[] = [];
  offers: readonly Offer[] | undefined;
  backup: BackupCodeCount | undefined;
  activity: readonly AuditItem[] | undefined;
  devices: readonly Device[] = [];
  recover: Recover | undefined;
  account = "";
  busy = false;
  problem: Problem | undefined;
  /** A success to be told once, in the status line. */
  notice: { readonly key: string; readonly params?: Record<string, string> } | undefined;
  /** The enrolment whose name is being edited. */
  renaming: string | undefined;
  #recoverOffered = false;
  #run = 0;

  constructor(private readonly deps: SettingsDeps) {}

  get enabled(): boolean {
    return this.enrollments.length > 0;
  }

  get lowBackupCodes(): boolean {
    return this.enabled && this.backup !== undefined && this.backup.remaining <= kLowBackupCodes;
  }

  /** What to say beside the methods, by what can go wrong with them. */
  get advice(): readonly string[] {
    const app = this.enrollments.some((e) => e.method === "totp");
    const sent = this.enrollments.some((e) => isSent(e.method));
    return [...(sent && !app ? ["settings.advice_app"] : []), ...(sent ? ["settings.advice_sent"] : []), ...(sent ? [] : ["settings.advice"])];
  }

  /** Loads all there is to show; keeps what is on screen until then. */
  async load(): Promise<void> {
    const run = (this.#run += 1);
    const { api } = this.deps;
    try {
      const [page, backup, me, activity, devices] = await Promise.all([
        api.enrollments(),
        api.backupCodeCount().catch(ignoreMissing),
        api.session ? api.me() : undefined,
        // The history is an extra: without the right to it the rest still works.
        api.audit(50).catch(() => undefined),
        api.devices().catch(() => undefined),
      ]);
      if (run !== this.#run) return;
      this.enrollments = page.items.filter((e) => e.status === "active");
      this.offers = page.offers;
      this.backup = backup;
      this.activity = activity?.items;
      this.devices = devices?.items ?? [];
      if (me?.state === "signed_in") {
        this.account = me.user.email;
        const recover = me.session.recover ?? undefined;
        this.recover = recover && Date.parse(recover.expires_at) > api.now() ? recover : undefined;
      }
      if (this.view.kind === "loading" || this.view.kind === "failed") this.view = { kind: "overview" };
      // After a sign-in by backup code: straight to setting up anew, once.
      if (this.recover && this.enabled && !this.#recoverOffered && this.view.kind === "overview") {
        this.#recoverOffered = true;
        this.view = { kind: "recover" };
      }
    } catch (error) {
      if (run !== this.#run) return;
      this.#refused(error);
      if (this.view.kind === "loading") this.view = { kind: "failed" };
    }
    this.deps.changed();
  }

  show(view: View): void {
    this.view = view;
    this.problem = undefined;
    this.notice = undefined;
    this.renaming = undefined;
    this.deps.changed();
  }

  overview(notice?: SettingsFlow["notice"]): void {
    this.show({ kind: "overview" });
    this.notice = notice;
    this.deps.changed();
  }

  /** Adds an authenticator, or replaces one ("move to a new phone"). */
  setUp(replaces?: Enrollment, recover = false): void {
    this.show({ kind: "setup", ...(replaces && { replaces }), proofs: this.enrollments, recover });
  }

  startRename(enrollment: Enrollment | undefined): void {
    this.renaming = enrollment?.id;
    this.problem = undefined;
    this.notice = undefined;
    this.deps.changed();
  }

  async rename(enrollment: Enrollment, typed: string): Promise<boolean> {
    const label = typed.trim();
    if (!isLabel(label)) {
      this.problem = problem("setup.name_invalid", undefined, { field: true });
      this.deps.changed();
      return false;
    }
    return this.#work(async () => {
      const renamed = await this.deps.api.updateEnrollment(enrollment.id, { label });
      this.enrollments = this.enrollments.map((e) => (e.id === enrollment.id ? { ...e, label: renamed.label } : e));
      this.renaming = undefined;
      this.notice = { key: "settings.renamed", params: { label: renamed.label } };
    }, () => void this.rename(enrollment, typed));
  }

  async prefer(enrollment: Enrollment): Promise<void> {
    await this.#work(async () => {
      await this.deps.api.updateEnrollment(enrollment.id, { preferred: true });
      this.enrollments = this.enrollments.map((e) => ({ ...e, preferred: e.id === enrollment.id }));
      this.notice = { key: "settings.made_preferred", params: { label: enrollment.label } };
    }, () => void this.prefer(enrollment));
  }

  /** Needs no code: it only takes a right away. `label`: the browser as it is shown. */
  async forget(device: Device, label: string): Promise<boolean> {
    return this.#work(async () => {
      await this.deps.api.forgetDevice(device.id).catch(ignoreMissing);
      this.devices = this.devices.filter((d) => d.id !== device.id);
      this.notice = { key: "settings.forgotten", params: { label } };
    });
  }

  proof(subject: ManageSubject, submit: (proof: Proof) => Promise<unknown>): VerifyTarget {
    const again = this.view;
    const target = proofTarget(this.deps.api, this.enrollments, subject, submit);
    return {
      ...target,
      submit: async (attempt) => {
        try {
          return await target.submit(attempt);
        } catch (error) {
          if (codeOf(error) === "reauthentication_required" && this.deps.api.session) this.#askPassword(() => this.show(again));
          throw error;
        }
      },
    };
  }

  readonly remove = (enrollment: Enrollment) => async (proof: Proof): Promise<void> => {
    await this.deps.api.removeEnrollment(enrollment.id, proof);
    this.enrollments = this.enrollments.filter((e) => e.id !== enrollment.id);
    this.overview({ key: "settings.removed", params: { label: enrollment.label } });
    void this.load();
  };

  readonly disable = async (proof: Proof): Promise<void> => {
    await this.deps.api.disable(proof);
    this.enrollments = [];
    this.backup = undefined;
    this.recover = undefined;
    this.overview({ key: "settings.turned_off" });
    void this.load();
  };

  readonly regenerate = async (proof: Proof): Promise<void> => {
    this.#showCodes((await this.deps.api.regenerateBackupCodes(proof)).backup_codes);
  };

  /** After a sign-in by backup code: new backup codes and nothing else, which spends the grant. */
  async recoverCodes(): Promise<boolean> {
    return this.#work(async () => {
      const { backup_codes } = await this.deps.api.regenerateBackupCodes();
      this.recover = undefined;
      this.#showCodes(backup_codes);
    });
  }

  async reauthenticate(password: string): Promise<void> {
    if (this.view.kind !== "password") return;
    const { next } = this.view;
    if (password === "") {
      this.problem = problem("password.missing", undefined, { field: true });
      this.deps.changed();
      return;
    }
    if (await this.#work(async () => void (await this.deps.api.reauthenticate(password)))) next();
  }

  /** Drops every secret; answers still on their way are ignored. */
  clear(): void {
    this.#run += 1;
    if (this.view.kind === "codes") this.view.flow.clear();
    this.view = { kind: "loading" };
  }

  #showCodes(codes: readonly string[]): void {
    this.show({ kind: "codes", flow: new CodesFlow(codes, true, this.deps) });
  }

  #askPassword(next: () => void): void {
    this.show({ kind: "password", next });
  }

  async #work(step: () => Promise<void>, again?: () => void): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = undefined;
    this.notice = undefined;
    this.deps.changed();
    let done = false;
    try {
      await step();
      done = true;
    } catch (error) {
      const back = this.view;
      if (again && codeOf(error) === "reauthentication_required" && this.deps.api.session) {
        this.busy = false;
        this.#askPassword(() => {
          this.show(back);
          again();
        });
        return false;
      }
      this.#refused(error);
    }
    this.busy = false;
    this.deps.changed();
    return done;
  }

  #refused(error: unknown): void {
    if (error instanceof ApiError) this.deps.refused?.(error);
    this.problem =
      codeOf(error) === "credentials_invalid"
        ? problem("error.credentials_invalid", undefined, { field: true })
        : generalProblem(error, this.deps.api.now());
  }
}

function ignoreMissing(error: unknown): undefined {
  const code = codeOf(error);
  if (code === "not_found" || code === "not_enrolled" || code === "forbidden") return undefined;
  throw error;
}
