import type { ErrorCode } from '#protocol/errors.ts';
import type { SessionView, SiteView } from '#protocol/http/accounts.ts';
import type { AccountApi } from '../api/account-api.ts';
import { asAppError } from '#client/http-client.ts';
import { Cell } from '#client/cell.ts';

export type AccountState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'unreachable'; readonly code: ErrorCode }
  | {
      readonly kind: 'signed-out';
      readonly signUp: SessionView['signUp'];
      readonly code?: ErrorCode;
    }
  | {
      readonly kind: 'signed-in';
      readonly user: NonNullable<SessionView['user']>;
      readonly sites: readonly SiteView[];
    };

type SessionApi = Pick<AccountApi, 'session' | 'sites' | 'signOut'>;

/** Who is using this browser. */
export class AccountSession {
  readonly state = new Cell<AccountState>({ kind: 'loading' });
  readonly #api: SessionApi;

  constructor(api: SessionApi) {
    this.#api = api;
  }

  /** Fetches who is signed in. */
  async load(): Promise<void> {
    try {
      await this.accept(await this.#api.session());
    } catch (error) {
      this.state.set({ kind: 'unreachable', code: asAppError(error).code });
    }
  }

  /** Handles the hub's answer to a sign-in, and loads what the user may see. */
  async accept(session: SessionView): Promise<void> {
    if (session.user === null) {
      this.state.set({ kind: 'signed-out', signUp: session.signUp });
      return;
    }
    this.state.set({ kind: 'signed-in', user: session.user, sites: await this.#api.sites() });
  }

  async reloadSites(): Promise<void> {
    const state = this.state.get();
    if (state.kind !== 'signed-in') return;
    this.state.set({ ...state, sites: await this.#api.sites() });
  }

  async signOut(): Promise<void> {
    await this.#api.signOut();
    await this.load();
  }

  /** The session ended or was revoked. */
  noteSignedOut(code: ErrorCode): void {
    if (this.state.get().kind !== 'signed-in') return;
    this.state.set({ kind: 'signed-out', signUp: 'invite', code });
  }
}
