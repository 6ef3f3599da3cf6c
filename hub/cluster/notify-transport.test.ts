import { pino } from 'pino';
import { expect, inject, it, onTestFinished } from 'vitest';
import pg from 'pg';
import { systemClock } from '#platform/clock.ts';
import { until } from '#platform/testing/until.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { temporaryDatabase } from '../testing/test-database.ts';
import type { Hint } from './hint.ts';
import { ConnectedBus } from './connected-bus.ts';
import { notifyTransport } from './notify-transport.ts';

it.skipIf(inject('postgresUrl') === '')(
  'comes back when the server has ended its connection',
  async () => {
    const url = await temporaryDatabase(onTestFinished);
    const log = pino({ level: 'silent' });
    const [one, two] = ['a', 'b'].map(
      (from) =>
        new ConnectedBus({
          transport: notifyTransport(url, 'here'),
          from,
          clock: systemClock,
          log,
        }),
    );
    if (!one || !two) throw new Error('two buses');
    const heard: Hint[] = [];
    two.listen({ heard: (hints) => heard.push(...hints), missed: () => undefined });
    for (const bus of [one, two]) {
      await bus.start('secret');
      onTestFinished(() => bus.close());
    }
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    onTestFinished(() => admin.end());
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'signalbox hub bus'`,
    );
    const hint = { kind: 'ended', command: newId(CommandId) } as const;
    await until('a hint comes through again', () => {
      one.publish([hint]);
      return heard.length > 0;
    });
    expect(heard[0]).toEqual(hint);
    await until(
      'both hear themselves',
      () => one.silenceMs('a') < 1_000 && two.silenceMs('b') < 1_000,
    );
  },
);
