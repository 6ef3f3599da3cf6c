import { describe, expect, it } from 'vitest';
import { Actor } from '#protocol/events/actor.ts';
import { DeviceId, Epoch, UnitId, newId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import type { TelemetrySource } from '../kernel/telemetry-source.ts';
import { insertUnit } from '../store/units.ts';
import { ModelHub, furnishFolder } from '../testing/model/model-hub.ts';
import { describedLamp } from '../testing/things.ts';
import type { UnitReport } from './telemetry-intake.ts';

/** A unit that connects to the hub itself, and a hub that no such device can reach yet. */
async function deviceAtHub() {
  const { folder, siteId, baseId, unitIds } = await furnishFolder(temporaryFolder(atTestEnd));
  const hub = await ModelHub.open(folder);
  atTestEnd.add(() => hub.close());
  const { unitOfWork, telemetry, views, commands } = hub.services;
  const [unitId, deviceId] = [newId(UnitId), newId(DeviceId)];
  const unit = { id: unitId, siteId, name: 'Thermometer', place: '', createdAtMs: 1 };
  const endpoint = { kind: 'mqtt_device', deviceId } as const;
  await unitOfWork.run(({ tx }) => insertUnit(tx, { ...unit, endpoint }), 'test');
  const source: TelemetrySource = { kind: 'mqtt_device', id: deviceId };
  const epoch = newId(Epoch);
  let seq = 0;
  const report = async (body: UnitReport, from: TelemetrySource = source) =>
    unitOfWork.run(
      (work) =>
        telemetry.accept(body, {
          ...{ source: from, epoch, seq: (seq += 1), work },
          ...{ hubTime: (atMs) => atMs, latestMs: hub.clock.nowMs(), clock: 'synced' },
        }),
      'test',
    );
  const actors = async () => {
    const events = hub.db.selectFrom('site_events').select(['type', 'actor']);
    const rows = await events.where('unit_id', '=', unitId).orderBy('rev').execute();
    return rows.map(({ type, actor }) => [type, Actor.parse(JSON.parse(actor))]);
  };
  return { hub, report, actors, views, commands, unitId, deviceId, baseId, unitIds };
}

describe('a unit that is a device of its own', () => {
  it('is described, there, measures and has events by the same reports as one behind a base', async () => {
    const { hub, report, actors, views, unitId, deviceId } = await deviceAtHub();
    const atMs = hub.clock.nowMs();
    await report({ type: 'unit.described', data: describedLamp(unitId) });
    await report({
      type: 'unit.presence',
      data: { unitId, state: 'ready', atMs, lastContactAtMs: atMs },
    });
    const reading: Reading = {
      ...{ property: 'brightness', value: 40, seq: 1, clock: 'synced' },
      ...{ measuredAtMs: atMs, receivedAtMs: atMs },
    };
    await report({
      type: 'readings.recorded',
      data: { unitId, bootId: '00000001', readings: [reading] },
    });
    expect(await views.one(unitId)).toMatchObject({
      endpoint: { kind: 'mqtt_device', deviceId },
      presence: { state: 'ready' },
      reported: { brightness: { value: 40 } },
    });
    const device = { kind: 'device', id: unitId };
    expect(await actors()).toEqual([
      ['unit.changed', device],
      ['unit.presence_changed', device],
      ['property.changed', device],
    ]);
  });

  it('speaks for itself alone, and no base for it', async () => {
    const { hub, report, unitId, baseId, unitIds } = await deviceAtHub();
    const atMs = hub.clock.nowMs();
    const gone = (id: UnitId): UnitReport => ({
      type: 'unit.presence',
      data: { unitId: id, state: 'lost', atMs, lastContactAtMs: null },
    });
    const foreign = { code: 'event_foreign' };
    for (const id of unitIds) await expect(report(gone(id))).rejects.toMatchObject(foreign);
    const base = { kind: 'base', id: baseId } as const;
    const another = { kind: 'mqtt_device', id: newId(DeviceId) } as const;
    for (const from of [base, another]) {
      await expect(report(gone(unitId), from)).rejects.toMatchObject(foreign);
    }
  });

  it('gets no command while nothing says how its messages are written, and keeps none of it', async () => {
    const { hub, report, commands, unitId } = await deviceAtHub();
    await report({ type: 'unit.described', data: describedLamp(unitId) });
    const request = { verb: 'set', affordance: 'brightness', input: 40 } as const;
    const issued = commands.issue({
      ...{ unit: await hub.unit(unitId), request, issuedBy: 'user:test', account: 'test' },
    });
    await expect(issued).rejects.toMatchObject({ code: 'unit_undescribed' });
    expect(await hub.db.selectFrom('commands').select('id').execute()).toEqual([]);
  });
});
