import type { SiteEventType } from '#protocol/events/site-event.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Outcome, OutcomeFollower } from '../../kernel/outcome.ts';
import type { Db, Tx } from '../../store/schema.ts';
import type { UnitMapper } from '../../store/unit-mapper.ts';
import { type UnitRecord, findUnit } from '../../store/units.ts';

const MAX_CACHED = 5_000;
/** What makes another record of a unit. */
export const UNIT_CHANGES: ReadonlySet<SiteEventType> = new Set<SiteEventType>([
  'unit.added',
  'unit.changed',
  'unit.removed',
  'unit.presence_changed',
]);

/** Units by id, with their descriptions parsed; remembered until they change. */
export class UnitCache implements OutcomeFollower {
  readonly #db: Db;
  readonly #mapper: UnitMapper;
  readonly #cache = new LruCache<UnitId, UnitRecord>(MAX_CACHED);
  /** Counts changes, so that nothing read before one is cached after it. */
  #changes = 0;

  constructor(deps: { readonly db: Db; readonly mapper: UnitMapper }) {
    this.#db = deps.db;
    this.#mapper = deps.mapper;
  }

  async find(id: UnitId): Promise<UnitRecord | undefined> {
    const known = this.#cache.get(id);
    if (known) return known;
    const changes = this.#changes;
    const unit = await findUnit(this.#db, this.#mapper, id);
    if (unit && changes === this.#changes) this.#cache.set(id, unit);
    return unit;
  }

  /** Within a transaction: sees what the transaction made, and remembers nothing of it. */
  async findIn(tx: Tx, id: UnitId): Promise<UnitRecord | undefined> {
    return this.#cache.get(id) ?? (await findUnit(tx, this.#mapper, id));
  }

  readonly committed = ({ events }: Outcome): void => {
    for (const { type, data } of events) {
      if ('unitId' in data && UNIT_CHANGES.has(type)) this.#forget(data.unitId);
    }
  };

  /** Units of the site changed at another hub. */
  forgetSite(siteId: SiteId): void {
    this.#changes += 1;
    this.#cache.deleteWhere((unit) => unit.siteId === siteId);
  }

  forgetAll(): void {
    this.#changes += 1;
    this.#cache.clear();
  }

  #forget(id: UnitId): void {
    this.#changes += 1;
    this.#cache.delete(id);
  }
}
