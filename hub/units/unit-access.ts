import { AppError } from '#protocol/errors.ts';
import type { Role } from '#protocol/http/accounts.ts';
import type { UnitId, UserId } from '#protocol/ids.ts';
import type { SiteAccess } from '../accounts/site-access.ts';
import type { UnitRecord } from '../store/units.ts';
import type { UnitDirectory } from './unit-directory.ts';

/** Units for those who may see them; to others there are none. */
export class UnitAccess {
  readonly #directory: UnitDirectory;
  readonly #access: SiteAccess;

  constructor(deps: { readonly directory: UnitDirectory; readonly access: SiteAccess }) {
    this.#directory = deps.directory;
    this.#access = deps.access;
  }

  async require(userId: UserId, unitId: UnitId, needed: Role): Promise<UnitRecord> {
    const unit = await this.#directory.find(unitId);
    if (!unit) throw new AppError('unit_unknown');
    await this.#access.require(userId, unit.siteId, needed, 'unit_unknown');
    return unit;
  }
}
