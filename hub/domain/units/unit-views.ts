import type { z } from 'zod';
import { setImmediate } from 'node:timers/promises';
import { UnitView } from '#protocol/http/units.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { desiredOf, desiredOfUnit, reportedOf, reportedOfUnit } from '../../store/properties.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Db } from '../../store/schema.ts';
import { newestUpdates } from '../../store/unit-updates.ts';
import { type UnitRecord, findUnit, unitsOfSite } from '../../store/units.ts';
import type { UnitRecords } from './unit-records.ts';

/** What a view takes from its unit's row as it stands there; the rest was parsed when it was read. */
const PlainView = UnitView.omit({
  identity: true,
  description: true,
  reported: true,
  desired: true,
  update: true,
});

type Values = Pick<UnitView, 'reported' | 'desired' | 'update'>;

/** Units whose descriptions are parsed in one go. */
const PIECE = 50;

/** Units as clients see them, with their latest values and wishes. */
export class UnitViews {
  readonly #db: Db;
  readonly #records: UnitRecords;
  readonly #readable: ReadableRows;

  constructor(deps: {
    readonly db: Db;
    readonly records: UnitRecords;
    readonly readable: ReadableRows;
  }) {
    this.#db = deps.db;
    this.#readable = deps.readable;
    this.#records = deps.records;
  }

  async one(id: UnitId): Promise<UnitView | undefined> {
    const row = await findUnit(this.#db, id);
    if (!row) return undefined;
    const reported = await reportedOf(this.#db, this.#readable, [row.key]);
    const desired = await desiredOf(this.#db, this.#readable, [row.key]);
    const updates = await newestUpdates(this.#db, this.#readable, [row.key]);
    return this.#viewOf(this.#records.of(row), {
      reported: reported.get(row.key) ?? {},
      desired: desired.get(row.key) ?? {},
      update: updates.get(row.key) ?? null,
    });
  }

  /** Latest values and wishes alone. */
  async valuesOf(unit: UnitRecord): Promise<Pick<UnitView, 'reported' | 'desired'>> {
    return {
      reported: await reportedOfUnit(this.#db, this.#readable, unit.key),
      desired: await desiredOfUnit(this.#db, this.#readable, unit.key),
    };
  }

  /** Read piece by piece: between two of them the event loop goes on. */
  async ofSite(siteId: SiteId): Promise<UnitView[]> {
    const rows = await unitsOfSite(this.#db, siteId);
    const views: UnitView[] = [];
    for (let start = 0; start < rows.length; start += PIECE) {
      if (start > 0) await setImmediate();
      const piece = rows.slice(start, start + PIECE);
      const keys = piece.map((row) => row.key);
      const reported = await reportedOf(this.#db, this.#readable, keys);
      const desired = await desiredOf(this.#db, this.#readable, keys);
      const updates = await newestUpdates(this.#db, this.#readable, keys);
      for (const row of piece) {
        const values = {
          reported: reported.get(row.key) ?? {},
          desired: desired.get(row.key) ?? {},
          update: updates.get(row.key) ?? null,
        };
        const view = this.#viewOf(this.#records.of(row), values);
        if (view) views.push(view);
      }
    }
    return views;
  }

  /** Undefined for a unit whose row cannot be read: it fails nobody else's view. */
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

function plainView({ row, ...unit }: UnitRecord): z.input<typeof PlainView> {
  return {
    id: unit.id,
    siteId: unit.siteId,
    baseId: unit.baseId,
    name: row.name,
    place: row.place,
    address: { host: row.host, port: row.port },
    link: row.link,
    presence: {
      state: row.presence_state,
      since: toInstant(row.presence_since),
      ...(row.presence_code === null ? {} : { code: row.presence_code }),
      lastContactAt: row.last_contact_at === null ? null : toInstant(row.last_contact_at),
    },
    createdAt: toInstant(row.created_at),
  };
}
