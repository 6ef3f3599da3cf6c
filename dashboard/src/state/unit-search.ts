import type { ErrorCode } from '#protocol/errors.ts';
import type { DiscoveryAnswer } from '#protocol/hub-link/discovery.ts';
import type { BaseId } from '#protocol/ids.ts';
import { asAppError } from '#client/http-client.ts';
import { retryAfterMsOf } from '#client/retry-after.ts';
import type { Clock } from '#client/clock.ts';
import { fullJitter } from '#client/full-jitter.ts';
import { Cell } from '#client/cell.ts';

export interface SearchView {
  /** What the base sees; undefined until it has answered. */
  readonly answer: DiscoveryAnswer | undefined;
  /** Why there is no newer answer; retried automatically. */
  readonly code: ErrorCode | undefined;
}

interface UnitSearchDeps {
  readonly baseId: BaseId;
  readonly discover: (
    baseId: BaseId,
    revision: string | null,
    signal: AbortSignal,
  ) => Promise<DiscoveryAnswer>;
  readonly clock: Clock;
  readonly random?: () => number;
}

/** After an answer: constant changes are requested at most twice a second. */
const PAUSE_MS = 500;

/** What a base finds on its network, while someone is watching. */
export class UnitSearch {
  readonly view = new Cell<SearchView>({ answer: undefined, code: undefined });
  readonly #deps: UnitSearchDeps;
  #fetch: AbortController | undefined;
  #cancelNext: (() => void) | undefined;
  #failures = 0;

  constructor(deps: UnitSearchDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#fetch) return;
    const fetch = new AbortController();
    this.#fetch = fetch;
    const { baseId, discover } = this.#deps;
    const revision = this.view.get().answer?.revision ?? null;
    void discover(baseId, revision, fetch.signal).then(
      (answer) => {
        if (this.#fetch === fetch) this.#answered(answer);
      },
      (error: unknown) => {
        if (this.#fetch === fetch) this.#failed(error);
      },
    );
  }

  close(): void {
    this.#cancelNext?.();
    this.#fetch?.abort();
    this.#fetch = undefined;
  }

  #answered(answer: DiscoveryAnswer): void {
    const { answer: before, code } = this.view.get();
    this.#failures = 0;
    if (before?.revision !== answer.revision || code !== undefined) {
      this.view.set({ answer, code: undefined });
    }
    this.#repeat(PAUSE_MS);
  }

  #failed(error: unknown): void {
    const failure = asAppError(error);
    this.view.set({ ...this.view.get(), code: failure.code });
    const { random } = this.#deps;
    this.#repeat(PAUSE_MS + retryAfterMsOf(failure) + fullJitter(this.#failures, random));
    this.#failures += 1;
  }

  #repeat(delayMs: number): void {
    this.#cancelNext = this.#deps.clock.after(delayMs, () => {
      this.#fetch = undefined;
      this.start();
    });
  }
}
