import type { Logger } from 'pino';
import type { UnitId } from '#protocol/ids.ts';
import type { Publisher } from '../realtime/publisher.ts';
import type { UnitDirectory } from './unit-directory.ts';
import type { UnitViews } from './unit-views.ts';

/** Tells a site about units that changed, once the change is stored. */
export class UnitChanges {
  readonly #deps: {
    readonly directory: UnitDirectory;
    readonly views: UnitViews;
    readonly publisher: Publisher;
    readonly log: Logger;
  };

  constructor(deps: {
    readonly directory: UnitDirectory;
    readonly views: UnitViews;
    readonly publisher: Publisher;
    readonly log: Logger;
  }) {
    this.#deps = deps;
  }

  tell(ids: Iterable<UnitId>): void {
    for (const id of ids) {
      this.#deps.directory.forget(id);
      this.#tellOne(id).catch((error: unknown) => {
        this.#deps.log.error({ err: error, unitId: id }, 'unit change not published');
      });
    }
  }

  async #tellOne(id: UnitId): Promise<void> {
    const unit = await this.#deps.views.one(id);
    if (unit) this.#deps.publisher.publish(unit.siteId, 'unit.changed', { unit });
  }
}
