import type { Logger } from 'pino';
import { AccountService } from './domain/accounts/account-service.ts';
import { type PasswordCost, PasswordHasher } from './domain/accounts/password-hasher.ts';
import { PasswordTries } from './domain/accounts/password-tries.ts';
import { Revocations } from './domain/accounts/revocations.ts';
import { SessionService } from './domain/accounts/session-service.ts';
import { SiteAccess } from './domain/sites/site-access.ts';
import { SiteService } from './domain/sites/site-service.ts';
import { DeviceLogins } from './domain/accounts/device-logins.ts';
import { TokenService } from './domain/accounts/token-service.ts';
import { BaseAssertions } from './domain/bases/base-assertions.ts';
import { BaseDirectory } from './domain/bases/base-directory.ts';
import { BaseLinks } from './domain/bases/base-links.ts';
import { BaseLogService } from './domain/base-log/base-log-service.ts';
import { BaseShares } from './domain/bases/base-shares.ts';
import { BasePresences } from './domain/bases/base-presence.ts';
import { OwnedRows } from './domain/units/owned-rows.ts';
import { BaseService, type BaseServiceDeps } from './domain/bases/base-service.ts';
import { UnitFinder } from './domain/bases/unit-finder.ts';
import type { Clock } from '#platform/clock.ts';
import { commandPruner } from './domain/commands/command-pruner.ts';
import { CommandReports } from './domain/commands/command-reports.ts';
import { CommandRights } from './domain/commands/command-rights.ts';
import { CommandService } from './domain/commands/command-service.ts';
import { CommandStates } from './domain/commands/command-states.ts';
import { CommandWaiters } from './kernel/command-waiters.ts';
import type { HubConfig } from './config/config.ts';
import { FirmwareFiles } from './domain/firmware/firmware-files.ts';
import { FirmwareService } from './domain/firmware/firmware-service.ts';
import { EventIntake } from './ingest/event-intake.ts';
import { WebhookGate } from './ingest/webhook-gate.ts';
import { PerUserLimiter } from '#platform/sharing/per-user-limiter.ts';
import { HistoryService } from './domain/readings/history-service.ts';
import { orphanSweeper } from './domain/readings/orphan-sweeper.ts';
import { ReadingService } from './domain/readings/reading-service.ts';
import { Sparklines } from './domain/readings/sparklines.ts';
import { ChannelAccess } from './domain/channels/channel-access.ts';
import { ChannelTokens } from './domain/channels/channel-tokens.ts';
import type { Publisher } from './kernel/publisher.ts';
import { RolloutService } from './domain/rollouts/rollout-service.ts';
import { UnitUpdateStates } from './domain/rollouts/unit-update-states.ts';
import { UpdateReports } from './domain/rollouts/update-reports.ts';
import { UpdateTransfers } from './domain/rollouts/update-transfers.ts';
import { bringCommandsBack } from './store/future-rows.ts';
import { type GroupCommit, WRITERS } from './store/engine/sqlite/group-commit.ts';
import type { QueryThread } from './store/engine/sqlite/query-thread.ts';
import { ReadableRows } from './store/readable-rows.ts';
import type { Db } from './store/schema.ts';
import { Sweeper } from './kernel/sweeper.ts';
import { SnapshotService } from './domain/snapshots/snapshot-service.ts';
import { UnitAccess } from './domain/units/unit-access.ts';
import { UnitChanges } from './domain/units/unit-changes.ts';
import { UnitDirectory } from './domain/units/unit-directory.ts';
import { UnitRecords } from './domain/units/unit-records.ts';
import { UnitReports } from './domain/units/unit-reports.ts';
import { UnitService } from './domain/units/unit-service.ts';
import { UnitViews } from './domain/units/unit-views.ts';

export interface ServicesDeps extends Pick<
  BaseServiceDeps,
  'caFingerprint' | 'hubUrls' | 'claimed'
> {
  readonly db: Db;
  readonly writer: GroupCommit;
  readonly reader: QueryThread;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publisher: Publisher;
  readonly signUp: HubConfig['signUp'];
  readonly passwordCost: PasswordCost;
  readonly firmwareFolder: string;
  readonly areAgesCertain: () => boolean;
}

/** Presence changes in storms: for the rollouts they are looked at together. */
const PRESENCE_LOOK_MS = 500;

export type Services = ReturnType<typeof buildServices>;

/** What the hub can do, whoever asks for it; opens nothing. */
export function buildServices(deps: ServicesDeps) {
  const { db, writer, clock, publisher, areAgesCertain } = deps;
  const log = (component: string): Logger => deps.log.child({ component });
  const store = { db, writer, clock };

  const readable = new ReadableRows({ log: log('store') });
  const revocations = new Revocations();
  const access = new SiteAccess({ db, revocations });
  const hasher = new PasswordHasher({ cost: deps.passwordCost });
  const sessions = new SessionService({ ...store, revocations, readable, areAgesCertain });
  const tokens = new TokenService({ ...store, revocations, readable });
  const deviceLogins = new DeviceLogins({ ...store, tokens });
  const accounts = new AccountService({
    ...store,
    hasher,
    passwordTries: new PasswordTries({ clock }),
    sessions,
    revocations,
    signUp: deps.signUp,
  });
  const sites = new SiteService({ ...store, access, revocations, readable });

  const links = new BaseLinks();
  const presence = new BasePresences({ clock });
  const bases = new BaseDirectory({ db, revocations });
  const baseShares = new BaseShares({ db, bases, revocations });
  const assertions = new BaseAssertions({ directory: bases, clock });

  const records = new UnitRecords();
  const waiters = new CommandWaiters({ clock });
  const directory = new UnitDirectory({ db, records });
  const owned = new OwnedRows({ directory });
  const views = new UnitViews({ db, records, readable });
  const unitAccess = new UnitAccess({ directory, access });
  const commandRights = new CommandRights({ clock, access, unitAccess });
  const unitChanges = new UnitChanges({ directory, views, publisher, log: log('units') });
  const units = new UnitService({
    ...store,
    log: log('units'),
    links,
    publisher,
    directory,
    views,
    readable,
    changes: unitChanges,
    waiters,
  });
  const rolloutSweeper = new Sweeper({ clock, log: log('rollouts') });
  const unitReports = new UnitReports({
    owned,
    units,
    publisher,
    log: log('units'),
    presenceChanged: () => rolloutSweeper.expect(clock.nowMs() + PRESENCE_LOOK_MS),
  });

  const baseService = new BaseService({
    ...deps,
    log: log('bases'),
    readable,
    presence,
    revocations,
    units: directory,
    waiters,
  });

  const unitFinder = new UnitFinder({ links, shares: baseShares, clock, log: log('bases') });

  const commandSweeper = new Sweeper({ clock, log: log('commands') });
  const states = new CommandStates({
    publisher,
    waiters,
    sweeper: commandSweeper,
    readable,
    log: log('commands'),
  });
  const commands = new CommandService({
    ...store,
    log: log('commands'),
    states,
    readable,
    waiters,
    links,
    presence,
    unitChanges,
    areAgesCertain,
  });
  const pruner = commandPruner({ writer, clock, log: log('commands'), areAgesCertain });
  const commandReports = new CommandReports({
    ...{ writer, clock, states, owned, unitChanges },
    shares: baseShares,
  });
  const logs = new BaseLogService({
    db,
    writer,
    readable,
    shares: baseShares,
    log: log('base-log'),
    reports: commandReports,
    unitChanges,
  });

  const firmware = new FirmwareService({
    ...store,
    log: log('firmware'),
    files: new FirmwareFiles({ folder: deps.firmwareFolder }),
  });
  const updateStates = new UnitUpdateStates({ log: log('rollouts') });
  const rollouts = new RolloutService({
    ...store,
    log: log('rollouts'),
    readable,
    publisher,
    links,
    presence,
    firmware,
    units,
    unitChanges,
    states: updateStates,
    sweeper: rolloutSweeper,
  });
  const updateTransfers = new UpdateTransfers({ db, owned, publisher });
  const updateReports = new UpdateReports({
    states: updateStates,
    changed: () => rolloutSweeper.expect(clock.nowMs()),
  });

  const { reader } = deps;
  const history = new HistoryService({ db, clock, reader, share: new PerUserLimiter() });
  const readings = new ReadingService({ publisher });
  const orphans = orphanSweeper({ writer, clock, log: log('readings') });
  const snapshots = new SnapshotService({
    ...store,
    sites,
    bases: baseService,
    views,
    readable,
    sparklines: new Sparklines({ reader, clock }),
    rollouts,
    publisher,
    share: new PerUserLimiter(),
  });
  const gate = new WebhookGate({ bases, clock });
  const intake = new EventIntake({
    writer,
    clock,
    log: log('events'),
    links,
    directory,
    owned,
    shares: baseShares,
    commandReports,
    unitReports,
    readings,
    updateReports,
    unitChanges,
  });

  const channelTokens = new ChannelTokens({ writer, clock });
  const channelAccess = new ChannelAccess({ access, bases, sessions });

  return {
    revocations,
    access,
    sessions,
    tokens,
    accounts,
    deviceLogins,
    sites,
    links,
    presence,
    bases,
    baseShares,
    assertions,
    baseService,
    unitFinder,
    unitAccess,
    units,
    views,
    waiters,
    commandSweeper,
    pruner,
    commands,
    commandRights,
    commandReports,
    logs,
    firmware,
    rollouts,
    rolloutSweeper,
    updateTransfers,
    history,
    orphans,
    snapshots,
    gate,
    intake,
    channelTokens,
    channelAccess,
    /** Somebody set the clock back: it was ahead, or is wrong now, and no command shall wait for that. */
    clockSetBack: async () => {
      const count = await writer.run((tx) => bringCommandsBack(tx, clock.nowMs()), WRITERS.hub);
      if (count > 0) log('commands').warn({ count }, 'issued in the future, counted as issued now');
    },
    /** What is held for callers at this moment. */
    gauges: () => ({
      waiters: waiters.size,
      uploads: firmware.uploads,
      hashes: hasher.size,
      finds: unitFinder.size,
      reads: reader.size,
      writes: writer.size,
    }),
  };
}
