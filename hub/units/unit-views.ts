import type { UnitView } from '#protocol/http/units.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { type Desired, type Reported, desiredOf, reportedOf } from '../store/properties.ts';
import type { Db } from '../store/schema.ts';
import { type UnitRecord, findUnit, unitRecord, unitsOfSite } from '../store/units.ts';

/** Units as clients see them, with their latest values and wishes. */
export class UnitViews {
  readonly #db: Db;

  constructor(deps: { readonly db: Db }) {
    this.#db = deps.db;
  }

  async one(id: UnitId): Promise<UnitView | undefined> {
    const row = await findUnit(this.#db, id);
    if (!row) return undefined;
    const reported = await reportedOf(this.#db, [row.key]);
    const desired = await desiredOf(this.#db, [row.key]);
    return viewOf(unitRecord(row), {
      reported: reported.get(row.key) ?? {},
      desired: desired.get(row.key) ?? {},
    });
  }

  async ofSite(siteId: SiteId): Promise<UnitView[]> {
    const rows = await unitsOfSite(this.#db, siteId);
    const keys = rows.map((row) => row.key);
    const reported = await reportedOf(this.#db, keys);
    const desired = await desiredOf(this.#db, keys);
    return rows.map((row) =>
      viewOf(unitRecord(row), {
        reported: reported.get(row.key) ?? {},
        desired: desired.get(row.key) ?? {},
      }),
    );
  }
}

function viewOf(
  unit: UnitRecord,
  values: { readonly reported: Reported; readonly desired: Desired },
): UnitView {
  const { row } = unit;
  return {
    id: unit.id,
    siteId: unit.siteId,
    baseId: unit.baseId,
    name: row.name,
    place: row.place,
    address: { host: row.host, port: row.port },
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
    createdAt: toInstant(row.created_at),
  };
}
