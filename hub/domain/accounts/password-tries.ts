import type { UserId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import { AttemptLimit, SIGN_IN_ATTEMPTS } from './attempt-limit.ts';
import { KnownPlaces } from './known-places.ts';

/** Passwords of one person in sessions, right ones as well: each costs the hub a hash. */
const SESSION_CHECKS = { max: 60, windowMs: 5 * 60_000 };

/**
 * Limits password attempts, counted by source. Guesses at an account from all unknown
 * addresses share one count; otherwise many addresses would allow many guesses. An
 * address from which the owner has signed in is counted separately, and so is a
 * signed-in person: guesses of others do not use up their attempts.
 */
export class PasswordTries {
  readonly #unknownPlaces: AttemptLimit;
  readonly #knownPlaces: AttemptLimit;
  readonly #signedIn: AttemptLimit;
  readonly #checks: AttemptLimit;
  readonly #places = new KnownPlaces();

  constructor(deps: { readonly clock: Clock }) {
    const { clock } = deps;
    this.#unknownPlaces = new AttemptLimit({ clock, ...SIGN_IN_ATTEMPTS });
    this.#knownPlaces = new AttemptLimit({ clock, ...SIGN_IN_ATTEMPTS });
    this.#checks = new AttemptLimit({ clock, ...SESSION_CHECKS });
    this.#signedIn = new AttemptLimit({ clock, ...SIGN_IN_ATTEMPTS });
  }

  /** Counts a sign-in; the seconds to wait when it is one too many. */
  bySignIn(email: string, address: string): number | undefined {
    const isKnown = this.#places.has(email, address);
    return isKnown
      ? this.#knownPlaces.count(placeOf(email, address))
      : this.#unknownPlaces.count(email);
  }

  /** The password was right: resets the count of this place, or that of unknown ones. */
  signedIn(email: string, address: string): void {
    if (this.#places.has(email, address)) this.#knownPlaces.forget(placeOf(email, address));
    else this.#unknownPlaces.forget(email);
    this.#places.add(email, address);
  }

  /** Counts an attempt of a signed-in person. */
  inSession(userId: UserId): number | undefined {
    return this.#checks.count(userId) ?? this.#signedIn.count(userId);
  }

  /** It was right. */
  reauthenticated(userId: UserId): void {
    this.#signedIn.forget(userId);
  }
}

function placeOf(email: string, address: string): string {
  return `${address} ${email}`;
}
