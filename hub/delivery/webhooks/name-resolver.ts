import { lookup, Resolver } from 'node:dns/promises';
import { Semaphore } from '#platform/sharing/semaphore.ts';

/** A name server that does not answer costs this long, twice. */
const TIMEOUT_MS = 3_000;
const TRIES = 2;
/** Lookups of the system share four threads with the disk and the passwords: so few at a time. */
const SYSTEM_LOOKUPS = { permits: 1, maxQueued: 100 };
const LOCAL = /(^|\.)localhost\.?$/i;

/**
 * The addresses of names: from the name servers, which any number of requests may wait for, and
 * for names that they do not know from the system (the hosts file, mDNS).
 */
export class NameResolver {
  readonly #resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  readonly #system = new Semaphore(SYSTEM_LOOKUPS);

  readonly resolve = async (name: string): Promise<readonly string[]> => {
    if (LOCAL.test(name)) return ['127.0.0.1', '::1'];
    const [ipv4, ipv6] = await Promise.all([
      this.#resolver.resolve4(name).catch(asFailure),
      this.#resolver.resolve6(name).catch(asFailure),
    ]);
    const found = [ipv4, ipv6].flatMap((answer) => (Array.isArray(answer) ? answer : []));
    if (found.length > 0) return found;
    const isUnknown = [ipv4, ipv6].every(
      (answer) => answer === 'ENOTFOUND' || answer === 'ENODATA',
    );
    return isUnknown ? await this.#fromSystem(name) : [];
  };

  async #fromSystem(name: string): Promise<readonly string[]> {
    const release = await this.#system.acquire().catch(() => undefined);
    if (!release) return [];
    try {
      const found = await lookup(name, { all: true, verbatim: true });
      return found.map(({ address }) => address);
    } catch {
      return [];
    } finally {
      release();
    }
  }
}

/** Its code, which says whether the name is unknown. */
function asFailure(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
