// session.ts - who is signed in, as far as this page knows. The server decides; this mirrors it.
// Nothing here is stored: the cookie is HttpOnly and the CSRF token lives in the client's memory.

import { ApiError, TwofoldApi } from '@twofold/elements/api';
import type { Challenge, ClientConfig, Me, Recover, SignedIn, User } from '@twofold/elements/api';

export type State =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'signed_out' }
  | { readonly kind: 'second_step'; readonly challenge: Challenge }
  /** In by a re-enrol link: may set up a method, and nothing else. */
  | { readonly kind: 'recovery'; readonly expires_at: string }
  | { readonly kind: 'signed_in'; readonly user: User; readonly recover: Recover | undefined };

class Session extends EventTarget {
  state: State = { kind: 'unknown' };
  config: ClientConfig | undefined;
  /** What the sign-in page should say, once: why the person is there. */
  notice: 'ended' | 'signed_out' | 'password_changed' | 'challenge_ended' | 'recovered' | undefined;
  /** Where to go on after signing in again. */
  returnTo: string | undefined;
  #loading: Promise<void> | undefined;

  readonly api = new TwofoldApi({ fetch: (input, init) => this.#fetch(input, init) });

  /** Asks who is here and what this server offers; once, whoever else asks meanwhile. */
  load(): Promise<void> {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = undefined)));
  }

  async #load(): Promise<void> {
    const [me, config] = await Promise.all([this.api.me(), this.api.config()]);
    this.config = config;
    this.take(me);
  }

  async refresh(): Promise<void> {
    const before = this.state.kind;
    const me = await this.api.me();
    // Gone while this page was not looked at, and not by its own doing.
    if (me.state === 'signed_out' && before === 'signed_in' && this.state.kind === 'signed_in') this.ended('ended');
    else this.take(me);
  }

  take(me: Me): void {
    if (me.state === 'signed_in') {
      this.#set({ kind: 'signed_in', user: me.user, recover: me.session.recover ?? undefined });
    } else if (me.state === 'second_factor_required') {
      this.#set({ kind: 'second_step', challenge: me.challenge });
    } else if (me.state === 'recovery') {
      this.#set({ kind: 'recovery', expires_at: me.recovery.expires_at });
    } else {
      this.#set({ kind: 'signed_out' });
    }
  }

  signedIn(answer: SignedIn): void {
    this.notice = undefined;
    this.#set({ kind: 'signed_in', user: answer.user, recover: answer.recover ?? undefined });
  }

  secondStep(challenge: Challenge): void {
    this.notice = undefined;
    this.#set({ kind: 'second_step', challenge });
  }

  recovering(expires_at: string): void {
    this.notice = undefined;
    this.#set({ kind: 'recovery', expires_at });
  }

  /** A new method is set up by a re-enrol link: every session has ended, this one too. */
  recovered(): void {
    this.returnTo = undefined;
    this.notice = 'recovered';
    this.#set({ kind: 'signed_out' });
  }

  setUser(user: User): void {
    if (this.state.kind === 'signed_in') this.#set({ ...this.state, user });
  }

  recoverUsed(): void {
    if (this.state.kind === 'signed_in') this.#set({ ...this.state, recover: undefined });
  }

  async signOut(): Promise<void> {
    try {
      await this.api.signOut();
    } catch (error) {
      // A session that has already ended is signed out; anything else the caller must tell.
      if (!(error instanceof ApiError && error.status === 401)) throw error;
    }
    this.returnTo = undefined;
    this.notice = 'signed_out';
    this.#set({ kind: 'signed_out' });
  }

  ended(why: 'ended' | 'challenge_ended'): void {
    if (this.state.kind === 'signed_out') return;
    this.notice = why;
    this.#set({ kind: 'signed_out' });
  }

  get user(): User | undefined {
    return this.state.kind === 'signed_in' ? this.state.user : undefined;
  }

  get recover(): Recover | undefined {
    const grant = this.state.kind === 'signed_in' ? this.state.recover : undefined;
    return grant && Date.parse(grant.expires_at) > this.api.now() ? grant : undefined;
  }

  #set(state: State): void {
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }

  /** Every call of the page and of the elements passes here: a session that has ended is seen once. */
  async #fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const response = await fetch(input, init);
    if (response.status === 401 && (await problemCode(response)) === 'unauthenticated') {
      if (this.state.kind === 'signed_in') this.ended('ended');
      else if (this.state.kind === 'second_step') this.ended('challenge_ended');
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

export const session = new Session();
