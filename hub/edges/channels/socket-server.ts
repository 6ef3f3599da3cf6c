import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket as TcpSocket } from 'node:net';
import type { Logger } from 'pino';
import { Server, type Socket } from 'socket.io';
import { AppError, type ErrorCode, errorEntry } from '#protocol/errors.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Principal } from '../../domain/accounts/principal.ts';
import type { Revocations } from '../../domain/accounts/revocations.ts';
import type { Suspects } from '../../domain/accounts/suspects.ts';
import type { BaseLinks } from '../../domain/bases/base-links.ts';
import type { BaseShares } from '../../domain/bases/base-shares.ts';
import type { BaseLogService } from '../../domain/base-log/base-log-service.ts';
import type { BaseConnections } from '../../domain/bases/base-connections.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { LoggedCommands } from '../../domain/base-log/logged-commands.ts';
import type { CommandReports } from '../../domain/commands/command-reports.ts';
import { addressKey } from '../admission/address-key.ts';
import type { TrustedProxies } from '../admission/trusted-proxies.ts';
import { cookiePlace } from '../admission/session-cookie.ts';
import { limitUpgrades } from '../admission/upgrade-limit.ts';
import type { UpdateTransfers } from '../../domain/rollouts/update-transfers.ts';
import { Admission, type AdmissionBounds, ownerOf } from './admission.ts';
import { BaseSessions } from './base-sessions.ts';
import type { ChannelAccess } from '../../domain/channels/channel-access.ts';
import type { ChannelTokens } from '../../domain/channels/channel-tokens.ts';
import { Connection } from './connection.ts';
import { ConnectionAdmission } from './connection-admission.ts';
import { gatherWrites } from './gather-writes.ts';
import { closeForNow } from './outbound-bound.ts';
import type { SitePublisher } from '../../delivery/site-publisher.ts';
import type { SiteChannel } from '../../delivery/site-channel.ts';
import type { RightsAudit } from '../../domain/channels/rights-audit.ts';
import type { HubLease } from '../../domain/hubs/hub-lease.ts';
import { WallTimers } from '../../kernel/wall-timers.ts';
import type { SiteResume } from '../../delivery/site-resume.ts';
import type { SiteDelta } from '#protocol/hub-link/site-channel.ts';
import { endRevoked } from './revoked-connection.ts';
import type { SocketAuth } from './socket-auth.ts';
import type { SocketTimes } from './socket-times.ts';

export interface SocketServerDeps {
  readonly auth: SocketAuth;
  readonly tokens: ChannelTokens;
  readonly access: ChannelAccess;
  readonly links: BaseLinks;
  readonly logs: BaseLogService;
  readonly reports: CommandReports;
  readonly loggedCommands: LoggedCommands;
  readonly transfers: UpdateTransfers;
  readonly connections: BaseConnections;
  readonly publisher: SitePublisher;
  readonly resume: SiteResume;
  readonly siteChannel: Pick<SiteChannel, 'begin'>;
  readonly rightsAudit: Pick<RightsAudit, 'register'>;
  /** Other hubs may have sockets of the same callers. */
  readonly isShared: boolean;
  readonly lease: Pick<HubLease, 'onLapse'>;
  readonly revocations: Revocations;
  /** Wrong proofs by address. */
  readonly suspects: Suspects;
  /** Whether an answer is due on a connection (hub/edges/http/connections.ts). */
  readonly owesAnswer: (socket: TcpSocket) => boolean;
  readonly proxies: TrustedProxies;
  readonly times: SocketTimes;
  readonly admission: AdmissionBounds;
  readonly shares: BaseShares;
  readonly clock: Clock;
  readonly log: Logger;
}

const OUTBOUND_CHECK_MS = 1_000;

interface HandshakeRefusal {
  readonly code: ErrorCode;
  /** Another try cannot help: the proof is wrong. */
  readonly isFinal: boolean;
}

/** The private channels (docs/channels.md): connecting, joining, takeover, disconnecting. */
export class SocketServer {
  readonly #deps: SocketServerDeps;
  readonly #admission: Admission;
  readonly #connectionAdmission: ConnectionAdmission;
  readonly #clients = new Map<string, Connection>();
  readonly #bases: BaseSessions;
  readonly #deadlines: WallTimers;
  #io: Server | undefined;
  #isDraining = false;
  #cancelOutboundCheck: CancelTimer | undefined;
  readonly #engines: { readonly clientsCount: number }[] = [];

  constructor(deps: SocketServerDeps) {
    this.#deps = deps;
    this.#admission = new Admission(deps.admission);
    this.#deadlines = new WallTimers(deps.clock);
    this.#bases = new BaseSessions({
      ...deps,
      ackTimeoutMs: deps.times.ackTimeoutMs,
      joined: (socketId) => this.#admission.joined(socketId),
    });
    this.#connectionAdmission = new ConnectionAdmission({
      refused: (address) => deps.suspects.refused(address),
      proxies: deps.proxies,
      clock: deps.clock,
      log: deps.log,
    });
    deps.revocations.listen((revocation) => {
      for (const client of [...this.#clients.values()]) endRevoked(client, revocation);
    });
    deps.rightsAudit.register(() =>
      [...this.#clients.values()].map(({ caller, sites }) => ({ caller, sites })),
    );
    deps.lease.onLapse(() => this.#bases.sendAway());
  }

  /** Attaches to these servers; each gets its own engine. */
  attach(servers: readonly (HttpServer | HttpsServer)[]): void {
    const io = new Server({
      transports: ['websocket'],
      serveClient: false,
      allowEIO3: false,
      perMessageDeflate: false,
      httpCompression: false,
      cookie: false,
      maxHttpBufferSize: LIMITS.socketMessageBytes,
      pingInterval: this.#deps.times.pingIntervalMs,
      pingTimeout: this.#deps.times.pingTimeoutMs,
      connectTimeout: this.#deps.times.connectTimeoutMs,
    });
    this.#io = io;
    io.use((socket, next) => {
      this.#admit(socket)
        .catch((error: unknown) => {
          this.#deps.log.error({ err: error }, 'handshake failed');
          return { code: codeOf(error), isFinal: false };
        })
        .then((refused) => next(refused && this.#refuse(socket, refused)), next);
    });
    io.on('connection', (socket) => this.#connected(socket));
    for (const server of servers) {
      const requests = server.listeners('request');
      io.attach(server, { destroyUpgrade: false });
      limitUpgrades(server, requests, {
        path: io.path() + '/',
        owesAnswer: this.#deps.owesAnswer,
        isDraining: () => this.#isDraining,
      });
      this.#engines.push(io.engine);
      io.engine.on('connection', (connection: Socket['conn']) => {
        this.#connectionAdmission.watch(connection);
        gatherWrites(connection);
      });
    }
    this.#deps.publisher.connect({
      send: (room, delta) => this.#send(room, delta),
      hasAnybody: (room) => (this.#io?.of('/').adapter.rooms.get(room)?.size ?? 0) > 0,
      names: () => this.#io?.of('/').adapter.rooms.keys() ?? [],
    });
  }

  /** Resources held for sockets now; all 0 when there are none. */
  get gauges(): Readonly<Record<'clients' | 'admitted' | 'bases' | 'engine', number>> {
    return {
      clients: this.#clients.size,
      admitted: this.#admission.size,
      bases: this.#bases.size,
      engine: this.#engines.reduce((sum, engine) => sum + engine.clientsCount, 0),
    };
  }

  /**
   * Whether this socket may be the caller's own: one that is not connected here may be at
   * another hub. Its owner is checked again when it joins.
   */
  owns(caller: Principal, socketId: string): boolean {
    const client = this.#clients.get(socketId);
    if (!client) return this.#deps.isShared;
    return ownerOf(client.caller) === ownerOf(caller);
  }

  /** Grants end by the wall clock, which was set. */
  clockSet(): void {
    this.#deadlines.recheck();
  }

  /** Refuses new sockets; returns functions that close those there are. */
  drain(): ((retryAfterMs: number) => void)[] {
    this.#isDraining = true;
    return [...this.#clients.values()].map((client) => (retryAfterMs) => {
      client.closeWith({ code: 'not_ready', reconnect: 'backoff', retryAfterMs });
    });
  }

  /** Closes all sockets, which reconnect later. */
  async close(): Promise<void> {
    this.#cancelOutboundCheck?.();
    for (const client of this.#clients.values()) {
      client.closeWith({ code: 'not_ready', reconnect: 'backoff', retryAfterMs: 1_000 });
      client.closed();
    }
    this.#clients.clear();
    // The HTTP servers are closed by their owner.
    await this.#io?.of('/').adapter.close();
    this.#io = undefined;
  }

  /** A refusal ends the connection: a retry costs another one. */
  #refuse(socket: Socket, { code, isFinal }: HandshakeRefusal): Error {
    // A base knows each code, and what to do about it; to a stock client any refusal is final.
    if (isFinal || socket.handshake.auth['assertion'] !== undefined) {
      // Socket.IO writes the refusal next, which is then sent.
      setImmediate(() => socket.conn.close());
    } else {
      closeForNow(socket.conn, code);
    }
    return refusal(code);
  }

  async #admit(socket: Socket): Promise<HandshakeRefusal | undefined> {
    const { auth, suspects, log } = this.#deps;
    const { request } = socket;
    const client = this.#deps.proxies.clientOf(request);
    const address = addressKey(client.address);
    const verdict = await auth.authenticate({
      auth: socket.handshake.auth,
      headers: socket.handshake.headers,
      place: cookiePlace(request, client.isSecure),
      mayVerify: () => suspects.mayVerify(address),
    });
    if (!verdict.ok) {
      if (suspects.refused(address)) return { code: 'rate_limited', isFinal: true };
      log.info({ code: verdict.code }, 'socket refused');
      return { code: verdict.code, isFinal: true };
    }
    const { caller } = verdict;
    const path = caller.kind === 'base' ? await this.#deps.shares.pathOf(caller.baseId) : [];
    // Its slot would be released when it closes, but it is already closed.
    if (this.#isDraining || socket.conn.readyState !== 'open')
      return { code: 'not_ready', isFinal: false };
    const refused = this.#admission.enter(socket.id, caller, {
      path,
      giveWay: () => this.#giveWay(socket),
    });
    if (refused !== undefined) return { code: refused, isFinal: false };
    this.#connectionAdmission.accepted(socket.conn);
    this.#clients.set(socket.id, this.#clientOf(socket, verdict.caller));
    this.#cancelOutboundCheck ??= this.#armOutboundCheck();
    // A connection that ends before it is accepted emits no event of the socket.
    socket.conn.once('close', () => this.#disconnected(socket.id));
    return undefined;
  }

  /** Evicted for an owner with fewer sockets: it reconnects after a wait. */
  #giveWay(socket: Socket): void {
    this.#clients.get(socket.id)?.closeWith({ code: 'overloaded', reconnect: 'backoff' });
  }

  #clientOf(socket: Socket, caller: Principal): Connection {
    const { tokens, access, reports, transfers, resume, siteChannel, clock, log } = this.#deps;
    return new Connection({
      watching: siteChannel.begin,
      socket,
      caller,
      budget: this.#connectionAdmission.budgetOf(ownerOf(caller)),
      tokens,
      access,
      reports,
      transfers,
      resume,
      isDraining: () => this.#isDraining,
      clock,
      deadlines: this.#deadlines,
      log,
      openBase: (client, baseId) => this.#bases.open(client, baseId),
      closeBase: (client, baseId, session) => this.#bases.close(client, baseId, session),
    });
  }

  #connected(socket: Socket): void {
    const client = this.#clients.get(socket.id);
    if (!client) {
      // The right was revoked between the handshake and now, or the hub stops: the next
      // handshake says which.
      closeForNow(socket.conn, 'not_ready');
      return;
    }
    socket.on('disconnect', (reason) => {
      this.#disconnected(socket.id);
      // Socket.IO would keep the connection for other namespaces, of which there are none.
      if (reason === 'client namespace disconnect') socket.conn.close(true);
    });
    client.open();
  }

  #disconnected(socketId: string): void {
    const client = this.#clients.get(socketId);
    this.#clients.delete(socketId);
    this.#admission.leave(socketId);
    client?.closed();
  }

  #send(room: string, delta: SiteDelta): void {
    this.#io?.to(room).emit('site.delta', delta);
    for (const socketId of this.#io?.of('/').adapter.rooms.get(room) ?? []) {
      this.#clients.get(socketId)?.checkOutbound();
    }
  }

  /** Repeats while there are sockets. */
  #armOutboundCheck(): CancelTimer {
    return this.#deps.clock.after(OUTBOUND_CHECK_MS, () => {
      for (const client of [...this.#clients.values()]) client.checkOutbound();
      this.#cancelOutboundCheck = this.#clients.size > 0 ? this.#armOutboundCheck() : undefined;
    });
  }
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof AppError ? error.code : 'internal';
}

function refusal(code: ErrorCode): Error & { data: { code: string } } {
  return Object.assign(new Error(errorEntry(code).message), { data: { code } });
}
