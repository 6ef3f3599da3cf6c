import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#protocol/errors.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { UnitId } from '#protocol/ids.ts';
import { readStatus } from '../../../base-unit/status/status-client.ts';

const LOOK_EVERY_MS = 500;

export interface UnitWait {
  /** Address of the base's status. */
  readonly statusSocket: string;
  readonly unitId: UnitId;
  readonly timeoutMs: number;
  readonly stop: AbortSignal;
}

/**
 * Waits until the unit is ready.
 *
 * @returns undefined when it is ready, otherwise the code that the base reports.
 * @throws AppError `not_ready` when the base no longer runs, `cancelled`.
 */
export async function waitForUnit(wait: UnitWait): Promise<ErrorCode | undefined> {
  const until = performance.now() + wait.timeoutMs;
  for (;;) {
    const { units } = await readStatus(wait.statusSocket);
    const presence = units.find(({ unitId }) => unitId === wait.unitId)?.presence;
    if (presence?.state === 'ready') return undefined;
    if (performance.now() >= until) return presence?.code ?? 'unit_timeout';
    try {
      await sleep(LOOK_EVERY_MS, undefined, { signal: wait.stop });
    } catch {
      throw new AppError('cancelled');
    }
  }
}
