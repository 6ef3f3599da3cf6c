import { join } from 'node:path';
import type { Logger } from 'pino';
import { AttemptLimit } from './domain/accounts/attempt-limit.ts';
import { Suspects } from './domain/accounts/suspects.ts';
import { DEFAULT_PASSWORD_COST, type PasswordCost } from './domain/accounts/password-hasher.ts';
import { renewSetupCode } from './domain/accounts/setup-code.ts';
import { LocalClaimFile } from './domain/bases/local-claim-file.ts';
import { type Clock, serverClock } from '#platform/clock.ts';
import { ClockWatch } from './kernel/clock-watch.ts';
import type { HubConfig } from './config/config.ts';
import { closeServer, listen } from './edges/http/listen.ts';
import {
  Connections,
  type ConnectionTimes,
  DEFAULT_CONNECTION_BOUNDS,
  DEFAULT_CONNECTION_TIMES,
} from './edges/http/connections.ts';
import { DEFAULT_LOAD_BOUNDS, LoadBound, type LoadBounds } from './edges/http/load-bound.ts';
import { sharedAddresses } from './edges/admission/shared-addresses.ts';
import {
  DEFAULT_RATE_LIMITS,
  type RateLimitSettings,
  WINDOW_MS,
} from './edges/http/rate-limits.ts';
import { type HttpServer, buildHttpServer } from './edges/http/server.ts';
import { type AdmissionBounds, DEFAULT_ADMISSION } from './edges/channels/admission.ts';
import type { EventConsumer } from './delivery/event-consumers.ts';
import { SitePublisher } from './delivery/site-publisher.ts';
import { SocketAuth } from './edges/channels/socket-auth.ts';
import {
  DEFAULT_SOCKET_TIMES,
  SocketServer,
  type SocketTimes,
} from './edges/channels/socket-server.ts';
import { type Services, buildServices } from './services.ts';
import { makeFolder } from './store/engine/sqlite/database.ts';
import { folderFault, folderInUse } from '#platform/files/folder-fault.ts';
import { lockFolder } from '#platform/files/folder-lock.ts';
import { type Store, openStore } from './store/engine/sqlite/open-store.ts';
import { machineNames, reachableHosts } from './tls/names.ts';
import { TlsService } from './tls/tls-service.ts';

export interface HubDeps {
  readonly config: HubConfig;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly rateLimits?: RateLimitSettings;
  readonly loadBounds?: Partial<LoadBounds>;
  readonly socketTimes?: SocketTimes;
  readonly admission?: AdmissionBounds;
  readonly passwordCost?: PasswordCost;
  readonly connectionTimes?: Partial<ConnectionTimes>;
  /** Further followers of the stored events, each with a cursor of its own. */
  readonly consumers?: readonly EventConsumer[];
}

export interface HubAddresses {
  readonly https: string;
  readonly http: string;
}

export type HubStart =
  | {
      readonly ok: true;
      readonly addresses: HubAddresses;
      /** Where other machines find it, the likeliest first. */
      readonly urls: readonly string[];
      /** That its certificate bears. */
      readonly names: readonly string[];
      /** Where the first account is made, on this machine; undefined when there is one. */
      readonly signInUrl: string | undefined;
    }
  | { readonly ok: false; readonly message: string };

export const HUB_VERSION = '0.1.0';

const LOCK_FILE = 'hub.lock';

/** Makes a hub; opens nothing. */
export function buildHub(deps: HubDeps): Hub {
  return new Hub(deps);
}

/** The composition root: opens everything in order, and closes it in reverse. */
export class Hub {
  readonly #config: HubConfig;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #clockWatch: ClockWatch;
  readonly #rateLimits: RateLimitSettings;
  readonly #socketTimes: SocketTimes;
  readonly #admission: AdmissionBounds;
  readonly #passwordCost: PasswordCost;
  readonly #connectionTimes: ConnectionTimes;
  readonly #consumers: readonly EventConsumer[];
  readonly #load: LoadBound;
  readonly #connections: Connections;
  #sockets: SocketServer | undefined;
  #services: Services | undefined;
  readonly #closers: (() => Promise<void> | void)[] = [];
  #httpsPort = 0;
  #ready = false;
  #closing: Promise<void> | undefined;

  constructor(deps: HubDeps) {
    this.#config = deps.config;
    this.#log = deps.log;
    this.#clock = deps.clock ?? serverClock;
    this.#clockWatch = new ClockWatch({
      clock: this.#clock,
      log: this.#log.child({ component: 'clock' }),
    });
    this.#rateLimits = deps.rateLimits ?? DEFAULT_RATE_LIMITS;
    const isShared = sharedAddresses(deps.config.sharedAddresses);
    this.#load = new LoadBound({
      bounds: { ...DEFAULT_LOAD_BOUNDS, ...deps.loadBounds },
      isShared,
      clock: this.#clock,
    });
    this.#socketTimes = deps.socketTimes ?? DEFAULT_SOCKET_TIMES;
    this.#admission = deps.admission ?? DEFAULT_ADMISSION;
    this.#passwordCost = deps.passwordCost ?? DEFAULT_PASSWORD_COST;
    this.#connectionTimes = { ...DEFAULT_CONNECTION_TIMES, ...deps.connectionTimes };
    this.#consumers = deps.consumers ?? [];
    this.#connections = new Connections({
      bounds: {
        ...DEFAULT_CONNECTION_BOUNDS,
        perAddress: deps.config.connectionsPerAddress,
      },
      times: this.#connectionTimes,
      isShared,
      clock: this.#clock,
      log: deps.log.child({ component: 'http' }),
    });
  }

  /** What is held for others at this moment: each is 0 when nobody is there. */
  get gauges(): Readonly<Record<string, number>> {
    return Object.fromEntries([
      ...named('http', this.#load.gauges),
      ...named('connections', this.#connections.gauges),
      ...named('sockets', this.#sockets?.gauges ?? {}),
      ...named('services', this.#services?.gauges() ?? {}),
    ]);
  }

  /** Ready for requests afterwards; or closed again, with the reason in one sentence. */
  async start(): Promise<HubStart> {
    try {
      const started = await this.#open();
      if (!started.ok) await this.close();
      return started;
    } catch (error) {
      await this.close();
      const message = folderFault(error, this.#config.dataFolder);
      if (message === undefined) throw error;
      this.#log.debug({ err: error }, 'data folder cannot be used');
      return { ok: false, message };
    }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    await this.#closing;
  }

  async #open(): Promise<HubStart> {
    const config = this.#config;
    if (!this.#lockFolder()) return { ok: false, message: folderInUse('hub', config.dataFolder) };
    const { db, writer, reader, reads } = await this.#openStore();
    const publisher = new SitePublisher();
    let claimFile: LocalClaimFile | undefined;
    const tls = this.#tlsService();
    const services = buildServices({
      db,
      writer,
      reader,
      reads,
      clock: this.#clock,
      log: this.#log,
      publisher,
      signUp: config.signUp,
      passwordCost: this.#passwordCost,
      firmwareFolder: join(config.dataFolder, 'firmware'),
      areAgesCertain: this.#clockWatch.areAgesCertain,
      caFingerprint: () => tls.state.caFingerprint,
      hubUrls: () => this.#hubUrls(),
      claimed: () => claimFile?.claimed(),
    });
    for (const consumer of this.#consumers) services.consumers.register(consumer);
    const sockets = this.#socketServer(services, publisher);
    this.#services = services;
    this.#sockets = sockets;
    const listeners: { secure?: HttpServer['secure'] } = {};
    const certified = await tls.start((context) => listeners.secure?.setSecureContext(context));
    if (!certified.ok) return certified;
    this.#closers.push(() => tls.close());
    await services.connections.begin();
    await services.channelTokens.start();
    await services.firmware.open();
    const http = await buildHttpServer({
      ...services,
      log: this.#log.child({ component: 'http' }),
      rateLimits: this.#rateLimits,
      load: this.#load,
      connections: this.#connections,
      connectionTimes: this.#connectionTimes,
      malformed: this.#failuresByAddress(),
      suspects: this.#suspects(),
      dashboardFolder: config.dashboardFolder,
      secureContext: tls.state.secureContext,
      version: HUB_VERSION,
      ownsSocket: (caller, socketId) => sockets.owns(caller, socketId),
      isReady: () => this.#ready,
      caPem: () => tls.state.caPem,
      caFingerprint: () => tls.state.caFingerprint,
      hubUrls: () => this.#hubUrls(),
      requestedAs: (host) => tls.requestedAs(host),
    });
    listeners.secure = http.secure;
    this.#closers.push(() => http.app.close());
    const opened = await this.#openListeners(http, sockets);
    if (!opened.ok) return opened;
    const siteId = await services.sites.ensureFirstSite();
    if (config.localClaimFile !== undefined) {
      claimFile = await this.#localClaimFile(config.localClaimFile, services);
      await claimFile.start(siteId);
    }
    this.#startServices(services);
    await services.consumers.start();
    this.#watchClock(services, tls);
    const code = await renewSetupCode(services.unitOfWork);
    this.#ready = true;
    const { addresses } = opened;
    const signInUrl = code === undefined ? undefined : `${addresses.http}/welcome#code=${code}`;
    return { ok: true, addresses, urls: this.#hubUrls(), names: tls.names, signInUrl };
  }

  /** False when another hub has the folder. */
  #lockFolder(): boolean {
    makeFolder(this.#config.dataFolder);
    const lock = lockFolder(this.#config.dataFolder, LOCK_FILE);
    if (lock) this.#closers.push(() => lock.release());
    return lock !== undefined;
  }

  async #openStore(): Promise<Store> {
    const store = await openStore(this.#config.dataFolder, this.#log.child({ component: 'store' }));
    this.#closers.push(() => store.close());
    return store;
  }

  #tlsService(): TlsService {
    const { dataFolder, tlsNames, tlsCertificateFile, tlsKeyFile, tlsCaFile } = this.#config;
    return new TlsService({
      folder: join(dataFolder, 'tls'),
      clock: this.#clock,
      log: this.#log.child({ component: 'tls' }),
      names: () => machineNames(tlsNames),
      own:
        tlsCertificateFile === undefined || tlsKeyFile === undefined
          ? undefined
          : { certificateFile: tlsCertificateFile, keyFile: tlsKeyFile, caFile: tlsCaFile },
    });
  }

  #socketServer(services: Services, publisher: SitePublisher): SocketServer {
    return new SocketServer({
      auth: new SocketAuth(services),
      tokens: services.channelTokens,
      access: services.channelAccess,
      links: services.links,
      logs: services.logs,
      reports: services.commandReports,
      transfers: services.updateTransfers,
      presence: services.presence,
      connections: services.connections,
      publisher,
      resume: services.siteResume,
      revocations: services.revocations,
      suspects: this.#suspects(),
      owesAnswer: (socket) => this.#connections.owesAnswer(socket),
      times: this.#socketTimes,
      admission: this.#admission,
      shares: services.baseShares,
      clock: this.#clock,
      log: this.#log.child({ component: 'realtime' }),
    });
  }

  #suspects(): Suspects {
    return new Suspects({ refusals: this.#failuresByAddress(), clock: this.#clock });
  }

  #failuresByAddress(): AttemptLimit {
    const max = this.#rateLimits.failures;
    return new AttemptLimit({ clock: this.#clock, max, windowMs: WINDOW_MS });
  }

  async #openListeners(
    http: HttpServer,
    sockets: SocketServer,
  ): Promise<{ ok: true; addresses: HubAddresses } | { ok: false; message: string }> {
    const { httpsHost, httpsPort, httpHost, httpPort } = this.#config;
    sockets.attach([http.plain, http.secure]);
    this.#closers.push(
      () => this.#connections.close(),
      () => closeServer(http.plain),
      () => closeServer(http.secure),
      () => sockets.close(),
    );
    const secure = await listen({
      server: http.secure,
      host: httpsHost,
      port: httpsPort,
      flag: '--https-port',
    });
    if (!secure.ok) return secure;
    const plain = await listen({
      server: http.plain,
      host: httpHost,
      port: httpPort,
      flag: '--http-port',
    });
    if (!plain.ok) return plain;
    this.#httpsPort = secure.port;
    const addresses = {
      https: `https://localhost:${secure.port}`,
      http: `http://localhost:${plain.port}`,
    };
    return { ok: true, addresses };
  }

  async #localClaimFile(path: string, services: Services): Promise<LocalClaimFile> {
    const claimFile = new LocalClaimFile({
      path,
      bases: services.baseService,
      clock: this.#clock,
      log: this.#log.child({ component: 'bases' }),
    });
    this.#closers.push(() => claimFile.close());
    return await Promise.resolve(claimFile);
  }

  #startServices(services: Services): void {
    const { presence, baseService, commandSweeper, commands, waiters, orphans, pruner } = services;
    const { rolloutSweeper, rollouts } = services;
    presence.onChange((baseId) => {
      baseService.presenceChanged(baseId).catch((error: unknown) => {
        this.#log.error({ err: error, baseId }, 'base presence not stored');
      });
    });
    commandSweeper.start(() => commands.sweep());
    rolloutSweeper.start(() => rollouts.sweep());
    orphans.start();
    services.events.start();
    pruner.start();
    this.#closers.push(
      () => pruner.close(),
      () => orphans.close(),
      () => services.events.close(),
      () => services.consumers.close(),
      () => services.eventStreams.close(),
      () => rolloutSweeper.close(),
      () => commandSweeper.close(),
      () => waiters.close(),
      () => presence.close(),
    );
  }

  #watchClock(services: Services, tls: TlsService): void {
    const { commandSweeper, rolloutSweeper, clockSetBack } = services;
    this.#clockWatch.onStep((stepMs) => {
      tls.clockSet();
      rolloutSweeper.recheck();
      if (stepMs > 0) commandSweeper.recheck();
      else
        void clockSetBack()
          .catch((error: unknown) => {
            this.#log.error({ err: error }, 'rows not brought back from the future');
          })
          .finally(() => commandSweeper.recheck());
    });
    this.#clockWatch.start();
    this.#closers.push(() => this.#clockWatch.close());
  }

  /** Addresses for other machines, the likeliest first. */
  #hubUrls(): string[] {
    const { tlsNames } = this.#config;
    return reachableHosts(machineNames(tlsNames), tlsNames).map((host) =>
      host.includes(':')
        ? `https://[${host}]:${this.#httpsPort}`
        : `https://${host}:${this.#httpsPort}`,
    );
  }

  async #closeAll(): Promise<void> {
    this.#ready = false;
    for (const close of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        this.#log.error({ err: error }, 'closing failed');
      }
    }
  }
}

function named(prefix: string, gauges: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(gauges).map(([name, value]) => [`${prefix}.${name}`, value]);
}
