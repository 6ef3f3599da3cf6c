import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SessionView, SiteView } from '#protocol/http/accounts.ts';
import { BaseView, ClaimCodeCreated } from '#protocol/http/bases.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { UnitView } from '#protocol/http/units.ts';
import type { BaseId, SiteId } from '#protocol/ids.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import { REPOSITORY } from '../architecture/source.ts';
import { ApiClient } from '../harness/api-client.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { temporaryFolder } from '#platform/testing/cleanup.ts';
import { freePorts } from '../harness/free-ports.ts';
import { SystemUnit } from '../harness/system-unit.ts';
import { type UnitKind, UnitProcess } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { FaultBase } from './programs/base.ts';
import { FaultHub } from './programs/hub.ts';
import type { FaultUnit } from './programs/unit.ts';
import { FaultProxy } from './proxy/fault-proxy.ts';
import { UnitTap } from './proxy/unit-tap.ts';

/** Dozens of units at once take a while. */
const READY_MS = 90_000;

export interface FixtureOptions {
  /** Names the folder of the logs: build/faults/<name>. */
  readonly name: string;
  readonly lamps: number;
  readonly sensors: number;
  /** Pace of the sensors. */
  readonly sensorPeriodMs?: number;
  /** Units that the base's own configuration names. */
  readonly declared?: readonly { readonly name: string; readonly address: UnitAddress }[];
  /** In place of a temporary folder. */
  readonly hubData?: string;
  readonly baseData?: string;
  readonly hubArgs?: readonly string[];
  readonly hubEnv?: Readonly<Record<string, string>>;
  readonly baseEnv?: Readonly<Record<string, string>>;
  readonly unitEnv?: Readonly<Record<string, string>>;
  readonly cleanup: Cleanup;
}

/** A hub, a base and units as processes, with bad network between them. */
export interface FaultFixture {
  /** The owner, on a good line to the hub. */
  readonly api: ApiClient;
  /** On that line: it can lead to another hub. */
  readonly front: FaultProxy;
  readonly hub: FaultHub;
  /** Between base and hub. */
  readonly link: FaultProxy;
  readonly base: FaultBase;
  readonly baseId: BaseId;
  readonly siteId: SiteId;
  readonly units: readonly FaultUnit[];
  readonly cleanup: Cleanup;
}

export function lampsOf(fixture: FaultFixture): FaultUnit[] {
  return fixture.units.filter(({ process }) => process.kind === 'lamp');
}

export function sensorsOf(fixture: FaultFixture): FaultUnit[] {
  return fixture.units.filter(({ process }) => process.kind === 'light_sensor');
}

/** Readings that the sensors have sent. */
export function sentCount(fixture: FaultFixture): number {
  return sensorsOf(fixture).reduce((sum, { tap }) => sum + tap.sent.length, 0);
}

export async function startFixture(options: FixtureOptions): Promise<FaultFixture> {
  const { cleanup, name, lamps, sensors, hubEnv, baseEnv, unitEnv = {} } = options;
  const periodMs = options.sensorPeriodMs ?? 50;
  const logs = join(REPOSITORY, 'build/faults', name);
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const folder = temporaryFolder(cleanup);
  const [httpsPort = 0, httpPort = 0] = await freePorts(2);
  const hub = new FaultHub({
    data: options.hubData ?? join(folder, 'hub'),
    httpsPort,
    httpPort,
    logPath: join(logs, 'hub.log'),
    cleanup,
    ...(options.hubArgs === undefined ? {} : { args: options.hubArgs }),
    ...(hubEnv === undefined ? {} : { env: hubEnv }),
  });
  await hub.program.start();
  const front = new FaultProxy({ target: { host: '127.0.0.1', port: httpsPort }, cleanup });
  await front.start();
  const { api, siteId } = await signUp(hub, front, cleanup);
  const link = new FaultProxy({ target: { host: '127.0.0.1', port: httpsPort }, cleanup });
  await link.start();
  const base = new FaultBase({
    data: options.baseData ?? join(folder, 'base'),
    logPath: join(logs, 'base.log'),
    sensorIntervalMs: 0,
    cleanup,
    ...(baseEnv === undefined ? {} : { env: baseEnv }),
  });
  const baseId = await pairAndStart(base, { api, siteId, link, declared: options.declared ?? [] });
  const kinds: UnitKind[] = [
    ...Array.from({ length: lamps }, () => 'lamp' as const),
    ...Array.from({ length: sensors }, () => 'light_sensor' as const),
  ];
  const units = await Promise.all(
    kinds.map((kind, index) =>
      startUnit({ kind, index, periodMs, env: unitEnv }, { api, siteId, baseId, cleanup }),
    ),
  );
  await Promise.all(units.map(({ id }) => new SystemUnit(api, id).ready(READY_MS)));
  return { api, front, hub, link, base, baseId, siteId, units, cleanup };
}

/** The first account; its session survives the hub. */
async function signUp(
  hub: FaultHub,
  front: FaultProxy,
  cleanup: Cleanup,
): Promise<{ readonly api: ApiClient; readonly siteId: SiteId }> {
  const owner = new ApiClient({
    url: `https://127.0.0.1:${front.port}`,
    ca: hub.ca,
    cleanup,
  });
  await owner.post(SessionView, '/api/sign-up', {
    email: 'faults@example.com',
    name: 'Ada',
    password: 'a lamp in the window',
    setupCode: await hub.setupCode(),
  });
  const { sites } = await owner.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
  const [site] = sites;
  if (site === undefined) throw new Error('the first account has no site');
  return { api: owner, siteId: site.id };
}

async function pairAndStart(
  base: FaultBase,
  {
    api,
    siteId,
    link,
    declared,
  }: {
    readonly api: ApiClient;
    readonly siteId: SiteId;
    readonly link: FaultProxy;
    readonly declared: NonNullable<FixtureOptions['declared']>;
  },
): Promise<BaseId> {
  const path = `/api/sites/${siteId}/claim-codes`;
  const { code } = await api.post(ClaimCodeCreated, path, { baseName: 'Site' });
  await base.pair(`https://127.0.0.1:${link.port}`, code);
  base.declare(declared);
  await base.program.start();
  const { bases } = await api.get(SiteSnapshot, `/api/sites/${siteId}/snapshot`);
  const [{ id } = { id: undefined }] = bases;
  if (id === undefined) throw new Error('the base is not there');
  await baseOnline(api, id);
  return id;
}

/** Waits until the hub holds the base to be online. */
export async function baseOnline(
  api: ApiClient,
  baseId: BaseId,
  timeoutMs = 60_000,
): Promise<void> {
  await until(
    'the base is online',
    async () => (await api.get(BaseView, `/api/bases/${baseId}`)).presence.state === 'online',
    timeoutMs,
  );
}

async function startUnit(
  wanted: {
    readonly kind: UnitKind;
    readonly index: number;
    readonly periodMs: number;
    readonly env: Readonly<Record<string, string>>;
  },
  site: {
    readonly api: ApiClient;
    readonly siteId: SiteId;
    readonly baseId: BaseId;
    readonly cleanup: Cleanup;
  },
): Promise<FaultUnit> {
  const { kind, index, periodMs, env } = wanted;
  const { api, siteId, baseId, cleanup } = site;
  const process = new UnitProcess({
    kind,
    id: `${kind}-${index}`,
    implementation: 'firmware',
    args: ['--illuminance-period-ms', String(periodMs), '--seed', String(index + 1)],
    env,
    cleanup,
  });
  await process.start();
  const tap = new UnitTap();
  const proxy = new FaultProxy({
    target: { host: '127.0.0.1', port: process.port },
    inspect: () => tap.inspector(),
    cleanup,
  });
  await proxy.start();
  const { id } = await api.post(UnitView, `/api/sites/${siteId}/units`, {
    name: process.id,
    endpoint: { kind: 'base', baseId, address: { host: '127.0.0.1', port: proxy.port } },
  });
  return { id, process, proxy, tap };
}
