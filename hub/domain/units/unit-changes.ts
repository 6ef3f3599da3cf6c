import type { Logger } from 'pino';
import type { UnitId } from '#protocol/ids.ts';
import type { AfterCommit } from '../../store/after-commit.ts';
import type { Publisher } from '../../kernel/publisher.ts';
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

  tellAfter({ changedUnits, changedValues }: AfterCommit): void {
    this.tell(changedUnits);
    for (const id of changedValues) {
      this.#tellValues(id).catch((error: unknown) => {
        this.#deps.log.error({ err: error, unitId: id }, 'unit values not published');
      });
    }
  }

  async #tellValues(id: UnitId): Promise<void> {
    const { directory, views, publisher } = this.#deps;
    const unit = await directory.find(id);
    if (!unit) return;
    const values = await views.valuesOf(unit);
    publisher.publish(unit.siteId, 'unit.values', { unitId: id, ...values });
  }

  async #tellOne(id: UnitId): Promise<void> {
    const unit = await this.#deps.views.one(id);
    if (unit) this.#deps.publisher.publish(unit.siteId, 'unit.changed', { unit });
  }
}
