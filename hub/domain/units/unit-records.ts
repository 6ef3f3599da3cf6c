import type { UnitId } from '#protocol/ids.ts';
import { LruCache } from '#platform/lru-cache.ts';
import { type UnitRecord, type UnitRow, type UnitSelf, unitSelf } from '../../store/units.ts';

interface Parsed {
  readonly identityText: string | null;
  readonly descriptionText: string | null;
  readonly self: UnitSelf;
}

const MAX_PARSED = 5_000;

/**
 * Makes records of rows. A description takes longer to parse than the rest
 * of what a command costs the hub, and hardly ever changes: the parsed form
 * is kept beside the text that it was made of.
 */
export class UnitRecords {
  readonly #parsed = new LruCache<UnitId, Parsed>(MAX_PARSED);

  of(row: UnitRow): UnitRecord {
    return {
      key: row.key,
      id: row.id,
      baseId: row.base_id,
      baseKey: row.base_key,
      siteId: row.site_id,
      ...this.#selfOf(row),
      row,
    };
  }

  #selfOf(row: UnitRow): UnitSelf {
    const known = this.#parsed.get(row.id);
    if (known?.identityText === row.identity && known.descriptionText === row.description) {
      return known.self;
    }
    const self = unitSelf(row);
    this.#parsed.set(row.id, {
      identityText: row.identity,
      descriptionText: row.description,
      self,
    });
    return self;
  }
}
