import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#protocol/errors.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { UnitId } from '#protocol/ids.ts';
import { readStatus } from '../../../base-unit/status/status-client.ts';

const LOOK_EVERY_MS = 500;

export interface UnitWait {
  /** Where the base is asked. */
  readonly statusSocket: string;
  readonly unitId: UnitId;
  readonly timeoutMs: number;
  readonly stop: AbortSignal;
}

/**
 * Waits until the base has the unit.
 *
 * @returns undefined when it is there, else what the base says of it.
 * @throws AppError `not_ready` when the base does not run any more, `cancelled`.
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
