import type { Logger } from 'pino';
import type { BaseId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import type { BaseLogService } from '../../domain/base-log/base-log-service.ts';
import type { LoggedCommands } from '../../domain/base-log/logged-commands.ts';
import type { BaseConnections } from '../../domain/bases/base-connections.ts';
import type { BaseLinks } from '../../domain/bases/base-links.ts';
import { BaseSession } from './base-session.ts';
import type { Connection } from './connection.ts';

export interface BaseSessionsDeps {
  readonly links: BaseLinks;
  readonly logs: BaseLogService;
  readonly loggedCommands: LoggedCommands;
  readonly connections: BaseConnections;
  /** How long a base may take to acknowledge an entry of its log. */
  readonly ackTimeoutMs: number;
  /** The socket is a base's. */
  readonly joined: (socketId: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The sessions of the bases that are connected here: one of each base, the newest. */
export class BaseSessions {
  readonly #deps: BaseSessionsDeps;
  readonly #clients = new Map<BaseId, Connection>();

  constructor(deps: BaseSessionsDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** It has joined its channel; the one before it ends. */
  open(client: Connection, baseId: BaseId): BaseSession {
    const { links, logs, loggedCommands, ackTimeoutMs, joined, clock, log } = this.#deps;
    const before = this.#clients.get(baseId);
    this.#clients.set(baseId, client);
    if (before && before !== client) {
      before.closeWith({ code: 'taken_over', reconnect: 'never' });
    }
    const { socket } = client;
    joined(socket.id);
    const recorded = this.#record(client, baseId);
    const session = new BaseSession({
      baseId,
      connection: socket.id,
      recorded,
      socket: {
        isConnected: () => socket.connected,
        sendEntry: async (entry, timeoutMs): Promise<unknown> => {
          const acked: unknown = await socket.timeout(timeoutMs).emitWithAck('log.entry', entry);
          return acked;
        },
        sendHeartbeat: (beat) => void socket.emit('heartbeat', beat),
        request: async (name, payload, timeoutMs): Promise<unknown> => {
          const acked: unknown = await socket.timeout(timeoutMs).emitWithAck(name, payload);
          return acked;
        },
        // Not for good: of two hubs, the one with the newer connection may have noted it first.
        superseded: () => client.closeWith({ code: 'taken_over', reconnect: 'backoff' }),
      },
      logs,
      reports: loggedCommands,
      ackTimeoutMs,
      clock,
      log,
    });
    links.attach(baseId, session);
    session.start();
    return session;
  }

  /** A connection that is not on record is of no use: the base comes again. */
  async #record(client: Connection, baseId: BaseId): Promise<void> {
    const { connections, log } = this.#deps;
    try {
      await connections.joined(baseId, client.socket.id);
    } catch (error) {
      log.error({ err: error, baseId }, 'connection not stored');
      client.closeWith({ code: 'not_ready', reconnect: 'backoff' });
    }
  }

  /** Other hubs considered this one dead, and ended these connections on record. */
  sendAway(): void {
    for (const client of [...this.#clients.values()]) {
      client.closeWith({ code: 'not_ready', reconnect: 'backoff' });
    }
  }

  close(client: Connection, baseId: BaseId, session: BaseSession): void {
    this.#deps.links.detach(baseId, session);
    void this.#deps.connections.left(baseId, client.socket.id);
    if (this.#clients.get(baseId) !== client) return;
    this.#clients.delete(baseId);
  }
}
