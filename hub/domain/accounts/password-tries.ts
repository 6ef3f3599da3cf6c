import type { UserId } from '#protocol/ids.ts';
import { SIGN_IN_ATTEMPTS } from './attempt-limit.ts';
import { KnownPlaces } from './known-places.ts';
import { type Attempts, type AttemptsDeps, attemptsOf } from './shared-attempts.ts';

/** Passwords of one person in sessions, right ones as well: each costs the hub a hash. */
const SESSION_CHECKS = { max: 60, windowMs: 5 * 60_000 };

/**
 * Limits password attempts, counted by source. Guesses at an account from all unknown
 * addresses share one count; otherwise many addresses would allow many guesses. An
 * address from which the owner has signed in is counted separately, and so is a
 * signed-in person: guesses of others do not use up their attempts.
 *
 * Which addresses are known each hub learns for itself: at another hub the owner is counted with
 * the unknown ones until they have signed in there.
 */
export class PasswordTries {
  readonly #unknownPlaces: Attempts;
  readonly #knownPlaces: Attempts;
  readonly #signedIn: Attempts;
  readonly #checks: Attempts;
  readonly #places = new KnownPlaces();

  constructor(deps: AttemptsDeps) {
    this.#unknownPlaces = attemptsOf(deps, 'sign_in', SIGN_IN_ATTEMPTS);
    this.#knownPlaces = attemptsOf(deps, 'sign_in_known', SIGN_IN_ATTEMPTS);
    this.#checks = attemptsOf(deps, 'session_check', SESSION_CHECKS);
    this.#signedIn = attemptsOf(deps, 'session_password', SIGN_IN_ATTEMPTS);
  }

  /** Counts a sign-in; the seconds to wait when it is one too many. */
  async bySignIn(email: string, address: string): Promise<number | undefined> {
    const isKnown = this.#places.has(email, address);
    return await (isKnown
      ? this.#knownPlaces.count(placeOf(email, address))
      : this.#unknownPlaces.count(email));
  }

  /** The password was right: resets the count of this place, or that of unknown ones. */
  async signedIn(email: string, address: string): Promise<void> {
    if (this.#places.has(email, address)) await this.#knownPlaces.forget(placeOf(email, address));
    else await this.#unknownPlaces.forget(email);
    this.#places.add(email, address);
  }

  /** Counts an attempt of a signed-in person. */
  async inSession(userId: UserId): Promise<number | undefined> {
    return (await this.#checks.count(userId)) ?? (await this.#signedIn.count(userId));
  }

  /** It was right. */
  async reauthenticated(userId: UserId): Promise<void> {
    await this.#signedIn.forget(userId);
  }
}

function placeOf(email: string, address: string): string {
  return `${address} ${email}`;
}
