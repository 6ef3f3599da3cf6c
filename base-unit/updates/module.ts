import type { Module } from '#platform/assembly.ts';
import { Signal } from '#platform/signal.ts';
import type { UpdateTransfer } from '#protocol/hub-link/site-channel.ts';
import type { UpdateProgress } from '#protocol/update/update-state.ts';
import type { HubLinkOffers } from '../hub-link/module.ts';
import type { OutboxOffers } from '../outbox/module.ts';
import type { Foundation } from '../store/module.ts';
import type { UnitsOffers } from '../units/module.ts';
import { FirmwareDownloads } from './firmware-downloads.ts';
import { FirmwareLibrary } from './firmware-library.ts';
import type { FirmwareFiles, UnitUpdates, UpdateListener } from './unit-update.ts';
import { UnitUpdater } from './unit-updater.ts';
import { UpdateOrders } from './update-orders.ts';
import type { UpdateTimes } from './update-run.ts';

export interface UpdatesNeeds
  extends
    Foundation,
    Pick<HubLinkOffers, 'http' | 'assertion'>,
    Pick<OutboxOffers, 'writer'>,
    Pick<UnitsOffers, 'registry' | 'maintenance'> {
  /** Where firmware files for units are kept. */
  readonly firmwareFolder: string;
  /** Who hears of updates; the log does in any case. */
  readonly updateListener?: UpdateListener;
  /** Shorter ones for tests; see `UpdateRun`. */
  readonly updateTimes?: UpdateTimes | undefined;
}

export interface UpdatesOffers {
  readonly firmware: FirmwareFiles;
  readonly updates: UnitUpdates;
  readonly orders: UpdateOrders;
  /** How much of an image a unit has. Best effort; nothing depends on it. */
  readonly transfers: Pick<Signal<UpdateTransfer>, 'follow'>;
}

export function updatesModule(needs: UpdatesNeeds): Module<UpdatesOffers> {
  const { store, registry, updateListener, firmwareFolder: folder } = needs;
  const log = needs.log.child({ component: 'updates' });
  const firmware = new FirmwareLibrary({ folder, inUse: () => store.updates.filesInUse() });
  const changed = new Signal<UpdateProgress>();
  const updater = new UnitUpdater({
    ...needs,
    log,
    files: firmware,
    units: registry,
    listener: { updateChanged: changed.emit },
  });
  const transfers = new Signal<UpdateTransfer>();
  const orders = new UpdateOrders({
    ...needs,
    log,
    units: store.units,
    files: firmware,
    updates: updater,
    downloads: new FirmwareDownloads({ ...needs, folder }),
    transfer: transfers.emit,
  });
  needs.maintenance.add(updater);
  changed.follow(orders.updateChanged);
  if (updateListener) changed.follow(updateListener.updateChanged);
  return {
    offers: { firmware, updates: updater, orders, transfers },
    // Before the first unit connects: what an earlier run left goes on then.
    open: () => {
      updater.open();
    },
    start: () => {
      orders.start();
    },
    close: () => {
      orders.close();
      updater.close();
    },
  };
}
