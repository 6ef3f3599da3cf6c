import { Assembly } from '#platform/assembly.ts';
import { ClosingStack } from '#platform/closing-stack.ts';
import { commandsModule } from './commands/module.ts';
import type { BaseConfig } from './config/config.ts';
import { type DiscoveryNeeds, discoveryModule } from './discovery/module.ts';
import { type DriversNeeds, driversModule } from './drivers/module.ts';
import { channelModule } from './hub-link/channel/module.ts';
import { type HubLinkNeeds, hubLinkModule } from './hub-link/module.ts';
import { outboxModule } from './outbox/module.ts';
import type { BaseStatus } from './status/base-status.ts';
import { StatusServer } from './status/status-server.ts';
import { type StoreNeeds, storeModule } from './store/module.ts';
import { unitsModule } from './units/module.ts';
import { type UpdatesNeeds, updatesModule } from './updates/module.ts';
import type { FirmwareFiles, UnitUpdates } from './updates/unit-update.ts';

/** What the modules need from the caller. */
export type BaseNeeds = StoreNeeds &
  Pick<HubLinkNeeds, 'privateKey' | 'hubCa' | 'sender'> &
  Pick<DriversNeeds, 'transport'> &
  Pick<DiscoveryNeeds, 'discovery'> &
  Pick<UpdatesNeeds, 'firmwareFolder' | 'updateListener' | 'updateTimes'> & {
    readonly config: BaseConfig;
  };

/** The base, noun by noun, each on those before it; opens nothing. */
function assembleBase<N extends BaseNeeds>(needs: N) {
  return new Assembly(needs)
    .add(storeModule)
    .add(hubLinkModule)
    .add(outboxModule)
    .add(driversModule)
    .add(discoveryModule)
    .add(unitsModule)
    .add(commandsModule)
    .add(updatesModule)
    .add(channelModule);
}

export interface BaseUnitDeps extends BaseNeeds {
  readonly statusSocket: string;
}

export interface BaseUnit {
  /** @throws AppError `not_ready` when another process serves this data folder. */
  readonly start: () => Promise<void>;
  /** Accepts nothing more, lets work in flight finish, says goodbye. May be called twice. */
  readonly close: () => Promise<void>;
  readonly status: () => BaseStatus;
  readonly firmware: FirmwareFiles;
  readonly updates: UnitUpdates;
}

/** Puts a base together. Opens nothing before `start`; then everything in order, and closes it in reverse. */
export function buildBaseUnit(deps: BaseUnitDeps): BaseUnit {
  const { config, clock, statusSocket: path } = deps;
  const log = deps.log.child({ baseId: config.baseId });
  const base = assembleBase({ ...deps, log });
  const closing = new ClosingStack({ log });
  const startedAtMs = clock.nowMs();
  const status = () => statusOf(base.offers, startedAtMs);
  const statusServer = new StatusServer({
    path,
    status,
    unitsChanged: () => {
      base.offers.declarations.reload();
    },
    log: log.child({ component: 'status' }),
  });
  const { firmware, updates } = base.offers;
  return {
    status,
    firmware,
    updates,
    start: async () => {
      await statusServer.start();
      closing.push(() => statusServer.close());
      // All of them, even if one of the starts fails.
      closing.push(...base.lives.flatMap(({ close }) => (close ? [close] : [])));
      for (const { open } of base.lives) await open?.();
      for (const { start } of base.lives) await start?.();
    },
    close: () => closing.close(),
  };
}

type Offers = ReturnType<typeof assembleBase<BaseNeeds>>['offers'];

function statusOf(base: Offers, startedAtMs: number): BaseStatus {
  const { config, store, writer, pump } = base;
  return {
    baseId: config.baseId,
    name: config.name,
    hubUrl: config.hubUrl,
    startedAtMs,
    hub: base.channel.status,
    clockOffsetMs: base.offset.offsetMs ?? null,
    cursor: store.cursor.position,
    outbox: {
      ...store.outbox.depth,
      droppedReadings: store.outbox.droppedReadings + writer.unstoredDropped,
      droppedEvents: store.outbox.droppedEvents + writer.unstoredEvents,
      refused: pump.refused,
      lastError: pump.lastError ?? null,
    },
    units: base.registry.status(),
  };
}
