import type { z } from 'zod';
import { setImmediate } from 'node:timers/promises';
import { UnitView } from '#protocol/http/units.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { reportedOf, reportedOfUnit } from '../../store/properties.ts';
import { desiredOf, desiredOfUnit } from '../../store/desired-values.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Db } from '../../store/schema.ts';
import { newestUpdates } from '../../store/unit-updates.ts';
import type { UnitMapper } from '../../store/unit-mapper.ts';
import { endpointView } from '../../store/unit-endpoint.ts';
import { type UnitRecord, findUnit, unitsOfSite } from '../../store/units.ts';

/**
 * Columns that a view copies unchanged from its unit's row; the rest was parsed when it
 * was read.
 */
const PlainView = UnitView.omit({
  identity: true,
  description: true,
  reported: true,
  desired: true,
  update: true,
});

type Values = Pick<UnitView, 'reported' | 'desired' | 'update'>;

/** Units whose descriptions are parsed without a pause. */
const PIECE = 50;

/** Units as clients see them, with their latest reported and desired values. */
export class UnitViews {
  readonly #db: Db;
  readonly #mapper: UnitMapper;
  readonly #readable: ReadableRows;

  constructor(deps: {
    readonly db: Db;
    readonly mapper: UnitMapper;
    readonly readable: ReadableRows;
  }) {
    this.#db = deps.db;
    this.#readable = deps.readable;
    this.#mapper = deps.mapper;
  }

  async one(id: UnitId): Promise<UnitView | undefined> {
    const unit = await findUnit(this.#db, this.#mapper, id);
    if (!unit) return undefined;
    const [view] = await this.#viewsOf([unit], this.#db);
    return view;
  }

  /** Latest reported and desired values alone. */
  async valuesOf(unit: UnitRecord): Promise<Pick<UnitView, 'reported' | 'desired'>> {
    return {
      reported: await reportedOfUnit(this.#db, this.#readable, unit.key),
      desired: await desiredOfUnit(this.#db, this.#readable, unit.key),
    };
  }

  /** Read in slices: the event loop runs in between. */
  async ofSite(siteId: SiteId, db: Db = this.#db): Promise<UnitView[]> {
    const readable = this.#readable;
    const views: UnitView[] = [];
    for await (const piece of unitsOfSite(db, this.#mapper, { siteId, piece: PIECE, readable })) {
      if (views.length > 0) await setImmediate();
      views.push(...(await this.#viewsOf(piece, db)));
    }
    return views;
  }

  async #viewsOf(units: readonly UnitRecord[], db: Db): Promise<UnitView[]> {
    const keys = units.map(({ key }) => key);
    const reported = await reportedOf(db, this.#readable, keys);
    const desired = await desiredOf(db, this.#readable, keys);
    const updates = await newestUpdates(db, this.#readable, keys);
    return units.flatMap((unit) => {
      const view = this.#viewOf(unit, {
        reported: reported.get(unit.key) ?? {},
        desired: desired.get(unit.key) ?? {},
        update: updates.get(unit.key) ?? null,
      });
      return view ? [view] : [];
    });
  }

  /** Undefined for a unit whose row is unreadable: it breaks nobody else's view. */
  #viewOf(unit: UnitRecord, values: Values): UnitView | undefined {
    const { identity, description } = unit;
    const plain = this.#readable.one(unit, {
      what: 'unit',
      idOf: ({ id }) => id,
      schema: PlainView,
      make: plainView,
    });
    return plain && { ...plain, identity, description, ...values };
  }
}

function plainView(unit: UnitRecord): z.input<typeof PlainView> {
  const { state, sinceMs, code, lastContactAtMs } = unit.presence;
  return {
    id: unit.id,
    siteId: unit.siteId,
    name: unit.name,
    place: unit.place,
    endpoint: endpointView(unit.endpoint),
    presence: {
      state,
      since: toInstant(sinceMs),
      ...(code === null ? {} : { code }),
      lastContactAt: lastContactAtMs === null ? null : toInstant(lastContactAtMs),
    },
    createdAt: toInstant(unit.createdAtMs),
  };
}
