import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { until } from '#platform/testing/until.ts';
import { passwordOf, registerDevice } from '../testing/device-site.ts';
import { LibpyiotcloudBoard } from '../testing/libpyiotcloud-board.ts';
import { LibpyiotcloudClient } from '../testing/libpyiotcloud-client.ts';
import { joinMqttHub, startMqttHub } from '../testing/raw-mqtt.ts';
import { temporaryBus } from '../testing/bus-for-tests.ts';
import { PASSWORD } from '../testing/test-hub.ts';
import { temporaryDatabase } from '../testing/test-database.ts';
import { testEngines } from '../testing/test-store.ts';

const ID = '0123456789abcdef0123456789abcdef01234567';

it.runIf(testEngines().includes('postgres'))(
  'calls at two hubs to a board at one of them have their turns, and their own answers',
  { timeout: 60_000 },
  async () => {
    const database = await temporaryDatabase(onTestFinished);
    const { config } = await temporaryBus('NOTIFY', database);
    const one = await startMqttHub({ database, config });
    const two = await joinMqttHub(one, { database, config });
    const body = { siteId: one.siteId };
    await one.owner.client.done({ method: 'PUT', path: '/api/account/libpyiotcloud', body });
    const made = await registerDevice(one.owner, { name: 'board', clientId: ID });
    let count = 0;
    const board = await LibpyiotcloudBoard.connect(two, {
      ...{ deviceid: ID, password: passwordOf(made) },
      firmware: () => {
        count += 1;
        return `{"value": ${count}}`;
      },
    });
    const clients = [one, two].map(
      ({ hub }) => new LibpyiotcloudClient(hub.addresses.http, { username: 'ada@example.org' }),
    );
    for (const client of clients) expect(await client.logIn(PASSWORD)).toBe('OK');
    const calls = Array.from(
      { length: 12 },
      async (_, index) => await clients[index % 2]?.call('get_rtc', 'board'),
    );
    const values = (await Promise.all(calls)).map((answer) => {
      expect(answer?.status).toBe(200);
      return z.object({ value: z.int() }).parse(JSON.parse(answer?.text ?? '')).value;
    });
    expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    // What one hub waits for ends when the other one unregisters the board.
    board.hold();
    const call = clients[0]?.call('get_rtc', 'board');
    await until('it is sent', () => board.requests.length === 13);
    expect((await clients[1]?.unregister('board'))?.status).toBe('OK');
    expect((await call)?.text).toBe('Device is not registered!');
  },
);
