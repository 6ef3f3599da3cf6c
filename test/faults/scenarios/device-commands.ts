import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { z } from 'zod';
import { STAGE } from '#protocol/command/command-stage.ts';
import { CommandState, isFinal } from '#protocol/command/command-state.ts';
import { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { DeviceCredential } from '#protocol/http/devices.ts';
import { UnitView } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import { until } from '#platform/testing/until.ts';
import { ApiClient } from '../../harness/api-client.ts';
import { checkDeviceCommands, type StoredCommand } from '../mqtt/check-device-commands.ts';
import { CommandDevice } from '../mqtt/command-device.ts';
import { DeviceLoad } from '../mqtt/device-load.ts';
import { type StartedBrokers, startBrokers } from '../mqtt/start-brokers.ts';
import { noPostgres, SharedDatabase } from '../postgres-database.ts';
import type { CrashPoint } from '../programs/program.ts';
import type { Random } from '../random.ts';
import { type Scenario, type ScenarioContext, type ScenarioResult, scaled } from '../scenario.ts';

const LONG_FAULTS = 300;
const SHORT_FAULTS = 3;
const SETTLED_MS = 60_000;

/** A dimmer that answers, and an action that is done once it is delivered. */
const DIMMER = DeviceMapping.parse({
  model: 'Dimmer',
  properties: [
    {
      name: 'brightness',
      schema: { type: 'integer', minimum: 0, maximum: 100 },
      target: {
        topic: 'cmnd/DIMMER',
        form: { kind: 'json', pointer: '/value' },
        confirmation: 'response',
      },
    },
  ],
  actions: [{ name: 'restart', topic: 'cmnd/Restart', payload: '1', confirmation: 'delivery' }],
  events: [],
});

interface Played extends StartedBrokers {
  /** Where a hub ends itself, in the midst of a command. */
  readonly crashPoint: (random: Random) => CrashPoint;
  readonly records: () => Promise<ReadonlyMap<string, StoredCommand>>;
}

export const deviceCommands: Scenario = {
  name: 'device-commands',
  description: 'a hub is killed, and devices are cut off, while they are sent commands by MQTT',
  longLimitMs: 3_600_000,
  play: async (context) => {
    const { cleanup } = context;
    const started = await startBrokers({ name: 'device-commands', hubs: 1, cleanup });
    const [hub] = started.hubs;
    if (!hub) throw new Error('no hub');
    const records = () => Promise.resolve(commandsIn(hub.database));
    // Between what it has stored of an end, and its report to whoever waits.
    const crashPoint = (random: Random): CrashPoint => ({
      stores: 'command.ended',
      when: random.pick(['before', 'after']),
    });
    return await play(context, { ...started, records, crashPoint });
  },
};

export const deviceCommandsOfTwo: Scenario = {
  name: 'device-commands-of-two',
  description: 'two hubs are killed in turn while devices move between them, and are sent commands',
  isLongOnly: true,
  longLimitMs: 3_600_000,
  obstacle: noPostgres,
  play: async (context) => {
    const { cleanup } = context;
    const { url } = await SharedDatabase.create(cleanup);
    const options = { name: 'device-commands-of-two', hubs: 2, database: url, cleanup };
    const started = await startBrokers(options);
    // Between what it has stored of a command, and its device.
    const crashPoint = (random: Random): CrashPoint => ({
      ...{ stage: STAGE.hubStored, skip: random.int(0, 5) },
      when: random.pick(['before', 'after']),
    });
    return await play(context, { ...started, records: () => commandsAt(url), crashPoint });
  },
};

async function play(context: ScenarioContext, played: Played): Promise<ScenarioResult> {
  const { isLong, scale, random, cleanup, say } = context;
  const { hubs, owner, siteId, brokers, records, crashPoint } = played;
  const faults = isLong ? scaled(LONG_FAULTS, scale) : SHORT_FAULTS;
  const units: UnitId[] = [];
  const devices: CommandDevice[] = [];
  for (let index = 0; index < 3; index += 1) {
    const clientId = `dimmer-${index}`;
    const body = { name: clientId, clientId, credential: { kind: 'password' } };
    const made = await owner.post(DeviceCredential, `/api/sites/${siteId}/devices`, body);
    if (made.secret.kind !== 'password') throw new Error('not a password');
    const endpoint = { kind: 'mqtt_device', deviceId: made.device.id, mapping: DIMMER };
    const unit = { name: clientId, endpoint };
    units.push((await owner.post(UnitView, `/api/sites/${siteId}/units`, unit)).id);
    const turned = index % 2 === 0 ? brokers : brokers.toReversed();
    const { password: secret } = made.secret;
    devices.push(
      new CommandDevice({
        ...{ brokers: turned, secret, clientId, cleanup },
        random: random.of(clientId),
      }),
    );
  }
  const scope = { name: 'load', scope: 'control' };
  const { secret } = await owner.post(TokenCreated, '/api/account/tokens', scope);
  const clients = hubs.map((hub) => new ApiClient({ url: hub.httpUrl, cleanup }).withToken(secret));
  const load = new DeviceLoad({
    ...{ clients, units, cleanup },
    random: random.of('load'),
    everyMs: 20,
  });
  for (let round = 0; round < faults; round += 1) {
    const before = load.accepted;
    await until('commands are accepted', () => load.accepted > before + 5, SETTLED_MS);
    const hub = hubs[round % hubs.length];
    if (round % 3 === 2) {
      for (const device of devices) if (device.isConnected) device.cut();
    } else if (hub && round % 3 === 1) {
      await hub.program.crashAt(crashPoint(random));
      await hub.program.ended(SETTLED_MS);
      await hub.program.start();
    } else if (hub) {
      await sleep(random.int(0, 150));
      await hub.program.kill();
      await hub.program.start();
    }
    if (round % 50 === 49) say(`${round + 1} faults, ${load.accepted} accepted`);
  }
  await load.stop();
  // What they have said nothing to is asked again, or given up.
  for (const device of devices) {
    device.isReliable = true;
    device.cut();
  }
  const isOpen = ({ state }: StoredCommand): boolean => !isFinal(state) && state !== 'timed_out';
  // What never ends is found below, one by one.
  await until(
    'all have ended',
    async () => [...(await records()).values()].every((row) => !isOpen(row)),
    SETTLED_MS + 15_000,
  ).catch(() => undefined);
  const { counts, violations } = checkDeviceCommands(load.requested, await records(), devices);
  const errors = hubs.flatMap(({ program }) => [...program.log.grep('"level":50')]);
  const connections = devices.reduce((sum, one) => sum + one.connections, 0);
  return {
    commands: counts,
    notes: [
      `${faults} kills and cuts, ${connections} connections of ${devices.length} devices, ${counts.repeated} sent again to another connection, as they may be`,
    ],
    violations: [...violations, ...errors.map((line) => `a hub said: ${line}`)].slice(0, 50),
  };
}

const Row = z.object({ id: z.string(), state: CommandState, code: z.string().nullable() });
const QUERY = 'select id, state, code from commands';

function byId(rows: readonly unknown[]): ReadonlyMap<string, StoredCommand> {
  return new Map(rows.map((row) => Row.parse(row)).map((row) => [row.id, row]));
}

function commandsIn(file: string): ReadonlyMap<string, StoredCommand> {
  const database = new Database(file, { readonly: true });
  try {
    return byId(database.prepare(QUERY).all());
  } finally {
    database.close();
  }
}

async function commandsAt(url: string): Promise<ReadonlyMap<string, StoredCommand>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return byId((await client.query(QUERY)).rows);
  } finally {
    await client.end();
  }
}
