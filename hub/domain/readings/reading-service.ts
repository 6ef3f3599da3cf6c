import type { ReadingsDropped, ReadingsRecorded } from '#protocol/hub-link/base-events.ts';
import { AppError } from '#protocol/errors.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Reading } from '#protocol/reading.ts';
import type { Owned } from '../units/owned-records.ts';
import { toInstant } from '#protocol/json.ts';
import { groupedBy } from '#platform/grouped-by.ts';
import type { ReportContext } from '../units/unit-reports.ts';
import type { UnitValues } from '../units/unit-values.ts';
import { propertyNamesOf } from '../../store/properties.ts';
import { settleDesiredAt } from '../../store/desired-values.ts';
import { putGap } from '../../store/reading-gaps.ts';
import { hourOf } from '../../store/dirty-hours.ts';
import { insertLateReadings } from '../../store/late-readings.ts';
import { type ReadingGroup, type ReadingRecord, insertReadings } from '../../store/readings.ts';
import type { Tx } from '../../store/schema.ts';
import type { UnitRecord } from '../../store/units.ts';
import { actorOf } from '../../kernel/telemetry-source.ts';
import type { Sparklines } from './sparklines.ts';

/** Names with a latest value of one unit: those of its description, and as many that none explains. */
const MAX_PROPERTIES = 2 * LIMITS.unitLink.affordances;

/** Stores readings with their times on the hub's clock, and shows them to the site. */
export class ReadingService {
  readonly #values: UnitValues;
  readonly #sparklines: Pick<Sparklines, 'changed'>;

  constructor(deps: {
    readonly values: UnitValues;
    readonly sparklines: Pick<Sparklines, 'changed'>;
  }) {
    this.#values = deps.values;
    this.#sparklines = deps.sparklines;
  }

  /** Storing the same readings again changes nothing. */
  async store(
    batch: ReadingsRecorded,
    context: ReportContext & { readonly unit: Owned<UnitRecord> },
  ): Promise<void> {
    const { unit, epoch, seq, hubTime, latestMs, work } = context;
    const { tx } = work;
    const actor = { kind: 'device', id: unit.id } as const;
    const accepted = await this.#accepted(tx, unit, batch.readings);
    const onHubTime = accepted.map((reading) => ({
      ...reading,
      measuredAtMs: hubTime(reading.measuredAtMs),
      receivedAtMs: hubTime(reading.receivedAtMs),
    }));
    const boot = Number.parseInt(batch.bootId, 16);
    const groups: ReadingGroup[] = [];
    const late: ReadingRecord[] = [];
    const inForce: string[] = [];
    const stored: { readonly name: string; readonly atMs: number }[] = [];
    for (const [name, readings] of groupedBy(onHubTime, ({ property }) => property)) {
      const latest = newestOf(readings);
      if (!latest) continue;
      const property = { unitKey: unit.key, name };
      const place = { sample: { boot, seq: latest.seq }, epoch, seq, latestMs };
      const state = { ...latest, place };
      const { key, isInForce, topSeqBefore } = await this.#values.put(work, unit, {
        ...{ name, state, actor },
      });
      if (isInForce) inForce.push(name);
      if (!isReadOnly(unit, name)) {
        if (await settleDesiredAt(tx, property, { ...latest, latestMs })) {
          work.valuesChanged(unit.siteId, unit.id);
        }
      }
      const { floorMs } = await work.readingsPlace(unit.siteId);
      const kept: ReadingRecord[] = [];
      let markedMs: number | undefined;
      for (const reading of readings) {
        // Text and colours have a latest value only.
        if (typeof reading.value === 'string') continue;
        const { measuredAtMs } = reading;
        stored.push({ name, atMs: measuredAtMs });
        const record = {
          propertyKey: key,
          boot,
          seq: reading.seq,
          measuredAtMs,
          receivedAtMs: reading.receivedAtMs,
          value: reading.value,
          clock: reading.clock,
        };
        if (measuredAtMs < floorMs) {
          late.push(record);
          continue;
        }
        kept.push(record);
        const hourMs = hourOf(measuredAtMs);
        if (hourMs !== markedMs) work.hourChanged({ propertyKey: key, hourMs });
        markedMs = hourMs;
      }
      if (kept.length === 0) continue;
      groups.push({ propertyKey: key, boot, topSeqBefore, readings: kept });
      const seqs = kept.map((reading) => reading.seq);
      work.readingsStored(unit.siteId, { propertyKey: key, boot, seqs });
    }
    await insertReadings(tx, groups);
    await insertLateReadings(tx, late);
    work.wake(() => {
      for (const { name, atMs } of stored)
        this.#sparklines.changed({ unitId: unit.id, name }, atMs);
    });
    work.live(unit.siteId, {
      name: 'readings.added',
      body: { unitId: unit.id, readings: onHubTime, inForce },
    });
  }

  /**
   * Readings of properties that the description names or once named: a base may be
   * behind. Besides these, a bounded number of undescribed names is accepted.
   */
  async #accepted(
    tx: Tx,
    unit: Owned<UnitRecord>,
    readings: readonly Reading[],
  ): Promise<readonly Reading[]> {
    const named = unit.description?.properties ?? {};
    const refused = new Set<string>();
    let kept: Set<string> | undefined;
    for (const { property } of readings) {
      if (Object.hasOwn(named, property)) continue;
      kept ??= await propertyNamesOf(tx, unit.key);
      if (!kept.has(property) && kept.size >= MAX_PROPERTIES) refused.add(property);
      else kept.add(property);
    }
    const accepted = readings.filter(({ property }) => !refused.has(property));
    if (accepted.length === 0) throw new AppError('affordance_unknown');
    return accepted;
  }

  /** Readings that will never come: the history shows where they would have been. */
  async dropped(
    report: ReadingsDropped,
    context: ReportContext & { readonly unit: Owned<UnitRecord> },
  ): Promise<void> {
    const { unit, hubTime, work, source } = context;
    const { unitId, ...dropped } = report;
    const ends = [hubTime(dropped.fromMs), hubTime(dropped.toMs)];
    const gap = { ...dropped, fromMs: Math.min(...ends), toMs: Math.max(...ends) };
    await putGap(work.tx, unit.key, gap);
    work.emit({
      site: unit.siteId,
      type: 'readings.gap_declared',
      actor: actorOf(source, unit.id),
      data: {
        unitId,
        unitName: unit.name,
        reason: gap.reason,
        from: toInstant(gap.fromMs),
        to: toInstant(gap.toMs),
        count: gap.count,
      },
    });
    work.live(unit.siteId, { name: 'readings.dropped', body: { unitId, gap } });
  }
}

/** By the unit's own count, which no clock can confuse. */
function newestOf(readings: readonly Reading[]): Reading | undefined {
  let newest: Reading | undefined;
  for (const reading of readings) {
    if (!newest || reading.seq >= newest.seq) newest = reading;
  }
  return newest;
}

function isReadOnly({ description }: UnitRecord, name: string): boolean {
  const properties = description?.properties ?? {};
  return Object.hasOwn(properties, name) && properties[name]?.readOnly === true;
}
