import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import type { LogEntry } from '#protocol/hub-link/base-log.ts';
import { BaseId, CommandId, Epoch, newId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import type { StoredEntry } from '../../kernel/outcome.ts';
import { BaseSession } from './base-session.ts';

const epoch = newId(Epoch);

async function liveSession() {
  const clock = new ManualClock(1_000_000);
  const sent: {
    readonly entry: LogEntry;
    readonly lose: () => void;
    readonly acknowledge: () => void;
  }[] = [];
  const held: CommandId[] = [];
  const logged: { current: LogEntry[] | undefined } = { current: [] };
  let superseded = 0;
  const session = new BaseSession({
    baseId: newId(BaseId),
    connection: 'connection',
    recorded: Promise.resolve(),
    socket: {
      isConnected: () => true,
      sendEntry: (entry) =>
        new Promise((resolve, reject) => {
          sent.push({
            entry,
            lose: () => reject(new Error('timeout')),
            acknowledge: () => resolve({ ok: true }),
          });
        }),
      sendHeartbeat: () => undefined,
      request: () => Promise.resolve(undefined),
      superseded: () => void (superseded += 1),
    },
    logs: {
      resume: () => Promise.resolve({ ok: true, recovered: true, epoch, headSeq: 0, entries: [] }),
      next: () => {
        const found = logged.current;
        logged.current &&= [];
        return Promise.resolve(found);
      },
      head: () => Promise.resolve(undefined),
    },
    reports: {
      received: () => undefined,
      held: (_baseId, { commandIds }) => {
        held.push(...commandIds);
        return Promise.resolve();
      },
      refused: () => Promise.resolve(),
    },
    ackTimeoutMs: 5_000,
    clock,
    log: pino({ level: 'silent' }),
  });
  onTestFinished(() => session.close());
  await session.resume({ version: 1, epoch, lastSeq: 0 }, () => undefined);
  // It looks once whether anything was stored meanwhile.
  await new Promise((resolve) => setImmediate(resolve));
  return { clock, sent, session, held, logged, superseded: () => superseded };
}

const stored = (...entries: readonly LogEntry[]): StoredEntry[] =>
  entries.map((entry) => ({ entry, liveOn: 'connection' }));

const issued = (seq: number, expiresAtMs: number): LogEntry => ({
  seq,
  epoch,
  type: 'command.issued',
  data: {
    id: newId(CommandId),
    unitId: newId(UnitId),
    verb: 'enqueue',
    operation: 'writeproperty',
    affordance: 'brightness',
    input: 5,
    createdAt: toInstant(1_000_000),
    expiresAt: toInstant(expiresAtMs),
  },
});

it('tries an entry once more, unless the time of its command is over by then', async () => {
  const { clock, sent, session } = await liveSession();
  session.appended(stored(issued(1, 1_005_000), issued(2, 1_010_000)));
  expect(sent.map(({ entry }) => entry.seq)).toEqual([1, 2]);
  clock.advance(5_000);
  for (const { lose } of sent.slice(0, 2)) lose();
  await until('the second try', () => (sent.length > 2 ? true : undefined));
  expect(sent.map(({ entry }) => entry.seq)).toEqual([1, 2, 2]);
});

it('has at most 200 entries on their way, however many there are', async () => {
  const { sent, session } = await liveSession();
  for (let seq = 1; seq <= 500; seq += 1) session.appended(stored(issued(seq, 9e9)));
  expect(sent).toHaveLength(200);
});

it('stores every acknowledgement in its time, also one that comes while others are being stored', async () => {
  const { clock, sent, session, held } = await liveSession();
  session.appended(stored(issued(1, 9e9), issued(2, 9e9)));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  sent[0]?.acknowledge();
  await turn();
  clock.advance(100);
  // Before the first is stored; it is shown about when that happens.
  clock.advance(1_850);
  sent[1]?.acknowledge();
  await turn();
  clock.advance(100);
  clock.advance(5_000);
  expect(held).toHaveLength(2);
});

it('sends nothing that was stored while the base had another connection', async () => {
  const { sent, session, logged, superseded } = await liveSession();
  logged.current = undefined;
  session.appended([{ entry: issued(1, 9e9), liveOn: 'another' }]);
  await until('it knows', () => superseded() === 1);
  session.appended(stored(issued(2, 9e9)));
  expect(sent).toEqual([]);
  expect(session.isLive()).toBe(false);
});

it('reads from the log what was stored before it was live', async () => {
  const { sent, session, logged } = await liveSession();
  logged.current = [issued(1, 9e9)];
  session.appended([{ entry: issued(1, 9e9), liveOn: null }]);
  await until('sent', () => sent.length > 0);
  expect(sent.map(({ entry }) => entry.seq)).toEqual([1]);
});
