import { setImmediate } from 'node:timers/promises';
import type { UnitView } from '#protocol/http/units.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import {
  type Desired,
  type Reported,
  desiredOf,
  desiredOfUnit,
  reportedOf,
  reportedOfUnit,
} from '../store/properties.ts';
import type { UnitUpdate } from '#protocol/rollout/rollout.ts';
import type { Db } from '../store/schema.ts';
import { newestUpdates } from '../store/unit-updates.ts';
import { type UnitRecord, findUnit, unitsOfSite } from '../store/units.ts';
import type { UnitRecords } from './unit-records.ts';

/** Units whose descriptions are parsed in one go. */
const PIECE = 50;

/** Units as clients see them, with their latest values and wishes. */
export class UnitViews {
  readonly #db: Db;
  readonly #records: UnitRecords;

  constructor(deps: { readonly db: Db; readonly records: UnitRecords }) {
    this.#db = deps.db;
    this.#records = deps.records;
  }

  async one(id: UnitId): Promise<UnitView | undefined> {
    const row = await findUnit(this.#db, id);
    if (!row) return undefined;
    const reported = await reportedOf(this.#db, [row.key]);
    const desired = await desiredOf(this.#db, [row.key]);
    const updates = await newestUpdates(this.#db, [row.key]);
    return viewOf(this.#records.of(row), {
      reported: reported.get(row.key) ?? {},
      desired: desired.get(row.key) ?? {},
      update: updates.get(row.key) ?? null,
    });
  }

  /** Latest values and wishes alone. */
  async valuesOf(unit: UnitRecord): Promise<Pick<UnitView, 'reported' | 'desired'>> {
    return {
      reported: await reportedOfUnit(this.#db, unit.key),
      desired: await desiredOfUnit(this.#db, unit.key),
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
      const reported = await reportedOf(this.#db, keys);
      const desired = await desiredOf(this.#db, keys);
      const updates = await newestUpdates(this.#db, keys);
      for (const row of piece) {
        const values = {
          reported: reported.get(row.key) ?? {},
          desired: desired.get(row.key) ?? {},
          update: updates.get(row.key) ?? null,
        };
        views.push(viewOf(this.#records.of(row), values));
      }
    }
    return views;
  }
}

function viewOf(
  unit: UnitRecord,
  values: {
    readonly reported: Reported;
    readonly desired: Desired;
    readonly update: UnitUpdate | null;
  },
): UnitView {
  const { row } = unit;
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
    identity: unit.identity,
    description: unit.description,
    reported: values.reported,
    desired: values.desired,
    update: values.update,
    createdAt: toInstant(row.created_at),
  };
}
