// delivery_flow.ts - a code on its way: what became of the message, and when another may be asked for.
// Asks the server politely: as often as it wants (Retry-After), ever more slowly while nothing happens,
// not while the page is hidden, and no more once there is nothing left to learn.
import type { Delivery } from "../api.js";

export interface DeliveryDeps {
  readonly now: () => number;
  readonly changed: () => void;
  /** The newest state, and the seconds the server wants to pass before the next question. */
  readonly ask: () => Promise<{ readonly delivery?: Delivery | undefined; readonly pause?: number | undefined }>;
  /** Seconds after which a question that failed is asked again; undefined = no more. */
  readonly retry: (error: unknown) => number | undefined;
  /** Whether anybody can see the page. */
  readonly visible?: (() => boolean) | undefined;
}

/** A state after which rarely anything follows is watched for this long. */
const kSettledMs = 120_000;
const kSlowestMs = 15_000;

export class DeliveryFlow {
  delivery: Delivery | undefined;
  #since = 0;
  #due = Infinity;
  #blockedUntil = 0;
  #asking = false;
  #run = 0;

  constructor(private readonly deps: DeliveryDeps) {}

  /** A state from the server (or none). Asking goes on from it. */
  take(delivery: Delivery | undefined, pause?: number): void {
    const before = this.delivery;
    if (!before || before.created_at !== delivery?.created_at || before.enrollment_id !== delivery.enrollment_id) {
      this.#run += 1; // answers about an older message no longer count
      this.#asking = false;
      this.#since = this.deps.now();
      this.#blockedUntil = 0;
    } else if (before.status !== delivery.status) {
      this.#since = this.deps.now();
    }
    this.delivery = delivery;
    this.#plan(pause);
  }

  /** The server refused another message until then. */
  block(seconds: number): void {
    this.#blockedUntil = this.deps.now() + seconds * 1000;
  }

  /** Seconds until another code may be asked for; 0 = now. */
  waitSeconds(): number {
    const at = Math.max(this.#blockedUntil, Date.parse(this.delivery?.resend_at ?? "") || 0);
    return Math.max(0, Math.ceil((at - this.deps.now()) / 1000));
  }

  /** Whether a code that can still be entered went out, as far as is known. */
  get live(): boolean {
    const d = this.delivery;
    return d !== undefined && d.status !== "failed" && Date.parse(d.expires_at) > this.deps.now();
  }

  get watching(): boolean {
    return this.#due !== Infinity;
  }

  /** Called once a second. */
  tick(): void {
    if (this.#asking || this.#due > this.deps.now() || this.deps.visible?.() === false) return;
    void this.#ask();
  }

  clear(): void {
    this.#run += 1;
    this.delivery = undefined;
    this.#due = Infinity;
    this.#asking = false;
  }

  async #ask(): Promise<void> {
    const run = this.#run;
    this.#asking = true;
    try {
      const { delivery, pause } = await this.deps.ask();
      if (run !== this.#run) return;
      const mine = this.delivery;
      if (delivery?.enrollment_id === mine?.enrollment_id) this.take(delivery, pause);
      // Nothing known any more, or a newer message to somewhere else: no more questions about this one.
      else this.#due = mine && delivery && delivery.created_at <= mine.created_at ? this.deps.now() + kSlowestMs : Infinity;
    } catch (error) {
      if (run !== this.#run) return;
      this.#due = this.deps.now() + (this.deps.retry(error) ?? Infinity) * 1000;
    }
    if (run === this.#run) this.#asking = false;
    this.deps.changed();
  }

  #plan(asked?: number): void {
    const d = this.delivery;
    const pause = asked ?? (d?.status === "queued" ? 1 : 3);
    const now = this.deps.now();
    this.#due = Infinity;
    if (!d || d.status === "failed" || d.status === "read" || Date.parse(d.expires_at) <= now) return;
    const quiet = now - this.#since;
    // Mail says no more once it was taken; a phone may still tell that the message was read.
    const settled = d.status === "delivered" || (d.status === "sent" && d.method === "email");
    if (settled && quiet >= kSettledMs) return;
    this.#due = now + Math.max(pause * 1000, Math.min(quiet / 6, kSlowestMs));
  }
}
