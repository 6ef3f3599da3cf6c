import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Command } from '#protocol/command/command.ts';
import { BaseView, ClaimCodeCreated } from '#protocol/http/bases.ts';
import { SessionView, SiteView } from '#protocol/http/accounts.ts';
import { UnitView } from '#protocol/http/units.ts';
import type { BaseId, SiteId, UnitId } from '#protocol/ids.ts';
import { REPOSITORY } from '../../architecture/source.ts';
import { ApiClient } from '../../harness/api-client.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { newKeyFile } from '../../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { FaultHub } from '../programs/hub.ts';
import { Program } from '../programs/program.ts';
import { pairBase } from '../../../base-unit/main.ts';
import { run } from './namespaces.ts';
import { HUB_ADDRESS, type SiteNetwork, unitAddress } from './site-network.ts';

const SIGNALBOX = join(REPOSITORY, 'bin/signalbox.js');
const UNIT_PORT = 8888;
const READY_MS = 60_000;

export interface SiteUnit {
  readonly id: UnitId;
  readonly member: string;
  readonly keyFile: string;
  process: ChildProcess;
}

/** Real programs, each in the network namespace of its machine. This process is in that of the hub. */
export interface SiteFixture {
  readonly network: SiteNetwork;
  readonly hub: FaultHub;
  readonly base: Program;
  readonly baseData: string;
  readonly baseId: BaseId;
  readonly siteId: SiteId;
  readonly api: ApiClient;
  readonly units: readonly SiteUnit[];
}

export async function startSite(options: {
  readonly network: SiteNetwork;
  readonly name: string;
  readonly kinds: readonly ('lamp' | 'light_sensor')[];
  readonly cleanup: Cleanup;
}): Promise<SiteFixture> {
  const { network, name, kinds, cleanup } = options;
  const logs = join(REPOSITORY, 'build/faults', `network-${name}`);
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const folder = temporaryFolder(cleanup);
  const hub = new FaultHub({
    data: join(folder, 'hub'),
    httpsPort: 8443,
    httpPort: 8080,
    logPath: join(logs, 'hub.log'),
    args: ['--https-host', '0.0.0.0'],
    cleanup,
  });
  await hub.program.start();
  const api = new ApiClient({ url: hub.url, ca: hub.ca, cleanup });
  await api.post(SessionView, '/api/sign-up', {
    email: 'faults@example.com',
    name: 'Ada',
    password: 'a lamp in the window',
    setupCode: await hub.setupCode(),
  });
  const { sites } = await api.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
  const [{ id: siteId } = { id: undefined }] = sites;
  if (siteId === undefined) throw new Error('the first account has no site');
  const path = `/api/sites/${siteId}/claim-codes`;
  const { code } = await api.post(ClaimCodeCreated, path, { baseName: 'Site' });
  const baseData = join(folder, 'base');
  const paired = await pairBase([`https://${HUB_ADDRESS}:8443`, code, '--data', baseData]);
  if (paired !== 0) throw new Error(`pairing ended with ${paired}`);
  const base = new Program({
    name: 'the base',
    args: ['base', 'run', '--data', baseData, '--log-level', 'debug'],
    logPath: join(logs, 'base.log'),
    sign: '"msg":"base ready"',
    enter: network.enter('base'),
    cleanup,
  });
  await base.start();
  const { bases } = await api.get(
    z.object({ bases: z.array(BaseView) }),
    `/api/sites/${siteId}/snapshot`,
  );
  const [{ id: baseId } = { id: undefined }] = bases;
  if (baseId === undefined) throw new Error('the base is not there');
  const fixture = { network, hub, base, baseData, baseId, siteId, api };
  const units: SiteUnit[] = [];
  for (const [index, kind] of kinds.entries()) {
    units.push(await startUnit(fixture, { kind, index, logs, cleanup }));
  }
  const all = { ...fixture, units };
  for (const { id } of units) await unitReady(all, id);
  return all;
}

async function startUnit(
  fixture: Omit<SiteFixture, 'units'>,
  wanted: {
    readonly kind: 'lamp' | 'light_sensor';
    readonly index: number;
    readonly logs: string;
    readonly cleanup: Cleanup;
  },
): Promise<SiteUnit> {
  const { kind, index, logs, cleanup } = wanted;
  const member = `unit${index}`;
  const host = unitAddress(index + 10);
  fixture.network.member(member, host, cleanup);
  const keyFile = newKeyFile(temporaryFolder(cleanup));
  const output = openSync(join(logs, `${member}.log`), 'a');
  const [enter = '', ...args] = fixture.network.enter(member);
  const process_ = spawn(
    enter,
    [
      ...args,
      ...[process.execPath, SIGNALBOX, 'unit', 'run', '--unit', kind, '--id', `${kind}-${index}`],
      ...['--bind', '0.0.0.0', '--port', String(UNIT_PORT), '--key-file', keyFile, '--announce'],
    ],
    { cwd: REPOSITORY, stdio: ['ignore', output, output] },
  );
  closeSync(output);
  cleanup.add(() => process_.kill('SIGTERM'));
  const { id } = await fixture.api.post(UnitView, `/api/sites/${fixture.siteId}/units`, {
    name: member,
    endpoint: { kind: 'base', baseId: fixture.baseId, address: { host, port: UNIT_PORT } },
  });
  const giveKey = [process.execPath, SIGNALBOX, 'base', 'unit-key', id, '--key-file', keyFile];
  await until('the base has the unit, and its key', async () => {
    try {
      run([...fixture.network.enter('base'), ...giveKey, '--data', fixture.baseData]);
      return true;
    } catch {
      await sleep(200);
      return false;
    }
  });
  return { id, member, keyFile, process: process_ };
}

async function unitReady(fixture: SiteFixture, id: UnitId): Promise<void> {
  await until(
    'the unit is ready',
    async () => (await fixture.api.get(UnitView, `/api/units/${id}`)).presence.state === 'ready',
    READY_MS,
  );
}

/** Commands one after the other until one succeeds, for a while; the last of them. */
export async function unitServed(fixture: SiteFixture, unit: SiteUnit): Promise<Done> {
  const startedAtMs = performance.now();
  for (;;) {
    const done = await command(fixture, unit, 15);
    if (done.state === 'succeeded' || performance.now() - startedAtMs > READY_MS) return done;
    await sleep(500);
  }
}

export interface Done {
  readonly state: string;
  readonly durationMs: number;
}

/**
 * Sends a command.
 *
 * @returns the time until its end is known
 */
export async function command(fixture: SiteFixture, unit: SiteUnit, waitS = 30): Promise<Done> {
  const startedAtMs = performance.now();
  const answer = await fixture.api.send('POST', `/api/units/${unit.id}/commands`, {
    headers: { prefer: `wait=${waitS}` },
    body: { verb: 'invoke', affordance: 'freeHeap' },
  });
  const durationMs = performance.now() - startedAtMs;
  const parsed = Command.safeParse(JSON.parse(answer.text));
  return { state: parsed.data?.state ?? answer.text.slice(0, 200), durationMs };
}
