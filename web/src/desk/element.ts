// element.ts - what every page of the desk is: a page of this site that also follows the desk's own
// session, and that asks the server again politely while it is looked at.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { FormPage, PageElement } from '../lib/page.js';
import { desk } from './session.js';

/** Draws its host again when who is signed in changes. */
class FollowDesk implements ReactiveController {
  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }
  hostConnected(): void {
    desk.addEventListener('change', this.#redraw);
  }
  hostDisconnected(): void {
    desk.removeEventListener('change', this.#redraw);
  }
  readonly #redraw = (): void => this.host.requestUpdate();
}

export abstract class DeskElement extends PageElement {
  protected readonly follow = new FollowDesk(this);
}

export abstract class DeskForm extends FormPage {
  protected readonly follow = new FollowDesk(this);
}

/**
 * Asks again and again while the page is looked at: after the pause the server named, or `every`
 * seconds; twice as long after each failure, five minutes at most; at once when the tab comes back.
 */
export class Polling implements ReactiveController {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #running = false;
  #again = false;

  /** @param ask  answers with the seconds to pause, or undefined for `every`; rejects on failure */
  constructor(
    private readonly host: ReactiveControllerHost & { readonly isConnected: boolean },
    private readonly every: number,
    private readonly ask: () => Promise<number | undefined>,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener('visibilitychange', this.#seen);
    void this.now();
  }

  hostDisconnected(): void {
    document.removeEventListener('visibilitychange', this.#seen);
    clearTimeout(this.#timer);
  }

  /** Whether the newest answer could not be had. */
  get stale(): boolean {
    return this.#failures > 0;
  }

  /** Asks now; what was asked meanwhile is asked once more after it. */
  async now(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    let pause: number | undefined;
    try {
      pause = await this.ask();
      this.#failures = 0;
    } catch {
      this.#failures += 1;
    } finally {
      this.#running = false;
      this.host.requestUpdate();
    }
    if (!this.host.isConnected) return;
    if (this.#again) {
      this.#again = false;
      return this.now();
    }
    const seconds = Math.min(300, (pause ?? this.every) * 2 ** Math.min(this.#failures, 5));
    if (!document.hidden) this.#timer = setTimeout(() => void this.now(), seconds * 1000);
  }

  readonly #seen = (): void => {
    if (document.hidden) clearTimeout(this.#timer);
    else void this.now();
  };
}
