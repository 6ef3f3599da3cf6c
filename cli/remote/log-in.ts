import { asAppError, type HttpClient } from '#client/http-client.ts';
import { isPassing, retryAfterMsOf } from '#client/retry-after.ts';
import type { ProgramScope } from '#protocol/access/roles.ts';
import { AppError } from '#protocol/errors.ts';
import { DeviceLoginGranted, DeviceLoginStarted } from '#protocol/http/device-logins.ts';
import type { Clock } from '#platform/clock.ts';
import { pause } from '#client/pause.ts';

export interface LogInDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly host: string;
  readonly scope: ProgramScope;
  /** Shows a person where to go, and what to compare. */
  readonly show: (login: DeviceLoginStarted) => void;
  readonly stop: AbortSignal;
}

/** The hub may ask for a longer interval, but only up to here. */
const MAX_INTERVAL_SECONDS = 60;

/** Starts a login and polls for its token until a person has approved it, or it has ended. */
export async function logIn(deps: LogInDeps): Promise<DeviceLoginGranted> {
  const { http, clock, host, scope, show, stop } = deps;
  const login = await http.json(DeviceLoginStarted, {
    method: 'POST',
    path: '/api/device-logins',
    body: { host, program: 'signalbox', scope },
  });
  show(login);
  const endMs = clock.monotonicMs() + login.expiresInSeconds * 1_000;
  let intervalSeconds = bounded(login.intervalSeconds);
  while (clock.monotonicMs() < endMs) {
    await pause(clock, intervalSeconds * 1_000, stop);
    if (stop.aborted) throw new AppError('cancelled');
    try {
      return await http.json(DeviceLoginGranted, {
        method: 'POST',
        path: '/api/device-logins/token',
        body: { deviceCode: login.deviceCode },
        signal: stop,
      });
    } catch (thrown) {
      const error = asAppError(thrown);
      if (error.code === 'login_slow_down') intervalSeconds = bounded(intervalSeconds + 5);
      else if (isPassing(error.code)) await pause(clock, retryAfterMsOf(error), stop);
      else if (error.code !== 'login_pending') throw error;
    }
  }
  throw new AppError('login_expired');
}

function bounded(seconds: number): number {
  return Math.min(MAX_INTERVAL_SECONDS, Math.max(1, seconds));
}
