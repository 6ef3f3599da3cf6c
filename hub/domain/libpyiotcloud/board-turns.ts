import type { Clock } from '#platform/clock.ts';
import { FailureLog } from '#platform/logging/failure-log.ts';
import type { Logger } from 'pino';
import { type BoardTurn, claimBoardTurn, endBoardTurn } from '../../store/board-calls.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';

/** How often a hub looks whether another one has ended its call. */
const LOOK_MS = 40;
/** A hub that dies keeps nobody waiting for longer. */
const MARGIN_MS = 1_000;

export interface BoardTurnsDeps {
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Other hubs may work on the same database. */
  readonly isShared: boolean;
}

/** Turns at boards among several hubs; one hub alone needs none. */
export class BoardTurns {
  readonly #deps: BoardTurnsDeps;
  readonly #failures: FailureLog;
  readonly #ending = new Set<Promise<void>>();

  constructor(deps: BoardTurnsDeps) {
    this.#deps = deps;
    this.#failures = new FailureLog(deps.log, 'turns at boards not ended');
  }

  /** Whether it got the turn within this time. */
  async claim(turn: BoardTurn, waitMs: number): Promise<boolean> {
    const { unitOfWork, clock, isShared } = this.#deps;
    if (!isShared) return true;
    const untilMs = clock.monotonicMs() + waitMs;
    for (;;) {
      const nowMs = clock.nowMs();
      const times = { nowMs, endsAtMs: nowMs + waitMs + MARGIN_MS };
      if (await unitOfWork.run(({ tx }) => claimBoardTurn(tx, turn, times), turn.deviceId)) {
        return true;
      }
      if (clock.monotonicMs() + LOOK_MS >= untilMs) return false;
      await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
    }
  }

  /** @param freeAtMs an answer may come until then. */
  end(turn: BoardTurn, freeAtMs: number | undefined): void {
    if (!this.#deps.isShared) return;
    const { unitOfWork } = this.#deps;
    const ending = unitOfWork
      .run(({ tx }) => endBoardTurn(tx, turn, freeAtMs), turn.deviceId)
      .then(
        () => this.#failures.succeeded(),
        // It ends by its time.
        (error: unknown) => this.#failures.failed(error),
      )
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async close(): Promise<void> {
    await Promise.all(this.#ending);
  }
}
