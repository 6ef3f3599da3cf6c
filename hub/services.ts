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
import { BaseConnections } from './domain/bases/base-connections.ts';
import { BaseDirectory } from './domain/bases/base-directory.ts';
import { BaseLinks } from './domain/bases/base-links.ts';
import { BaseLogService } from './domain/base-log/base-log-service.ts';
import { BaseViews } from './domain/bases/base-views.ts';
import { BaseShares } from './domain/bases/base-shares.ts';
import { BasePresences } from './domain/bases/base-presence.ts';
import { OwnedRecords } from './domain/units/owned-records.ts';
import { BaseService, type BaseServiceDeps } from './domain/bases/base-service.ts';
import { UnitFinder } from './domain/bases/unit-finder.ts';
import type { Clock } from '#platform/clock.ts';
import { commandPruner } from './domain/commands/command-pruner.ts';
import { CommandReports } from './domain/commands/command-reports.ts';
import { CommandRights } from './domain/commands/command-rights.ts';
import { CommandService } from './domain/commands/command-service.ts';
import { CommandStates } from './domain/commands/command-states.ts';
import { LiveProgress } from './domain/commands/live-progress.ts';
import { CommandWaiters } from './kernel/command-waiters.ts';
import type { HubConfig } from './config/config.ts';
import { FirmwareFiles } from './domain/firmware/firmware-files.ts';
import { FirmwareService } from './domain/firmware/firmware-service.ts';
import { EventIntake } from './ingest/event-intake.ts';
import { WebhookVerifier } from './ingest/webhook-verifier.ts';
import { PerUserLimiter } from '#platform/sharing/per-user-limiter.ts';
import { HistoryService } from './domain/readings/history-service.ts';
import { orphanSweeper } from './domain/readings/orphan-sweeper.ts';
import { ReadingService } from './domain/readings/reading-service.ts';
import { Sparklines } from './domain/readings/sparklines.ts';
import { ChannelAccess } from './domain/channels/channel-access.ts';
import { ChannelTokens } from './domain/channels/channel-tokens.ts';
import type { Publisher } from './kernel/publisher.ts';
import { RolloutViews } from './domain/rollouts/rollout-views.ts';
import { RolloutService } from './domain/rollouts/rollout-service.ts';
import { UnitUpdateStates } from './domain/rollouts/unit-update-states.ts';
import { UpdateReports } from './domain/rollouts/update-reports.ts';
import { UpdateTransfers } from './domain/rollouts/update-transfers.ts';
import { bringCommandsBack } from './store/future-rows.ts';
import type { ConsistentReads } from './store/consistent-reads.ts';
import { WRITERS } from './store/writers.ts';
import type { QueryThread } from './store/engine/sqlite/query-thread.ts';
import { ActorNames } from './store/actor-names.ts';
import { UnitOfWork, type Writer } from './store/unit-of-work.ts';
import { EventPages } from './delivery/event-pages.ts';
import { EventStreams } from './delivery/event-streams.ts';
import { EventConsumers } from './delivery/event-consumers.ts';
import { eventPruner } from './domain/sites/event-pruner.ts';
import { SiteChannel } from './delivery/site-channel.ts';
import { SiteParts } from './delivery/site-parts.ts';
import { SiteResume } from './delivery/site-resume.ts';
import { UnitMapper } from './store/unit-mapper.ts';
import { ReadableRows } from './store/readable-rows.ts';
import type { Db } from './store/schema.ts';
import { Sweeper } from './kernel/sweeper.ts';
import { SnapshotService } from './domain/snapshots/snapshot-service.ts';
import { UnitAccess } from './domain/units/unit-access.ts';
import { UnitValues } from './domain/units/unit-values.ts';
import { UnitCache } from './domain/units/unit-cache.ts';
import { UnitReports } from './domain/units/unit-reports.ts';
import { UnitService } from './domain/units/unit-service.ts';
import { UnitViews } from './domain/units/unit-views.ts';

export interface ServicesDeps extends Pick<
  BaseServiceDeps,
  'caFingerprint' | 'hubUrls' | 'claimed'
> {
  readonly db: Db;
  readonly writer: Writer;
  readonly reader: QueryThread;
  readonly reads: ConsistentReads;
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
  const readable = new ReadableRows({ log: log('store') });
  const revocations = new Revocations();
  const links = new BaseLinks();
  const presence = new BasePresences({ clock });
  const live = new LiveProgress();
  const baseViews = new BaseViews({ db, presence, readable });
  const mapper = new UnitMapper();
  const directory = new UnitCache({ db, mapper });
  const views = new UnitViews({ db, mapper, readable });
  const parts = new SiteParts({
    directory,
    units: views,
    bases: baseViews,
    rollouts: new RolloutViews({ db }),
  });
  const channel = new SiteChannel({ parts, publisher, log: log('channel') });
  const siteResume = new SiteResume({ db, readable, parts, bases: baseViews, live });
  const eventPages = new EventPages({ db });
  const eventStreams = new EventStreams({ pages: eventPages, revocations, clock });
  const consumers: EventConsumers = new EventConsumers({
    db,
    unitOfWork: () => unitOfWork,
    clock,
    log: log('consumers'),
  });
  const unitOfWork = new UnitOfWork({
    writer,
    clock,
    log: log('store'),
    names: new ActorNames(),
    interests: consumers,
    // The base first: whoever watches can wait a moment, the lamp should not.
    followers: [links, directory, consumers, channel, eventStreams],
  });
  const store = { db, unitOfWork, clock };

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

  const bases = new BaseDirectory({ db, revocations });
  const baseShares = new BaseShares({ db, bases, revocations });
  const connections = new BaseConnections({
    unitOfWork,
    shares: baseShares,
    clock,
    log: log('bases'),
  });
  const assertions = new BaseAssertions({ directory: bases, clock });

  const waiters = new CommandWaiters({ clock });
  const owned = new OwnedRecords({ directory });
  const unitAccess = new UnitAccess({ directory, access });
  const commandRights = new CommandRights({ clock, access, unitAccess });
  const values = new UnitValues({ directory });
  const units = new UnitService({
    ...store,
    log: log('units'),
    views,
    readable,
    waiters,
  });
  const rolloutSweeper = new Sweeper({ clock, log: log('rollouts') });
  const unitReports = new UnitReports({
    owned,
    units,
    log: log('units'),
    presenceChanged: () => rolloutSweeper.expect(clock.nowMs() + PRESENCE_LOOK_MS),
  });

  const baseService = new BaseService({
    ...store,
    log: log('bases'),
    presence,
    revocations,
    waiters,
    caFingerprint: deps.caFingerprint,
    hubUrls: deps.hubUrls,
    claimed: deps.claimed,
  });

  const unitFinder = new UnitFinder({ links, shares: baseShares, clock, log: log('bases') });

  const commandSweeper = new Sweeper({ clock, log: log('commands') });
  const states = new CommandStates({
    live,
    waiters,
    sweeper: commandSweeper,
    readable,
    directory,
    log: log('commands'),
  });
  const commands = new CommandService({
    ...store,
    log: log('commands'),
    states,
    readable,
    waiters,
    links,
    connections,
    live,
    areAgesCertain,
  });
  const pruner = commandPruner({ unitOfWork, clock, log: log('commands'), areAgesCertain });
  const commandReports = new CommandReports({
    ...{ unitOfWork, clock, states, live, owned, values },
    shares: baseShares,
  });
  const logs = new BaseLogService({
    db,
    unitOfWork,
    readable,
    shares: baseShares,
    log: log('base-log'),
    reports: commandReports,
  });

  const firmware = new FirmwareService({
    ...store,
    log: log('firmware'),
    files: new FirmwareFiles({ folder: deps.firmwareFolder }),
  });
  const updateStates = new UnitUpdateStates({ directory, log: log('rollouts') });
  const rollouts = new RolloutService({
    ...store,
    log: log('rollouts'),
    readable,
    presence,
    firmware,
    units,
    states: updateStates,
    sweeper: rolloutSweeper,
  });
  const updateTransfers = new UpdateTransfers({ db, owned, unitOfWork });
  const updateReports = new UpdateReports({
    states: updateStates,
    changed: () => rolloutSweeper.expect(clock.nowMs()),
  });

  const { reader } = deps;
  const history = new HistoryService({ db, clock, reader, share: new PerUserLimiter() });
  const sparklines = new Sparklines({ reader, clock });
  const readings = new ReadingService({ values, sparklines });
  const events = eventPruner({ db, unitOfWork, clock, log: log('events'), areAgesCertain });
  const orphans = orphanSweeper({ unitOfWork, clock, log: log('readings') });
  const snapshots = new SnapshotService({
    ...store,
    reads: deps.reads,
    sites,
    bases: baseViews,
    views,
    readable,
    sparklines,
    rollouts,
    live,
    share: new PerUserLimiter(),
  });
  const verifier = new WebhookVerifier({ bases, clock });
  const intake = new EventIntake({
    unitOfWork,
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
  });

  const channelTokens = new ChannelTokens({ unitOfWork, clock });
  const channelAccess = new ChannelAccess({ access, bases, sessions });

  return {
    unitOfWork,
    revocations,
    access,
    sessions,
    tokens,
    accounts,
    deviceLogins,
    sites,
    links,
    presence,
    connections,
    bases,
    baseShares,
    assertions,
    baseService,
    baseViews,
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
    events,
    consumers,
    snapshots,
    verifier,
    intake,
    channelTokens,
    channelAccess,
    siteResume,
    eventPages,
    eventStreams,
    /** Somebody set the clock back: it was ahead, or is wrong now, and no command shall wait for that. */
    clockSetBack: async () => {
      const count = await unitOfWork.run(
        ({ tx }) => bringCommandsBack(tx, clock.nowMs()),
        WRITERS.hub,
      );
      if (count > 0) log('commands').warn({ count }, 'issued in the future, counted as issued now');
    },
    /** What is held for callers at this moment. */
    gauges: () => ({
      waiters: waiters.size,
      followed: live.size,
      uploads: firmware.uploads,
      hashes: hasher.size,
      finds: unitFinder.size,
      reads: reader.size,
      writes: writer.size,
      eventStreams: eventStreams.size,
    }),
  };
}
