import type { Module } from '#platform/assembly.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { BaseConfig } from '../config/config.ts';
import type { DiscoveryOffers } from '../discovery/module.ts';
import type { DriversOffers } from '../drivers/module.ts';
import type { UnitTransport } from '../drivers/transport/unit-transport.ts';
import type { OutboxOffers } from '../outbox/module.ts';
import type { Foundation } from '../store/module.ts';
import { MaintenanceSources } from './maintenance-sources.ts';
import { UnitDeclarations } from './unit-declarations.ts';
import { unitEventSink } from './unit-event-sink.ts';
import { UnitRegistry } from './unit-registry.ts';

export interface UnitsNeeds
  extends
    Foundation,
    Pick<DriversOffers, 'crypto' | 'permits' | 'protections'>,
    Pick<DiscoveryOffers, 'discovered' | 'rejected'>,
    Pick<OutboxOffers, 'writer'> {
  readonly config: BaseConfig;
  readonly transport: UnitTransport;
  /** The hub's clock, as well as it is known. */
  readonly offset: {
    readonly quality: () => ClockQuality;
    readonly hubNowMs: () => number;
  };
}

export interface UnitsOffers {
  readonly registry: UnitRegistry;
  readonly declarations: UnitDeclarations;
  /** Sources of maintenance work on units. */
  readonly maintenance: MaintenanceSources;
}

export function unitsModule(needs: UnitsNeeds): Module<UnitsOffers> {
  const { config, offset, protections, store, writer } = needs;
  const maintenance = new MaintenanceSources();
  const registry = new UnitRegistry({
    ...needs,
    log: needs.log.child({ component: 'units' }),
    baseId: config.baseId,
    protectionOf: (unit) => protections.of(unit),
    units: store.units,
    descriptions: store.descriptions,
    sensorIntervalMs: config.sensorIntervalMs,
    clockQuality: () => offset.quality(),
    sampleMark: (unitId) => store.units.lastSample(unitId),
    hubNowMs: () => offset.hubNowMs(),
    events: unitEventSink({ store, writer }),
    maintenance,
  });
  const declarations = new UnitDeclarations({
    registry,
    configured: config.units,
    units: store.units,
    writer,
  });
  return {
    offers: { registry, declarations, maintenance },
    start: () => {
      declarations.start();
    },
    close: () => registry.close(),
  };
}
