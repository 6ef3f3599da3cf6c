import { describe, expect, it } from 'vitest';
import { createHttpClient } from '#client/http-client.ts';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { toProblem } from '#protocol/http/problem.ts';
import { newId, TokenId, UserId } from '#protocol/ids.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { logIn } from './log-in.ts';

const STARTED = {
  deviceCode: 'd',
  userCode: 'BCDF-GHJK',
  path: '/connect',
  expiresInSeconds: 60,
  intervalSeconds: 5,
};
const GRANTED = {
  secret: 'sbx_x',
  user: { id: newId(UserId), email: 'ada@example.org', name: 'Ada' },
  token: {
    id: newId(TokenId),
    name: 'signalbox on pc',
    scope: 'read',
    siteIds: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    lastUsedAt: null,
    expiresAt: null,
  },
};

/** A hub that answers polls with these codes, then with the token. */
function arrange(...codes: readonly ErrorCode[]) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const startedMs = clock.monotonicMs();
  const polls: number[] = [];
  const http = createHttpClient({
    fetch: (url) => {
      if (!url.endsWith('/token')) return Promise.resolve(Response.json(STARTED));
      const code = codes[polls.length];
      polls.push((clock.monotonicMs() - startedMs) / 1_000);
      if (code === undefined) return Promise.resolve(Response.json(GRANTED));
      const problem = toProblem(code);
      return Promise.resolve(Response.json(problem, { status: problem.status }));
    },
  });
  const ended = logIn({
    http,
    clock,
    host: 'pc',
    scope: 'read',
    show: () => undefined,
    stop: stop.signal,
  }).then(
    ({ secret }) => secret,
    (error: unknown) => (error instanceof AppError ? error.code : 'no AppError'),
  );
  let over = false;
  void ended.then(() => (over = true));
  const run = async () => {
    await until('it ends', () => {
      if (!over) clock.advance(1_000);
      return over;
    });
    return ended;
  };
  return { polls, stop, ended, run };
}

describe('a login', () => {
  it('polls for its token in the interval of the hub, and more slowly when told to', async () => {
    const { polls, run } = arrange('login_pending', 'login_slow_down', 'login_pending');
    expect(await run()).toBe('sbx_x');
    const waits = polls.map((at, index) => at - (polls[index - 1] ?? 0));
    // Time goes on by whole seconds while an answer is under way.
    expect(waits[0]).toBeGreaterThanOrEqual(5);
    expect(waits[2]).toBeGreaterThanOrEqual(10);
    expect(waits[3]).toBeGreaterThanOrEqual(10);
  });

  it.each(['login_denied', 'login_expired', 'login_used'] as const)(
    'ends when the hub says %s',
    async (code) => {
      expect(await arrange('login_pending', code).run()).toBe(code);
    },
  );

  it('ends when nobody approves it, and at Ctrl-C', async () => {
    const pending = Array.from({ length: 99 }, () => 'login_pending' as const);
    const { polls, run } = arrange(...pending);
    expect(await run()).toBe('login_expired');
    expect(polls.length).toBeLessThanOrEqual(12);
    const stopped = arrange();
    stopped.stop.abort();
    expect(await stopped.ended).toBe('cancelled');
    expect(stopped.polls).toEqual([]);
  });
});
