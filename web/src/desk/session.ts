// session.ts - who works at the desk, as far as this page knows. The server decides; this mirrors it.
// Nothing here is stored: the cookie is HttpOnly and the CSRF token lives in the client's memory.

import { ApiError, type Challenge, type ClientConfig, type SignedIn } from '@twofold/elements/api';
import { DeskApi, type DeskMe, type Person } from './api.js';

/**
 * Where somebody stands on the way to the queue. `refused`: signed in with an account that is not
 * of the desk; `enrol`: of the desk, without a second factor of their own yet.
 */
export type Standing = 'unknown' | 'sign_in' | 'verify' | 'refused' | 'enrol' | 'in';

class DeskSession extends EventTarget {
  standing: Standing = 'unknown';
  person: Person | undefined;
  challenge: Challenge | undefined;
  config: ClientConfig | undefined;
  /** What the sign-in page should say, once. */
  notice: 'ended' | 'signed_out' | 'challenge_ended' | undefined;
  #loading: Promise<void> | undefined;

  readonly api = new DeskApi({ fetch: (input, init) => this.#fetch(input, init) });

  load(): Promise<void> {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = undefined)));
  }

  async #load(): Promise<void> {
    const [me, config] = await Promise.all([this.api.deskMe(), this.api.config()]);
    this.config = config;
    this.take(me);
  }

  async refresh(): Promise<void> {
    const me = await this.api.deskMe();
    const inside = this.person !== undefined;
    if (me.state === 'signed_out' && inside) this.ended('ended');
    else this.take(me);
  }

  take(me: DeskMe): void {
    if (me.state === 'signed_in') this.#enter(me.person);
    else if (me.state === 'second_factor_required') this.secondStep(me.challenge);
    else this.#set('sign_in');
  }

  /** Signed in by both steps or by the password alone: what this account may do says the server. */
  async signedIn(_answer: SignedIn): Promise<void> {
    this.notice = undefined;
    await this.refresh();
  }

  secondStep(challenge: Challenge): void {
    this.notice = undefined;
    this.challenge = challenge;
    this.#set('verify');
  }

  async signOut(): Promise<void> {
    try {
      await this.api.signOut();
    } catch (error) {
      // A session that has already ended is signed out; anything else the caller must tell.
      if (!(error instanceof ApiError && error.status === 401)) throw error;
    }
    this.notice = 'signed_out';
    this.#set('sign_in');
  }

  ended(why: 'ended' | 'challenge_ended'): void {
    if (this.standing === 'sign_in') return;
    this.notice = why;
    this.#set('sign_in');
  }

  #enter(person: Person): void {
    this.#set(!person.role ? 'refused' : person.needsFactor ? 'enrol' : 'in', person);
  }

  #set(standing: Standing, person?: Person): void {
    this.standing = standing;
    this.person = person;
    if (standing !== 'verify') this.challenge = undefined;
    this.dispatchEvent(new Event('change'));
  }

  /** Every call of the page and of the elements passes here: a session that has ended is seen once. */
  async #fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const response = await fetch(input, init);
    if (response.status === 401 && (await problemCode(response)) === 'unauthenticated') {
      if (this.person) this.ended('ended');
      else if (this.standing === 'verify') this.ended('challenge_ended');
    }
    // Their own factor was turned off meanwhile, elsewhere: first of all another one.
    if (response.status === 403 && this.standing === 'in' && (await problemCode(response)) === 'own_factor_required') {
      void this.refresh().catch(() => undefined);
    }
    return response;
  }
}

async function problemCode(response: Response): Promise<string | undefined> {
  try {
    const problem = (await response.clone().json()) as { code?: unknown };
    return typeof problem.code === 'string' ? problem.code : undefined;
  } catch {
    return undefined;
  }
}

export const desk = new DeskSession();
