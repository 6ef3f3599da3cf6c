import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import type { AccountsOffers } from '../accounts/module.ts';
import type { CommandsOffers } from '../commands/module.ts';
import type { DevicesOffers } from '../devices/module.ts';
import type { MqttOffers } from '../mqtt/module.ts';
import type { SitesOffers } from '../sites/module.ts';
import type { UnitsOffers } from '../units/module.ts';
import { LibpyiotcloudAccounts } from './accounts.ts';
import { BoardCaller } from './board-caller.ts';
import { DeviceCalls } from './device-calls.ts';
import { LibpyiotcloudDevices } from './devices.ts';

export interface LibpyiotcloudNeeds
  extends
    Foundation,
    Pick<AccountsOffers, 'accounts' | 'sessions' | 'tokens' | 'revocations'>,
    Pick<SitesOffers, 'access'>,
    Pick<DevicesOffers, 'devices'>,
    Pick<UnitsOffers, 'unitAccess'>,
    Pick<CommandsOffers, 'commands' | 'commandRights'>,
    Pick<MqttOffers, 'broker' | 'watchTopics' | 'mqttReaders'> {}

export interface LibpyiotcloudOffers {
  readonly libpyiotcloud: {
    readonly accounts: LibpyiotcloudAccounts;
    readonly devices: LibpyiotcloudDevices;
    readonly boards: BoardCaller;
  };
}

/** The API of libpyiotcloud, for its own clients. */
export function libpyiotcloudModule(needs: LibpyiotcloudNeeds): Module<LibpyiotcloudOffers> {
  const log = needs.log.child({ component: 'libpyiotcloud' });
  const deviceCalls = new DeviceCalls({ ...needs, log });
  const devices = new LibpyiotcloudDevices(needs);
  needs.mqttReaders.follow(deviceCalls.shown);
  needs.revocations.listen(deviceCalls.revoked);
  return {
    offers: {
      libpyiotcloud: {
        accounts: new LibpyiotcloudAccounts(needs),
        devices,
        boards: new BoardCaller({ ...needs, devices, deviceCalls }),
      },
    },
    close: () => deviceCalls.close(),
    gauges: () => ({ boardCalls: deviceCalls.size }),
  };
}
