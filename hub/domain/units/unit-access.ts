import { AppError } from '#protocol/errors.ts';
import type { SitePermission } from '#protocol/access/permissions.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { UserPrincipal } from '../accounts/principal.ts';
import type { SiteAccess } from '../sites/site-access.ts';
import type { UnitRecord } from '../../store/units.ts';
import type { UnitCache } from './unit-cache.ts';

/** Units for those who may see them; to others there are none. */
export class UnitAccess {
  readonly #directory: UnitCache;
  readonly #access: SiteAccess;

  constructor(deps: { readonly directory: UnitCache; readonly access: SiteAccess }) {
    this.#directory = deps.directory;
    this.#access = deps.access;
  }

  async require(
    caller: UserPrincipal,
    unitId: UnitId,
    permission: SitePermission,
  ): Promise<UnitRecord> {
    const unit = await this.#directory.find(unitId);
    if (!unit) throw new AppError('unit_unknown');
    await this.#access.require(
      caller,
      { siteId: unit.siteId, unknown: 'unit_unknown' },
      permission,
    );
    return unit;
  }
}
