// codes_flow.ts - backup codes shown once: keep them, then type one back to prove that a copy exists.
import type { CoreLoader } from "./core_port.js";
import { problem, type Problem } from "./problem.js";
import { randomIndex } from "./text.js";

export class CodesFlow {
  phase: "show" | "check" = "show";
  problem: Problem | undefined;
  /** What was just done with the codes: a message key. */
  note: string | undefined;
  /** The code asked back, by its place in the list from 0. */
  checkIndex = 0;

  constructor(
    public codes: readonly string[],
    /** Whether these replace earlier ones, which no longer work. */
    readonly replacing: boolean,
    private readonly deps: {
      readonly core: CoreLoader;
      readonly changed: () => void;
      readonly random?: ((n: number) => number) | undefined;
    },
  ) {}

  tell(note: string): void {
    this.note = note;
    this.deps.changed();
  }

  ask(): void {
    this.checkIndex = (this.deps.random ?? randomIndex)(this.codes.length);
    this.#go("check");
  }

  show(): void {
    this.#go("show");
  }

  /** @returns whether the code asked for was typed; then the codes are dropped. */
  async check(typed: string): Promise<boolean> {
    const plain = (text: string): string => text.toUpperCase().replace(/[^0-9A-Z]/g, "");
    const core = await this.deps.core().catch(() => undefined);
    const reading = core?.backupCode(typed);
    const canonical = reading?.ok ? reading.canonical : plain(typed);
    const at = canonical === "" ? -1 : this.codes.findIndex((code) => plain(code) === canonical);
    if (at >= 0 && at === this.checkIndex) {
      this.clear();
      this.deps.changed();
      return true;
    }
    const number = this.checkIndex + 1;
    let key = "codes.check_wrong";
    if (canonical === "") key = "verify.backup_missing";
    else if (at >= 0) key = "codes.check_other";
    else if (reading && !reading.ok && reading.error === "check_mismatch") key = "codes.check_slip";
    this.problem = problem(key, { number }, { field: true });
    this.deps.changed();
    return false;
  }

  clear(): void {
    this.codes = [];
    this.problem = undefined;
  }

  #go(phase: "show" | "check"): void {
    this.phase = phase;
    this.problem = undefined;
    this.note = undefined;
    this.deps.changed();
  }
}
