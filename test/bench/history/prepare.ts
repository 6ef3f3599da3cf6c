import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { systemClock } from '#platform/clock.ts';
import { DeviceId, newId, UnitId } from '#protocol/ids.ts';
import { RollUps } from '../../../hub/domain/readings/roll-ups.ts';
import { ActorNames } from '../../../hub/store/actor-names.ts';
import type { Store } from '../../../hub/store/engine/store.ts';
import { insertSite } from '../../../hub/store/sites.ts';
import { UnitOfWork } from '../../../hub/store/unit-of-work.ts';
import { insertUnit } from '../../../hub/store/units.ts';
import { fill } from './fill.ts';
import { historyReads } from './history-reads.ts';
import { SPANS } from './spans.ts';

const Prepared = z.object({
  unitId: UnitId,
  readings: z.number(),
  lastMs: z.number(),
  /** By the name of a span, in milliseconds, before anything was rolled up; null: not whole in time. */
  fromReadings: z.record(z.string(), z.number().nullable()),
  rollUpSeconds: z.number(),
});
export type Prepared = z.infer<typeof Prepared>;

/**
 * Fills a database, reads its history, and rolls it up as an earlier installation's is. What
 * `folder` has from an earlier run is used again, since this takes from minutes to half an hour.
 */
export async function prepare(
  store: Store,
  options: { readonly folder: string; readonly readings: number; readonly log: Logger },
): Promise<Prepared> {
  const { folder, readings, log } = options;
  const file = join(folder, 'prepared.json');
  if (existsSync(file)) return Prepared.parse(JSON.parse(readFileSync(file, 'utf8')));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const clock = systemClock;
  const unitOfWork = new UnitOfWork({
    ...{ writer: store.writer, clock, log },
    names: new ActorNames(),
  });
  const unitId = newId(UnitId);
  await unitOfWork.run(async ({ tx }) => {
    const site = await insertSite(tx, 'Home', clock.nowMs());
    const unit = { id: unitId, siteId: site.id, name: 'Sensor', place: '', createdAtMs: 1 };
    const endpoint = { kind: 'mqtt_device', deviceId: newId(DeviceId) } as const;
    await insertUnit(tx, { ...unit, endpoint });
  }, 'bench');
  const lastMs = clock.nowMs();
  await fill(store, { readings, lastMs });
  const read = await historyReads(store, { unitId, toMs: lastMs });
  const fromReadings: Prepared['fromReadings'] = {};
  for (const { name, spanMs } of SPANS) {
    const { ms, isWhole } = await read(spanMs);
    fromReadings[name] = isWhole ? ms : null;
  }
  const begunMs = performance.now();
  const rollUps = new RollUps({ ...store, unitOfWork, clock, log });
  while (await rollUps.runPiece());
  const rollUpSeconds = (performance.now() - begunMs) / 1_000;
  const prepared = { unitId, readings, lastMs, fromReadings, rollUpSeconds };
  writeFileSync(file, JSON.stringify(prepared), { mode: 0o600 });
  return prepared;
}
