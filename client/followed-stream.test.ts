import { expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { AppError } from '#protocol/errors.ts';
import { followStream, type StreamNews } from './followed-stream.ts';
import type { HttpBody, HttpClient } from './http-client.ts';

type Opening = AppError | readonly (string | Error)[];

/** A hub that answers each opening in turn, and then not at all. */
function arrange(openings: readonly Opening[]) {
  const clock = new ManualClock();
  const leaving = new AbortController();
  const positions: (string | undefined)[] = [];
  const left = [...openings];
  const stream: HttpClient['stream'] = ({ headers, signal }) => {
    positions.push(headers?.['last-event-id']);
    const next = left.shift() ?? new AppError('hub_unreachable');
    return next instanceof AppError
      ? Promise.reject(next)
      : Promise.resolve(bodyOf([...next], signal));
  };
  const news: StreamNews[] = [];
  const followed = followStream({
    ...{ http: { stream }, clock, random: () => 0.5, signal: leaving.signal },
    ...{ path: '/api/sites/s/events', query: {}, lastEventId: 'e/1' },
  });
  const end = (async () => {
    for await (const one of followed) news.push(one);
  })();
  // Awaited where a test expects it.
  end.catch(() => undefined);
  const waits = () => news.flatMap((one) => (one.kind === 'waiting' ? [one.delayMs] : []));
  const texts = () => news.flatMap((one) => (one.kind === 'message' ? [one.message.data] : []));
  return { clock, leaving, positions, end, waits, texts };
}

/** Chunks, then the end; an error cuts it; 'silence' never ends by itself. */
function bodyOf(chunks: (string | Error)[], signal: AbortSignal): HttpBody {
  const read = async () => {
    const next = chunks.shift();
    if (next instanceof Error) throw next;
    if (next !== 'silence') {
      return { done: next === undefined, value: new TextEncoder().encode(next) };
    }
    return await new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  };
  return { getReader: () => ({ read, cancel: () => Promise.resolve() }) };
}

const message = (id: number) => `id: e/${id}\ndata: ${id}\n\n`;

it('opens the stream again behind the last message, later and later', async () => {
  const { clock, positions, waits, texts, leaving, end } = arrange([
    [message(2), message(3), new Error('cut')],
    new AppError('overloaded', { details: { retryAfterMs: 4_000 } }),
    ['retry: 9000\n\n: heartbeat\nid: e/7\n\n'],
    [message(8), 'silence'],
  ]);
  for (const wait of [250, 4_500, 10_000]) {
    await until('it waits', () => waits().at(-1) === wait);
    clock.advance(wait);
  }
  await until('all is there', () => texts().includes('8'));
  expect(texts()).toEqual(['2', '3', undefined, undefined, '8']);
  expect(positions).toEqual(['e/1', 'e/3', 'e/3', 'e/7']);
  leaving.abort();
  await end;
});

it('notices silence, and forgives failures after a connection that lasted', async () => {
  const { clock, waits, leaving, end } = arrange([
    new AppError('not_ready'),
    new AppError('not_ready'),
    [message(2), 'silence'],
  ]);
  for (const wait of [250, 500]) {
    await until('it waits', () => waits().at(-1) === wait);
    clock.advance(wait);
  }
  await until('it listens', () => clock.pendingTimers > 0 && waits().length === 2);
  clock.advance(45_000);
  await until('silence is noticed', () => waits().length === 3);
  expect(waits()).toEqual([250, 500, 250]);
  leaving.abort();
  await end;
});

it('ends with what cannot pass', async () => {
  const { end, positions } = arrange([[message(2)], new AppError('site_unknown')]);
  const { clock, waits, end: refused } = arrange([[], new AppError('site_unknown')]);
  void end;
  await until('it waits', () => waits().length === 1);
  clock.advance(250);
  await expect(refused).rejects.toMatchObject({ code: 'site_unknown' });
  expect(positions).toHaveLength(1);
});

it('ends while it reads, and while it waits, when it is aborted', async () => {
  const reading = arrange([[message(2), 'silence']]);
  await until('it reads', () => reading.texts().length === 1);
  reading.leaving.abort();
  await reading.end;
  const waiting = arrange([]);
  await until('it waits', () => waiting.waits().length === 1);
  waiting.leaving.abort();
  await waiting.end;
  expect([reading.clock.pendingTimers, waiting.clock.pendingTimers]).toEqual([0, 0]);
});
