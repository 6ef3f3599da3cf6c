import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import type { HubConfig } from './config/config.ts';
import type { SitePublisher } from './delivery/site-publisher.ts';
import { AttemptLimit } from './domain/accounts/attempt-limit.ts';
import type { AccountsOffers } from './domain/accounts/module.ts';
import { Suspects } from './domain/accounts/suspects.ts';
import { TrustedProxies } from './edges/admission/trusted-proxies.ts';
import { sharedAddresses } from './edges/admission/shared-addresses.ts';
import { type AdmissionBounds, DEFAULT_ADMISSION } from './edges/channels/admission.ts';
import { SocketAuth } from './edges/channels/socket-auth.ts';
import { SocketServer } from './edges/channels/socket-server.ts';
import { DEFAULT_SOCKET_TIMES, type SocketTimes } from './edges/channels/socket-times.ts';
import {
  Connections,
  type ConnectionTimes,
  DEFAULT_CONNECTION_BOUNDS,
  DEFAULT_CONNECTION_TIMES,
} from './edges/http/connections.ts';
import { closeServer, listen } from './edges/admission/listen.ts';
import { DEFAULT_LOAD_BOUNDS, LoadBound, type LoadBounds } from './edges/http/load-bound.ts';
import {
  DEFAULT_RATE_LIMITS,
  type RateLimitSettings,
  WINDOW_MS,
} from './edges/http/rate-limits.ts';
import { type HttpServer, type HttpServerDeps, buildHttpServer } from './edges/http/server.ts';
import {
  type MqttAddresses,
  MqttListeners,
  type MqttListenersDeps,
} from './edges/mqtt/mqtt-listeners.ts';
import { WebSocketClients } from './edges/mqtt/web-socket-clients.ts';
import type { BaseLogOffers } from './domain/base-log/module.ts';
import type { BasesOffers } from './domain/bases/module.ts';
import type { ChannelsOffers } from './domain/channels/module.ts';
import type { CommandsOffers } from './domain/commands/module.ts';
import type { HubsOffers } from './domain/hubs/module.ts';
import type { RolloutsOffers } from './domain/rollouts/module.ts';
import type { DeliveryOffers } from './delivery/module.ts';
import type { DeviceCertificates } from './kernel/device-certificates.ts';
import { type CloseOne, passed } from './kernel/paced-closes.ts';
import type { Foundation } from './store/module.ts';
import type { ClosingStack } from '#platform/closing-stack.ts';
import { machineNames, reachableHosts } from './tls/names.ts';
import { type ShareAuthority, type TlsStart, TlsService } from './tls/tls-service.ts';

const LOOK_EVERY_MS = 20;

/** Limits for clients; defaults for what is omitted. */
export interface ListenerSettings {
  readonly rateLimits?: RateLimitSettings;
  readonly loadBounds?: Partial<LoadBounds>;
  readonly socketTimes?: SocketTimes;
  readonly admission?: AdmissionBounds;
  readonly connectionTimes?: Partial<ConnectionTimes>;
}

export interface ListenersDeps extends ListenerSettings {
  readonly config: HubConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  /** Resources opened here are closed with the rest of the hub. */
  readonly closing: Pick<ClosingStack, 'push'>;
}

/** What HTTP and the channels make requests of. */
export type ListenedServices = Omit<
  HttpServerDeps,
  | 'log'
  | 'rateLimits'
  | 'load'
  | 'proxies'
  | 'connections'
  | 'connectionTimes'
  | 'malformed'
  | 'suspects'
  | 'dashboardFolder'
  | 'secureContext'
  | 'version'
  | 'ownsSocket'
  | 'isReady'
  | 'caPem'
  | 'caFingerprint'
  | 'hubUrls'
  | 'mqttAddress'
  | 'requestedAs'
  | 'libpyiotcloudAtRoot'
> &
  ConstructorParameters<typeof SocketAuth>[0] &
  Pick<AccountsOffers, 'revocations'> &
  Pick<BasesOffers, 'links' | 'connections' | 'baseShares'> &
  Pick<CommandsOffers, 'commandReports'> &
  Pick<RolloutsOffers, 'updateTransfers'> &
  Pick<DeliveryOffers, 'siteResume' | 'siteChannel'> &
  HubsOffers &
  Pick<Foundation, 'isShared'> &
  BaseLogOffers &
  ChannelsOffers &
  Omit<
    MqttListenersDeps,
    'admitSocket' | 'isShared' | 'secureContext' | 'suspects' | 'clock' | 'log'
  > & {
    readonly publisher: SitePublisher;
    readonly isReady: () => boolean;
  };

export interface HubAddresses extends MqttAddresses {
  readonly https: string;
  readonly http: string;
}

export type Listening =
  | { readonly ok: true; readonly addresses: HubAddresses }
  | { readonly ok: false; readonly message: string };

/** How the hub is reached: by its certificates, over HTTP and channels on two ports. */
export class Listeners {
  readonly #deps: ListenersDeps;
  readonly #rateLimits: RateLimitSettings;
  readonly #connectionTimes: ConnectionTimes;
  readonly #proxies: TrustedProxies;
  readonly #load: LoadBound;
  readonly #connections: Connections;
  readonly #tls: TlsService;
  readonly #gauges: (() => [string, number][])[] = [];
  #httpsPort = 0;
  #sockets: SocketServer | undefined;
  #mqtt: MqttListeners | undefined;
  #servers: readonly (HttpServer['plain'] | HttpServer['secure'])[] = [];

  constructor(deps: ListenersDeps) {
    const { config, clock } = deps;
    const isShared = sharedAddresses(config.sharedAddresses);
    const proxies = new TrustedProxies(config.trustedProxies);
    this.#proxies = proxies;
    this.#deps = deps;
    this.#rateLimits = deps.rateLimits ?? DEFAULT_RATE_LIMITS;
    this.#connectionTimes = { ...DEFAULT_CONNECTION_TIMES, ...deps.connectionTimes };
    const bounds = { ...DEFAULT_LOAD_BOUNDS, ...deps.loadBounds };
    const load = new LoadBound({ bounds, isShared, clock });
    const connections = new Connections({
      bounds: { ...DEFAULT_CONNECTION_BOUNDS, perAddress: config.connectionsPerAddress },
      times: this.#connectionTimes,
      isShared,
      isProxy: (address) => proxies.includes(address),
      clock,
      log: this.#log('http'),
    });
    this.#load = load;
    this.#connections = connections;
    this.#tls = this.#tlsService();
    this.#gauges.push(
      () => named('http', load.gauges),
      () => named('connections', connections.gauges),
    );
  }

  get gauges(): [string, number][] {
    return this.#gauges.flatMap((gauges) => gauges());
  }

  /** Names and addresses that the certificate bears. */
  get names(): readonly string[] {
    return this.#tls.names;
  }

  readonly caFingerprint = (): string => this.#tls.state.caFingerprint;

  /** Of devices, by the local CA. */
  readonly deviceCertificates: DeviceCertificates = {
    issue: async (request) => await this.#tls.issueToClient(request),
  };

  /** Addresses for other machines, the likeliest first. */
  readonly urls = (): string[] => {
    return this.#hosts().map((host) =>
      host.includes(':')
        ? `https://[${host}]:${this.#httpsPort}`
        : `https://${host}:${this.#httpsPort}`,
    );
  };

  #hosts(): string[] {
    const { tlsNames } = this.#deps.config;
    return reachableHosts(machineNames(tlsNames), tlsNames);
  }

  /** @param share what hubs on one database have in common. */
  async certify(share?: ShareAuthority): Promise<TlsStart> {
    this.#deps.closing.push(() => this.#tls.close());
    return await this.#tls.start(share);
  }

  /** Answers are the last of their connections, while all is served as before. */
  beginDrain(): void {
    this.#connections.drain();
  }

  /** Admits no more sockets; returns what closes each one that there is. */
  drainSockets(): CloseOne[] {
    return [...(this.#sockets?.drain() ?? []), ...(this.#mqtt?.drain() ?? [])];
  }

  /** Accepts no more connections, and gives open requests this time. */
  async finish(timeoutMs: number, stopNow: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const untilMs = clock.monotonicMs() + timeoutMs;
    for (const server of this.#servers) {
      server.close();
      server.closeIdleConnections();
    }
    while (this.#connections.unanswered > 0 && clock.monotonicMs() < untilMs && !stopNow.aborted) {
      await passed(clock, LOOK_EVERY_MS, stopNow);
    }
  }

  clockSet(): void {
    this.#tls.clockSet();
    this.#sockets?.clockSet();
  }

  /** From here on everyone can connect. */
  async listen(services: ListenedServices): Promise<Listening> {
    const sockets = this.#socketServer(services);
    this.#sockets = sockets;
    this.#gauges.push(() => named('sockets', sockets.gauges));
    const http = await this.#httpServer(services, sockets);
    const { secureContext } = this.#tls.state;
    const mqtt = this.#mqttListeners(services);
    this.#mqtt = mqtt;
    this.#gauges.push(() => named('mqtt', mqtt.server.gauges));
    this.#tls.onRenewed((context) => {
      http.secure.setSecureContext(context);
      mqtt.server.setSecureContext(context);
    });
    // It may have been renewed while the server was built.
    http.secure.setSecureContext(secureContext);
    this.#servers = [http.plain, http.secure];
    sockets.attach(this.#servers);
    new WebSocketClients({
      server: mqtt.server,
      proxies: this.#proxies,
      owesAnswer: (socket) => this.#connections.owesAnswer(socket),
    }).attach(this.#servers);
    this.#deps.closing.push(
      () => http.app.close(),
      () => this.#connections.close(),
      () => closeServer(http.plain),
      () => closeServer(http.secure),
      () => sockets.close(),
      () => mqtt.close(),
    );
    return await this.#open(http, mqtt);
  }

  async #open(http: HttpServer, mqtt: MqttListeners): Promise<Listening> {
    const { httpsHost, httpsPort, httpHost, httpPort } = this.#deps.config;
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
    const messages = await mqtt.open(this.#deps.config);
    if (!messages.ok) return messages;
    const addresses = {
      https: `https://localhost:${secure.port}`,
      http: `http://localhost:${plain.port}`,
      ...messages.addresses,
    };
    return { ok: true, addresses };
  }

  async #httpServer(services: ListenedServices, sockets: SocketServer): Promise<HttpServer> {
    const tls = this.#tls;
    return await buildHttpServer({
      ...services,
      log: this.#log('http'),
      rateLimits: this.#rateLimits,
      load: this.#load,
      proxies: this.#proxies,
      connections: this.#connections,
      connectionTimes: this.#connectionTimes,
      malformed: this.#failuresByAddress(),
      suspects: this.#suspects(),
      dashboardFolder: this.#deps.config.dashboardFolder,
      secureContext: tls.state.secureContext,
      version: this.#deps.version,
      ownsSocket: (caller, socketId) => sockets.owns(caller, socketId),
      caPem: () => tls.state.caPem,
      caFingerprint: this.caFingerprint,
      hubUrls: this.urls,
      mqttAddress: () => ({ hosts: this.#hosts(), port: this.#mqtt?.securePort ?? null }),
      libpyiotcloudAtRoot: this.#deps.config.libpyiotcloudRoot === 'on',
      requestedAs: (host) => tls.requestedAs(host),
    });
  }

  #socketServer(services: ListenedServices): SocketServer {
    return new SocketServer({
      auth: new SocketAuth(services),
      tokens: services.channelTokens,
      access: services.channelAccess,
      links: services.links,
      logs: services.logs,
      reports: services.commandReports,
      loggedCommands: services.loggedCommands,
      transfers: services.updateTransfers,
      connections: services.connections,
      publisher: services.publisher,
      resume: services.siteResume,
      siteChannel: services.siteChannel,
      rightsAudit: services.rightsAudit,
      lease: services.lease,
      isShared: services.isShared,
      revocations: services.revocations,
      suspects: this.#suspects(),
      proxies: this.#proxies,
      owesAnswer: (socket) => this.#connections.owesAnswer(socket),
      times: this.#deps.socketTimes ?? DEFAULT_SOCKET_TIMES,
      admission: this.#deps.admission ?? DEFAULT_ADMISSION,
      shares: services.baseShares,
      clock: this.#deps.clock,
      log: this.#log('realtime'),
    });
  }

  #mqttListeners(services: ListenedServices): MqttListeners {
    return new MqttListeners({
      ...services,
      secureContext: this.#tls.state.secureContext,
      suspects: this.#suspects(),
      admitSocket: (socket) => this.#connections.admit(socket),
      clock: this.#deps.clock,
      log: this.#log('mqtt'),
    });
  }

  #tlsService(): TlsService {
    const { dataFolder, tlsNames, tlsCertificateFile, tlsKeyFile, tlsCaFile } = this.#deps.config;
    return new TlsService({
      folder: join(dataFolder, 'tls'),
      clock: this.#deps.clock,
      log: this.#log('tls'),
      names: () => machineNames(tlsNames),
      own:
        tlsCertificateFile === undefined || tlsKeyFile === undefined
          ? undefined
          : { certificateFile: tlsCertificateFile, keyFile: tlsKeyFile, caFile: tlsCaFile },
    });
  }

  #suspects(): Suspects {
    return new Suspects({ refusals: this.#failuresByAddress(), clock: this.#deps.clock });
  }

  #failuresByAddress(): AttemptLimit {
    const max = this.#rateLimits.failures;
    return new AttemptLimit({ clock: this.#deps.clock, max, windowMs: WINDOW_MS });
  }

  #log(component: string): Logger {
    return this.#deps.log.child({ component });
  }
}

function named(prefix: string, gauges: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(gauges).map(([name, value]) => [`${prefix}.${name}`, value]);
}
