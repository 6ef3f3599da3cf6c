import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket as TcpSocket } from 'node:net';
import type { Logger } from 'pino';
import { Server, type Socket } from 'socket.io';
import { AppError, type ErrorCode, errorEntry } from '#protocol/errors.ts';
import type { UserId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { isUser, type Principal } from '../../domain/accounts/principal.ts';
import type { Revocation, Revocations } from '../../domain/accounts/revocations.ts';
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
import type { SocketAuth } from './socket-auth.ts';

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

/** Detects a connection whose peer is silent without having closed it. */
export interface SocketTimes {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** How long a base may take to acknowledge an entry of its log. */
  readonly ackTimeoutMs: number;
  /** How long a connection may take to authenticate. */
  readonly connectTimeoutMs: number;
}

/** A base that falls silent is found after 15 s + 10 s, and offline 4 s later: within 30 s. */
export const DEFAULT_SOCKET_TIMES: SocketTimes = {
  pingIntervalMs: 15_000,
  pingTimeoutMs: 10_000,
  ackTimeoutMs: LIMITS.baseAckTimeoutMs,
  connectTimeoutMs: 10_000,
};
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
    deps.revocations.listen((revocation) => this.#revoked(revocation));
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
   * another hub. Whose it is is seen again when it joins.
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

  /** Admits nobody any more; each of those that are in can be closed by its function. */
  drain(): ((retryAfterMs: number) => void)[] {
    this.#isDraining = true;
    return [...this.#clients.values()].map((client) => (retryAfterMs) => {
      client.closeWith({ code: 'not_ready', reconnect: 'backoff', retryAfterMs });
    });
  }

  /** Tells everyone to reconnect later, and closes. */
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

  /** Others need its place and have fewer: it reconnects after a wait. */
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

  #revoked(revocation: Revocation): void {
    for (const client of [...this.#clients.values()]) {
      const { caller } = client;
      switch (revocation.kind) {
        case 'session':
          if (caller.kind === 'session' && caller.sessionId === revocation.sessionId) end(client);
          break;
        case 'token':
          if (caller.kind === 'token' && caller.tokenId === revocation.tokenId) end(client);
          break;
        case 'member':
          if (userOf(caller) === revocation.userId) {
            client.revoke({ kind: 'site', siteId: revocation.siteId });
          }
          break;
        case 'base':
          if (caller.kind === 'base' && caller.baseId === revocation.baseId) {
            client.closeWith({ code: 'base_revoked', reconnect: 'never' });
          }
          break;
        case 'device':
        case 'credential':
        case 'device_changed':
        case 'session_changed':
        case 'members_changed':
        case 'unheard':
          break;
        default:
          revocation satisfies never;
      }
    }
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

function end(client: Connection): void {
  client.closeWith({ code: 'revoked', reconnect: 'never' });
}

function userOf(caller: Principal): UserId | undefined {
  return isUser(caller) ? caller.userId : undefined;
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof AppError ? error.code : 'internal';
}

function refusal(code: ErrorCode): Error & { data: { code: string } } {
  return Object.assign(new Error(errorEntry(code).message), { data: { code } });
}
