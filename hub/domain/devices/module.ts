import type { Module } from '#platform/assembly.ts';
import type { DeviceCertificates } from '../../kernel/device-certificates.ts';
import type { Foundation } from '../../store/module.ts';
import type { AccountsOffers } from '../accounts/module.ts';
import { DeviceAuthenticator } from './device-authenticator.ts';
import { DeviceRights } from './device-rights.ts';
import { DeviceService } from './device-service.ts';
import { DeviceViews } from './device-views.ts';

export interface DevicesNeeds extends Foundation, Pick<AccountsOffers, 'revocations'> {
  /** By the hub's certificate authority. */
  readonly deviceCertificates: DeviceCertificates;
}

export interface DevicesOffers {
  readonly devices: DeviceService;
  readonly deviceViews: DeviceViews;
  readonly deviceAuthenticator: DeviceAuthenticator;
  readonly deviceRights: DeviceRights;
}

export function devicesModule(needs: DevicesNeeds): Module<DevicesOffers> {
  const log = needs.log.child({ component: 'devices' });
  return {
    offers: {
      devices: new DeviceService({ ...needs, certificates: needs.deviceCertificates, log }),
      deviceViews: new DeviceViews(needs),
      deviceAuthenticator: new DeviceAuthenticator(needs),
      deviceRights: new DeviceRights(needs),
    },
  };
}
