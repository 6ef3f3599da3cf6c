import type { Role } from '#protocol/access/roles.ts';
import { FirmwareView, RolloutDetails } from '#protocol/http/firmware.ts';
import type { UpdateChanged } from '#protocol/hub-link/base-events.ts';
import type { RolloutId, UnitId } from '#protocol/ids.ts';
import { RolloutView } from '#protocol/rollout/rollout.ts';
import type { UpdateOrder } from '#protocol/rollout/update-order.ts';
import type { FakeBase } from './fake-base.ts';
import { FirmwareMaker } from './firmware-file.ts';
import type { HubClient } from './hub-client.ts';
import { type LampSite, addUnit, startLampSite } from './lamp-site.ts';
import { type Owner, PASSWORD, type TestHub, type TestHubOptions, invite } from './test-hub.ts';
import { describedLamp } from './things.ts';
import { until } from '#platform/testing/until.ts';

/** A site with online lamps, and firmware for them. */
export interface RolloutSite extends LampSite {
  readonly unitIds: readonly UnitId[];
  readonly firmware: FirmwareView;
}

export async function startRolloutSite(
  count: number,
  options: TestHubOptions & { readonly online?: boolean } = {},
): Promise<RolloutSite> {
  const site = await startLampSite(options);
  const unitIds = [site.unitId];
  for (let index = 1; index < count; index += 1) {
    const { id } = await addUnit(site, `192.0.2.${10 + index}`);
    await site.base.send({
      type: 'unit.described',
      data: describedLamp(id, { hardwareId: `lamp-${index}` }),
    });
    unitIds.push(id);
  }
  for (const unitId of unitIds) await comesBack(site.base, unitId);
  const maker = await FirmwareMaker.create();
  const firmware = await uploadFirmware(site.owner, await maker.file());
  return { ...site, unitIds, firmware };
}

export async function uploadFirmware(owner: Owner, file: Uint8Array): Promise<FirmwareView> {
  return await owner.client.request(FirmwareView, {
    path: `/api/sites/${owner.siteId}/firmware`,
    raw: file,
    headers: { 'content-type': 'application/octet-stream' },
  });
}

export async function addMember(
  hub: TestHub,
  owner: Owner,
  role: Role = 'member',
): Promise<HubClient> {
  const invitation = await invite(owner, role);
  const client = hub.client();
  await client.done({
    path: '/api/sign-up',
    body: {
      email: `mo${Math.random()}@example.org`,
      name: 'Mo',
      password: PASSWORD,
      invitation,
    },
  });
  return client;
}

async function comesBack(base: FakeBase, unitId: UnitId): Promise<void> {
  const atMs = Date.now();
  await base.send({
    type: 'unit.presence',
    data: { unitId, state: 'ready', atMs, lastContactAtMs: atMs },
  });
}

export async function startRollout(site: RolloutSite, plan: object = {}): Promise<RolloutView> {
  return await site.owner.client.request(RolloutView, {
    path: `/api/sites/${site.owner.siteId}/rollouts`,
    body: { firmwareId: site.firmware.id, soakMs: 0, ...plan },
  });
}

export async function rolloutOf(site: RolloutSite, id: RolloutId): Promise<RolloutDetails> {
  return await site.owner.client.request(RolloutDetails, { path: `/api/rollouts/${id}` });
}

/** Once the rollout is as it is waited for. */
export async function untilRollout(
  site: RolloutSite,
  id: RolloutId,
  fits: (details: RolloutDetails) => boolean,
): Promise<RolloutDetails> {
  return await until('the rollout', async () => {
    const details = await rolloutOf(site, id);
    return fits(details) ? details : undefined;
  });
}

/** The order for the unit, in the newest entry about it. */
export function orderAtBase(base: FakeBase, unitId: UnitId): UpdateOrder | undefined {
  for (const entry of [...base.entries].reverse()) {
    if (entry.type !== 'units.assigned') continue;
    const unit = entry.data.units.find((one) => one.unitId === unitId);
    if (unit) return unit.update;
  }
  return undefined;
}

export async function nextOrder(base: FakeBase, unitId: UnitId): Promise<UpdateOrder> {
  return await until('an order', () => orderAtBase(base, unitId));
}

/** The base's report on an order. */
export function updateChanged(
  unitId: UnitId,
  { updateId, fileBytes }: UpdateOrder,
  change: Partial<UpdateChanged> = {},
): { type: 'update.changed'; data: UpdateChanged } {
  return {
    type: 'update.changed',
    data: {
      updateId,
      unitId,
      state: 'confirmed',
      doneBytes: 0,
      totalBytes: fileBytes,
      code: null,
      atMs: Date.now(),
      ...change,
    },
  };
}
