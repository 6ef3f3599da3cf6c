import type { UpdateTransfer } from '#protocol/hub-link/site-channel.ts';
import type { BaseId } from '#protocol/ids.ts';
import type { OwnedRecords } from '../units/owned-records.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import type { Db } from '../../store/schema.ts';

/** Progress of an image transfer to a unit: forwarded to watchers, never stored. */
export class UpdateTransfers {
  readonly #deps: {
    readonly db: Db;
    readonly owned: OwnedRecords;
    readonly unitOfWork: Pick<UnitOfWork, 'show'>;
  };

  constructor(deps: {
    readonly db: Db;
    readonly owned: OwnedRecords;
    readonly unitOfWork: Pick<UnitOfWork, 'show'>;
  }) {
    this.#deps = deps;
  }

  /** @throws AppError `event_foreign` for an update that is not of a unit of this base. */
  async progressed(baseId: BaseId, transfer: UpdateTransfer): Promise<void> {
    const { db, owned, unitOfWork } = this.#deps;
    const update = await owned.update(db, { kind: 'base', id: baseId }, transfer);
    const unit = update && (await owned.plainUnit(db, { kind: 'base', id: baseId }, update.unitId));
    if (unit) unitOfWork.show(unit.siteId, { name: 'update.progress', body: transfer });
  }
}
