import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { z } from 'zod';
import { until } from '#platform/testing/until.ts';
import { type Brokers, LoadReader, LoadWriter } from '../mqtt/mqtt-load.ts';
import { startBrokers } from '../mqtt/start-brokers.ts';
import { noPostgres, SharedDatabase } from '../postgres-database.ts';
import type { FaultHub } from '../programs/hub.ts';
import { type Scenario, type ScenarioContext, type ScenarioResult, scaled } from '../scenario.ts';

const LONG_KILLS = 1_000;
const SHORT_KILLS = 5;
const EVERY_MS = 15;
const ARRIVED_MS = 60_000;

interface Played {
  readonly hubs: readonly FaultHub[];
  readonly brokers: Brokers;
  readonly secret: string;
  /** Payloads of the messages in the record. */
  readonly record: () => Promise<ReadonlySet<string>>;
  /** Kills one of the hubs, and starts it again. */
  readonly kill: (round: number) => Promise<void>;
}

export const mqttKills: Scenario = {
  name: 'mqtt-kills',
  description: 'a hub is killed between storing a message and its acknowledgement, again and again',
  longLimitMs: 7_200_000,
  play: async (context) => {
    const { random, cleanup } = context;
    const { hubs, ...rest } = await startBrokers({ name: 'mqtt-kills', hubs: 1, cleanup });
    const [hub] = hubs;
    if (!hub) throw new Error('no hub');
    const { program } = hub;
    return await play(context, {
      ...{ hubs, ...rest },
      record: () => Promise.resolve(payloadsOf(hub.database)),
      kill: async (round) => {
        const when = round % 5 === 4 ? 'before' : 'after';
        await sleep(random.int(0, 150));
        await program.crashAt({ stores: 'message of MQTT', when });
        await program.ended(60_000);
        await program.start();
      },
    });
  },
};

export const mqttKillsOfTwo: Scenario = {
  name: 'mqtt-kills-of-two',
  description: 'two hubs with one database are killed in turn while MQTT clients move between them',
  longLimitMs: 7_200_000,
  obstacle: noPostgres,
  play: async (context) => {
    const { random, cleanup } = context;
    const { url } = await SharedDatabase.create(cleanup);
    const options = { name: 'mqtt-kills-of-two', hubs: 2, database: url, cleanup };
    const { hubs, ...rest } = await startBrokers(options);
    return await play(context, {
      ...{ hubs, ...rest },
      record: async () => await payloadsIn(url),
      kill: async (round) => {
        const hub = hubs[round % hubs.length];
        await sleep(random.int(50, 400));
        await hub?.program.kill();
        await hub?.program.start();
      },
    });
  },
};

async function play(context: ScenarioContext, played: Played): Promise<ScenarioResult> {
  const { isLong, scale, cleanup, say } = context;
  const { brokers, secret, hubs } = played;
  const kills = isLong ? scaled(LONG_KILLS, scale) : SHORT_KILLS;
  const deps = { brokers, secret, cleanup };
  const turned = { ...deps, brokers: brokers.toReversed() };
  const readers = [
    new LoadReader('reader-1', { ...deps, qos: 1 }),
    new LoadReader('reader-2', { ...turned, qos: 2 }),
  ];
  for (const reader of readers) await reader.subscribed();
  const writers = [
    new LoadWriter('writer-1', { ...deps, everyMs: EVERY_MS }),
    new LoadWriter('writer-2', { ...turned, everyMs: EVERY_MS }),
  ];
  const acknowledged = (): number => writers.reduce((sum, one) => sum + one.acknowledged.size, 0);
  for (let round = 0; round < kills; round += 1) {
    const before = acknowledged();
    await until('messages are acknowledged', () => acknowledged() > before, ARRIVED_MS);
    await played.kill(round);
    if (round % 50 === 49) say(`${round + 1} kills, ${acknowledged()} acknowledged`);
  }
  for (const writer of writers) await writer.stop();
  const isThere = (reader: LoadReader): boolean =>
    writers.every((writer) => [...writer.acknowledged].every((one) => reader.arrivals.has(one)));
  // What never comes is found below, one by one.
  await until('all arrived', () => readers.every(isThere), ARRIVED_MS).catch(() => undefined);
  const record = await played.record();
  const lost = writers.flatMap((writer) =>
    [...writer.acknowledged].filter((payload) => !record.has(payload)),
  );
  const errors = hubs.flatMap(({ program }) => [...program.log.grep('"level":50')]);
  const duplicates = readers.map((reader) => reader.duplicates);
  const sentTwice = writers.reduce((sum, one) => sum + one.sentTwice.size, 0);
  return {
    notes: [
      `${kills} kills, ${acknowledged()} messages acknowledged, ${sentTwice} without an answer at a kill, ${duplicates.join(' and ')} came again`,
    ],
    violations: [
      ...readers.flatMap((reader) => writers.flatMap((writer) => reader.violations(writer))),
      ...lost.map((payload) => `"${payload}" was acknowledged and is not in the record`),
      ...errors.map((line) => `a hub said: ${line}`),
    ].slice(0, 50),
  };
}

const Row = z.object({ payload: z.instanceof(Buffer) });

function payloadsOf(file: string): ReadonlySet<string> {
  const database = new Database(file, { readonly: true });
  try {
    const rows = database.prepare('select payload from mqtt_messages').all();
    return new Set(rows.map((row) => Row.parse(row).payload.toString()));
  } finally {
    database.close();
  }
}

async function payloadsIn(url: string): Promise<ReadonlySet<string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query('select payload from mqtt_messages');
    return new Set(rows.map((row) => Row.parse(row).payload.toString()));
  } finally {
    await client.end();
  }
}
