import { asAppError, type HttpClient } from '#client/http-client.ts';
import { isPassing, retryAfterMsOf } from '#client/retry-after.ts';
import { Command } from '#protocol/command/command.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import type { UnitId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { Backoff } from '#platform/backoff.ts';
import type { Clock } from '#platform/clock.ts';
import { pause } from '#client/pause.ts';

export interface AwaitEndDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly unitId: UnitId;
  readonly request: CommandRequest;
  /** 0: the hub's word that it was accepted is enough. */
  readonly waitMs: number;
  readonly stop: AbortSignal;
}

/** A hub that is unreachable this long after the end of the wait is given up. */
const GRACE_MS = 10_000;

/**
 * Sends a command and waits for its end, up to a limit. Retries use the same id and are
 * safe: the hub executes it once, and answers with its state.
 *
 * @returns the command's last known state; undefined if it is unknown whether the hub
 * accepted it
 */
export async function sendAndAwait(deps: AwaitEndDeps): Promise<Command | undefined> {
  const { http, clock, random, unitId, request, waitMs, stop } = deps;
  const endMs = clock.monotonicMs() + waitMs;
  const backoff = new Backoff({ firstMs: 500, maxMs: 10_000, random });
  let latest: Command | undefined;
  while (!stop.aborted) {
    const leftMs = endMs - clock.monotonicMs();
    if (latest && (isFinal(latest.state) || leftMs <= 0)) return latest;
    const seconds = Math.min(LIMITS.maxWaitSeconds, Math.max(0, Math.ceil(leftMs / 1_000)));
    try {
      latest = await http.json(Command, {
        method: 'POST',
        path: `/api/units/${unitId}/commands`,
        body: request,
        ...(seconds === 0 ? {} : { headers: { prefer: `wait=${seconds}` } }),
        signal: stop,
      });
      backoff.reset();
    } catch (thrown) {
      const error = asAppError(thrown);
      if (!isPassing(error.code)) throw error;
      if (leftMs + GRACE_MS <= 0) return latest;
      await pause(clock, retryAfterMsOf(error) + backoff.next(), stop);
    }
  }
  return latest;
}
