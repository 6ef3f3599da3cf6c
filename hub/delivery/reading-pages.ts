import { AppError } from '#protocol/errors.ts';
import type {
  ReadingsBatch,
  SiteReadingsPage,
  SiteReadingsQuery,
} from '#protocol/http/readings.ts';
import { READINGS_PER_MESSAGE } from '#protocol/http/readings.ts';
import type { Epoch, SiteId, UnitId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';
import type { UnitCache } from '../domain/units/unit-cache.ts';
import { type PositionedReading, readingsAfter, readingsHead } from '../store/reading-positions.ts';
import type { Db } from '../store/schema.ts';
import { whyNotResumed } from './site-resume.ts';

/** The page, and the newest event of the site. */
export type ReadingsFound = SiteReadingsPage & { readonly rev: number };

/** The readings of sites in the order in which they were stored, page by page. */
export class ReadingPages {
  readonly #db: Db;
  readonly #directory: Pick<UnitCache, 'find'>;

  constructor(deps: { readonly db: Db; readonly directory: Pick<UnitCache, 'find'> }) {
    this.#db = deps.db;
    this.#directory = deps.directory;
  }

  /** @throws AppError `site_unknown`. */
  async page(site: SiteId, query: SiteReadingsQuery): Promise<ReadingsFound> {
    const found = await readingsHead(this.#db, site);
    if (!found) throw new AppError('site_unknown');
    const { epoch, rev, readings: position, floor } = found;
    const head = { epoch, rev, position, floor };
    const { after, limit } = query;
    if (after === undefined) return { ...head, recovered: true, batches: [], next: null };
    const place = { epoch: query.epoch ?? epoch, rev: after };
    const reason = whyNotResumed({ ...found, rev: position }, place);
    if (reason !== undefined) {
      const next = reason === 'expired' ? floor : position;
      return { ...head, recovered: false, reason, batches: [], next };
    }
    const range = { after, upTo: position, limit };
    const { readings, end } = await readingsAfter(this.#db, site, range);
    const wanted = readings.filter(
      ({ unitId, property }) =>
        (query.unit ?? unitId) === unitId && (query.property ?? property) === property,
    );
    const batches = await this.#batches(epoch, wanted);
    return { ...head, recovered: true, batches, next: end ?? null };
  }

  async #batches(epoch: Epoch, readings: readonly PositionedReading[]): Promise<ReadingsBatch[]> {
    const batches: (ReadingsBatch & { readonly readings: Reading[] })[] = [];
    for (const stored of readings) {
      const { position, unitId, boot, property, value, ...rest } = stored;
      const bootId = boot.toString(16).padStart(8, '0');
      const last = batches.at(-1);
      const isSame =
        last?.position === position && last.unitId === unitId && last.bootId === bootId;
      const isFull = last !== undefined && last.readings.length >= READINGS_PER_MESSAGE;
      const batch = isSame && !isFull ? last : { epoch, position, unitId, bootId, readings: [] };
      if (batch !== last) batches.push(batch);
      const isSwitch = await this.#isSwitch(unitId, property);
      batch.readings.push({ property, value: isSwitch ? value === 1 : value, ...rest });
    }
    return batches;
  }

  /** Switches are stored as 0 and 1. */
  async #isSwitch(unitId: UnitId, property: string): Promise<boolean> {
    const properties = (await this.#directory.find(unitId))?.description?.properties ?? {};
    return Object.hasOwn(properties, property) && properties[property]?.type === 'boolean';
  }
}
