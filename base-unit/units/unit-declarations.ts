import type { BaseEventBody, UnitsDeclared } from '#protocol/hub-link/base-events.ts';
import type { ConfiguredUnit, UnitRegistry } from './unit-registry.ts';

export interface UnitDeclarationsDeps {
  readonly registry: Pick<UnitRegistry, 'start' | 'reloadUnits' | 'declareAgain' | 'describeAgain'>;
  readonly configured: readonly ConfiguredUnit[];
  readonly units: { readonly forgetReported: () => void };
  readonly writer: { readonly happened: (body: BaseEventBody) => void };
}

/** Declares to the hub the units that it has not from itself: those of the configuration, and those added here. */
export class UnitDeclarations {
  readonly #deps: UnitDeclarationsDeps;

  constructor(deps: UnitDeclarationsDeps) {
    this.#deps = deps;
  }

  /** Serves the units that are known. */
  start(): void {
    const { registry, configured } = this.#deps;
    this.#declare(registry.start(configured));
  }

  /** A person at this base changed the list. */
  reload(): void {
    this.#declare(this.#deps.registry.reloadUnits());
  }

  /** For a hub that may have lost reports. Call inside a commit; act on the result afterwards. */
  readonly describeAgain = (): (() => void) => {
    const { registry, configured, units } = this.#deps;
    units.forgetReported();
    return () => {
      this.#declare(registry.declareAgain(configured));
      registry.describeAgain();
    };
  };

  #declare(units: UnitsDeclared['units']): void {
    if (units.length === 0) return;
    this.#deps.writer.happened({ type: 'units.declared', data: { units } });
  }
}
