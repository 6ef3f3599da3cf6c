import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { pino } from 'pino';
import type { IssuedCommand } from '#protocol/command/command.ts';
import { CommandId, newId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { type BaseUnit, buildBaseUnit } from '../app.ts';
import { newPrivateKeyPem, readPrivateKey } from '../pairing/base-key.ts';
import { type Clock, systemClock } from '#platform/clock.ts';
import { BaseConfig } from '../config/config.ts';
import { openStore, type Store } from '../store/store.ts';
import { TcpTransport } from '../drivers/transport/tcp-transport.ts';
import type { UpdateListener } from '../updates/unit-update.ts';
import type { UpdateTimes } from '../updates/update-run.ts';
import type { FakeHub } from './fake-hub.ts';

/** Set SIGNALBOX_TEST_LOG=debug to see the base's log. */
export const testLog = pino({ level: process.env['SIGNALBOX_TEST_LOG'] ?? 'silent' });

export interface TestBaseOptions {
  readonly hub: FakeHub;
  readonly units?: { name: string; address: { host: string; port: number }; key?: string }[];
  readonly hubCa?: string;
  readonly folder?: string;
  readonly privateKeyPem?: string;
  readonly updateListener?: UpdateListener;
  readonly updateTimes?: UpdateTimes;
  readonly busyTimeoutMs?: number;
  readonly clock?: Clock;
}

export interface TestBase {
  readonly base: BaseUnit;
  readonly store: Store;
  /** Stops it, as a signal would. */
  readonly stop: () => Promise<void>;
}

/** A whole base that the fake hub knows, on real sockets and a real file. */
export async function startTestBase(options: TestBaseOptions, cleanup: Cleanup): Promise<TestBase> {
  const { hub, units = [], hubCa, folder, privateKeyPem, busyTimeoutMs } = options;
  const { updateListener, updateTimes } = options;
  const privateKey = readPrivateKey(privateKeyPem ?? newPrivateKeyPem());
  hub.publicKey = createPublicKey(privateKey);
  const data = folder ?? temporaryFolder(cleanup);
  const store = openStore({
    path: join(data, 'base.db'),
    ...(busyTimeoutMs === undefined ? {} : { busyTimeoutMs }),
  });
  const base = buildBaseUnit({
    store,
    privateKey,
    clock: options.clock ?? systemClock,
    random: () => 0.1,
    log: testLog,
    transport: new TcpTransport(systemClock),
    statusSocket: join(data, 'status.sock'),
    firmwareFolder: join(data, 'firmware'),
    ...(updateListener ? { updateListener } : {}),
    updateTimes,
    ...(hubCa === undefined ? {} : { hubCa }),
    config: BaseConfig.parse({
      hubUrl: hub.url,
      baseId: hub.baseId,
      siteId: hub.siteId,
      name: 'Test',
      units,
      sensorIntervalMs: 50,
      plainUnits: true,
    }),
  });
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    await base.close();
    store.close();
  };
  cleanup.add(stop);
  await base.start();
  return { base, store, stop };
}

/** A command as a hub issues it: switches the lamp on by default. */
export function issued(more: Partial<IssuedCommand> = {}): IssuedCommand {
  const now = Date.now();
  return {
    id: newId(CommandId),
    unitId: newId(UnitId),
    verb: 'invoke',
    operation: 'writeproperty',
    affordance: 'on',
    input: true,
    createdAt: toInstant(now),
    expiresAt: toInstant(now + 10_000),
    ...more,
  };
}
