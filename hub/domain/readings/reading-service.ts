import type { ReadingsDropped, ReadingsTaken } from '#protocol/hub-link/base-events.ts';
import type { Epoch } from '#protocol/ids.ts';
import { AppError } from '#protocol/errors.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { ClockQuality, Reading } from '#protocol/reading.ts';
import type { Owned } from '../units/owned-rows.ts';
import type { Publisher } from '../../kernel/publisher.ts';
import type { AfterCommit } from '../../store/after-commit.ts';
import { propertyNamesOf, putReported, settleDesiredAt } from '../../store/properties.ts';
import { putGap } from '../../store/reading-gaps.ts';
import { insertReadings } from '../../store/readings.ts';
import type { ReadingsTable, Tx } from '../../store/schema.ts';
import type { UnitRecord } from '../../store/units.ts';

/** Names with a latest value of one unit: those of its description, and as many that none explains. */
const MAX_PROPERTIES = 2 * LIMITS.unitLink.affordances;
const CLOCKS: Readonly<Record<ClockQuality, number>> = { synced: 0, 'free-running': 1, none: 2 };

/** Stores readings with their times on the hub's clock, and tells the site. */
export class ReadingService {
  readonly #publisher: Publisher;

  constructor(deps: { readonly publisher: Publisher }) {
    this.#publisher = deps.publisher;
  }

  /** Storing the same readings again changes nothing. */
  async store(
    tx: Tx,
    taken: ReadingsTaken,
    context: {
      readonly unit: Owned<UnitRecord>;
      readonly epoch: Epoch;
      readonly seq: number;
      readonly hubTime: (atMs: number) => number;
      readonly latestMs: number;
      readonly after: AfterCommit;
    },
  ): Promise<void> {
    const { unit, epoch, seq, hubTime, latestMs, after } = context;
    const accepted = await this.#accepted(tx, unit, taken.readings);
    const told = accepted.map((reading) => ({
      ...reading,
      measuredAtMs: hubTime(reading.measuredAtMs),
      receivedAtMs: hubTime(reading.receivedAtMs),
    }));
    const boot = Number.parseInt(taken.bootId, 16);
    const rows: ReadingsTable[] = [];
    const inForce: string[] = [];
    for (const [name, readings] of byProperty(told)) {
      const latest = newestOf(readings);
      if (!latest) continue;
      const property = { unitKey: unit.key, name };
      const place = { sample: { boot, seq: latest.seq }, epoch, seq, latestMs };
      const { key, isInForce } = await putReported(tx, property, { ...latest, place });
      if (isInForce) inForce.push(name);
      if (!isReadOnly(unit, name)) {
        if (await settleDesiredAt(tx, property, { ...latest, latestMs }))
          after.valuesChanged(unit.id);
      }
      for (const reading of readings) {
        // Text and colours have a latest value only.
        if (typeof reading.value === 'string') continue;
        rows.push({
          property_key: key,
          boot,
          seq: reading.seq,
          measured_at: reading.measuredAtMs,
          received_at: reading.receivedAtMs,
          value: Number(reading.value),
          clock: CLOCKS[reading.clock],
        });
      }
    }
    await insertReadings(tx, rows);
    after.do(() => {
      this.#publisher.publish(unit.siteId, 'readings.added', {
        unitId: unit.id,
        readings: told,
        inForce,
      });
    });
  }

  /**
   * Readings of what the description names, or named once: a base may be behind with them.
   * So many names that no description explains have room beside these, and no more.
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
    tx: Tx,
    report: ReadingsDropped,
    context: {
      readonly unit: Owned<UnitRecord>;
      readonly hubTime: (atMs: number) => number;
      readonly after: AfterCommit;
    },
  ): Promise<void> {
    const { unit, hubTime, after } = context;
    const { unitId, ...dropped } = report;
    const ends = [hubTime(dropped.fromMs), hubTime(dropped.toMs)];
    const gap = { ...dropped, fromMs: Math.min(...ends), toMs: Math.max(...ends) };
    await putGap(tx, unit.key, gap);
    after.do(() => {
      this.#publisher.publish(unit.siteId, 'readings.dropped', { unitId, gap });
    });
  }
}

function byProperty(readings: readonly Reading[]): Map<string, Reading[]> {
  const groups = new Map<string, Reading[]>();
  for (const reading of readings) {
    const group = groups.get(reading.property);
    if (group) group.push(reading);
    else groups.set(reading.property, [reading]);
  }
  return groups;
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
