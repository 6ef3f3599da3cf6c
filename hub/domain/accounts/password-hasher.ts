import { hash, verify } from '@node-rs/argon2';
import { Semaphore } from '#platform/sharing/semaphore.ts';
import { earlierForms, opaqueString } from './opaque-string.ts';

/**
 * argon2id with 19 MiB and 2 passes (OWASP password storage cheat sheet);
 * the variant is the package's default, since its enum cannot be imported
 * with isolated modules.
 */
export const DEFAULT_PASSWORD_COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
export type PasswordCost = typeof DEFAULT_PASSWORD_COST;

/** Each run uses 19 MiB and a thread of the pool that also serves file access. */
const MAX_AT_ONCE = 2;
const MAX_WAITING = 50;

/** The owner of a queued job: a signed-in person, or an address. */
export type HashOwner = string;

/** outdated: the password is right, and its hash should be recomputed from the normal form. */
export type PasswordVerdict = 'right' | 'outdated' | 'wrong';

/** Hashes and verifies passwords off the event loop, with bounded concurrency. */
export class PasswordHasher {
  readonly #cost: PasswordCost;
  readonly #semaphore = new Semaphore({ permits: MAX_AT_ONCE, maxQueued: MAX_WAITING });
  #decoy: Promise<string> | undefined;

  constructor(deps: { readonly cost: PasswordCost }) {
    this.#cost = deps.cost;
  }

  /** Hashes that are made or wait to be. */
  get size(): number {
    return this.#semaphore.size;
  }

  /** @throws AppError `overloaded` */
  hash(password: string, owner: HashOwner): Promise<string> {
    return this.#semaphore.run(owner, () => hash(opaqueString(password), this.#cost));
  }

  /**
   * Whether the password is right. Without a hash (an unknown e-mail address) the same
   * work is done, so that timing does not reveal it.
   *
   * @throws AppError `overloaded`
   */
  async verify(
    stored: string | undefined,
    password: string,
    owner: HashOwner,
  ): Promise<PasswordVerdict> {
    const against = stored ?? (await this.#decoyHash());
    const fits = (form: string) => this.#semaphore.run(owner, () => verify(against, form));
    if (await fits(opaqueString(password))) return stored === undefined ? 'wrong' : 'right';
    for (const form of earlierForms(password)) {
      if (await fits(form)) return stored === undefined ? 'wrong' : 'outdated';
    }
    return 'wrong';
  }

  #decoyHash(): Promise<string> {
    this.#decoy ??= hash('nobody has this password', this.#cost);
    return this.#decoy;
  }
}
