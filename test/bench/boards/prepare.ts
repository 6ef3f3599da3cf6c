import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InvitationCreated, SessionView, SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import { UnitView } from '#protocol/http/units.ts';
import { SiteId, UnitId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';
import { LAMP, describedLamp } from '../../../hub/testing/things.ts';
import { SpeakingBase, signUpWithSite } from '../../attacks/speaking-base.ts';
import { ApiClient } from '../../harness/api-client.ts';
import { CleanupStack } from '#platform/testing/cleanup.ts';
import { startHub } from './hub.ts';
import { seedReadings } from './seed-readings.ts';

/** People who read at the same time: more requests than one person may have in flight. */
const READERS = 6;
/** Read-only numbers of the unit, each with a line on the board. */
export const PROPERTIES = ['temperature', 'humidity', 'pressure', 'illuminance'] as const;

const Prepared = z.object({
  siteId: SiteId,
  unitId: UnitId,
  otherSiteId: SiteId,
  /**
   * API tokens that read: of the owner, of another member, of somebody with a site of their own.
   */
  tokens: z.object({ owner: z.string(), member: z.string(), otherUser: z.string() }),
  /** API tokens of members who read histories. */
  readers: z.array(z.string()),
});
export type Prepared = z.infer<typeof Prepared>;

/**
 * A data folder with two sites, one of which has a unit with a long history. One that
 * is there already is used again: to fill it takes minutes.
 */
export async function prepare(folder: string, readings: number): Promise<Prepared> {
  const file = join(folder, 'prepared.json');
  if (existsSync(file)) return Prepared.parse(JSON.parse(readFileSync(file, 'utf8')));
  const cleanup = new CleanupStack();
  let prepared: Prepared;
  try {
    prepared = await people(folder, cleanup);
  } finally {
    // Nobody else may have the file open while it is filled.
    await cleanup.run();
  }
  seedReadings({ folder, unitId: prepared.unitId, properties: PROPERTIES, readings });
  writeFileSync(file, JSON.stringify(prepared), { mode: 0o600 });
  return prepared;
}

async function people(folder: string, cleanup: CleanupStack): Promise<Prepared> {
  const hub = await startHub(folder, cleanup);
  const owner = new ApiClient({ url: hub.url, cleanup });
  await owner.post(SessionView, '/api/sign-up', {
    ...{ email: 'ada@example.org', name: 'Ada', password: 'a lamp in the window' },
    setupCode: hub.setupCode,
  });
  const { sites } = await owner.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
  const siteId = sites[0]?.id;
  if (siteId === undefined) throw new Error('the owner has no site');
  const unitId = await addSensor(owner, siteId);
  const members: string[] = [];
  for (let index = 0; index <= READERS; index += 1) {
    members.push(await tokenOf(await joinAsMember(owner, siteId, index)));
  }
  const [member = '', ...readers] = members;
  const otherUser = await signUpWithSite(owner, 'Grace');
  await addSensor(otherUser.api, otherUser.siteId);
  return {
    siteId,
    unitId,
    otherSiteId: SiteId.parse(otherUser.siteId),
    tokens: { owner: await tokenOf(owner), member, otherUser: await tokenOf(otherUser.api) },
    readers,
  };
}

async function joinAsMember(owner: ApiClient, siteId: string, index: number): Promise<ApiClient> {
  const path = `/api/sites/${siteId}/invitations`;
  const { code } = await owner.post(InvitationCreated, path, { role: 'member' });
  const member = owner.anonymous();
  await member.post(SessionView, '/api/sign-up', {
    ...{ email: `bo${index}@example.org`, name: 'Bo', password: 'a lamp in the window' },
    invitation: code,
  });
  return member;
}

async function tokenOf(api: ApiClient): Promise<string> {
  const wanted = { name: 'bench', scope: 'read' };
  return (await api.post(TokenCreated, '/api/account/tokens', wanted)).secret;
}

/** A unit whose properties have a latest value each. */
async function addSensor(owner: ApiClient, siteId: string): Promise<UnitId> {
  const base = await SpeakingBase.pair(owner, siteId);
  const { id: unitId } = await owner.post(UnitView, `/api/sites/${siteId}/units`, {
    ...{
      name: 'Sensor',
      endpoint: { kind: 'base', baseId: base.raw.id, address: { host: '192.0.2.10', port: 8888 } },
    },
  });
  const { temperature } = LAMP.properties;
  if (!temperature) throw new Error('a lamp has a temperature');
  const described = PROPERTIES.map((name, index) => {
    return [name, { ...temperature, 'sb:pid': index + 1 }] as const;
  });
  const description = {
    ...LAMP,
    properties: Object.fromEntries(described),
    'sb:schemaHash': 'fedcba9876543210',
  };
  const atMs = Date.now();
  const readings = PROPERTIES.map((property, seq): Reading => {
    return { property, value: 20, measuredAtMs: atMs, receivedAtMs: atMs, clock: 'synced', seq };
  });
  const { refused } = await base.send(
    { type: 'unit.described', data: describedLamp(unitId, { description }) },
    { type: 'readings.recorded', data: { unitId, bootId: '00000001', readings } },
  );
  if (refused.length > 0) throw new Error(JSON.stringify(refused));
  return unitId;
}
