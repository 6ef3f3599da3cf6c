import type { UpdateTransfer } from '#protocol/hub-link/socket-events.ts';
import type { BaseId } from '#protocol/ids.ts';
import type { Publisher } from '../realtime/publisher.ts';
import type { UnitDirectory } from '../units/unit-directory.ts';

/** How far the image is on its way to a unit: passed on to those who watch, and kept by nobody. */
export class UpdateTransfers {
  readonly #deps: { readonly directory: UnitDirectory; readonly publisher: Publisher };

  constructor(deps: { readonly directory: UnitDirectory; readonly publisher: Publisher }) {
    this.#deps = deps;
  }

  async told(baseId: BaseId, transfer: UpdateTransfer): Promise<void> {
    const { directory, publisher } = this.#deps;
    const unit = await directory.find(transfer.unitId);
    if (unit?.baseId === baseId) publisher.publish(unit.siteId, 'update.progress', transfer);
  }
}
