import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import { UnitMapper } from '../../store/unit-mapper.ts';
import type { SitesOffers } from '../sites/module.ts';
import { DeviceOfferService } from './device-offers.ts';
import { OwnedRecords } from './owned-records.ts';
import { UnitAccess } from './unit-access.ts';
import { UnitCache } from './unit-cache.ts';
import { UnitReports } from './unit-reports.ts';
import { UnitService } from './unit-service.ts';
import { UnitValues } from './unit-values.ts';
import { UnitViews } from './unit-views.ts';

export interface UnitsOffers {
  readonly directory: UnitCache;
  readonly views: UnitViews;
  readonly owned: OwnedRecords;
  readonly unitAccess: UnitAccess;
  readonly values: UnitValues;
  readonly units: UnitService;
  readonly unitReports: UnitReports;
  readonly deviceOffers: DeviceOfferService;
}

export function unitsModule(needs: Foundation & Pick<SitesOffers, 'access'>): Module<UnitsOffers> {
  const { access } = needs;
  const log = needs.log.child({ component: 'units' });
  const mapper = new UnitMapper();
  const directory = new UnitCache({ ...needs, mapper });
  const views = new UnitViews({ ...needs, mapper });
  const owned = new OwnedRecords({ directory });
  const unitAccess = new UnitAccess({ directory, access });
  const values = new UnitValues({ directory });
  const units = new UnitService({ ...needs, log, views });
  const unitReports = new UnitReports({ owned, units, log });
  const deviceOffers = new DeviceOfferService({ ...needs, mapper, units });
  needs.unitOfWork.follow(directory);
  return {
    offers: { directory, views, owned, unitAccess, values, units, unitReports, deviceOffers },
  };
}
