import { createServer } from 'node:http';
import { io } from 'socket.io-client';
import { Server } from 'socket.io';
import type { HubSocket } from '#client/channel-client.ts';
import {
  type ClientToHub,
  type HubToClient,
  JoinRequest,
} from '#protocol/hub-link/socket-events.ts';
import type { SiteDelta, SiteResumed } from '#protocol/hub-link/site-channel.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';

/** A hub's channel of one site, by script: over a real socket, without a hub behind it. */
export class SiteChannelServer {
  /** What the next joins are answered. */
  cursor: SiteCursor;
  resumed: SiteResumed = { recovered: true, parts: [] };
  /** Positions that clients sent with their joins. */
  readonly joinedAfter: (SiteCursor | undefined)[] = [];
  readonly #io: Server<ClientToHub, HubToClient>;
  #port = 0;

  constructor(cursor: SiteCursor) {
    this.cursor = cursor;
    this.#io = new Server({ transports: ['websocket'], serveClient: false });
  }

  async start(cleanup: Cleanup): Promise<void> {
    const http = createServer();
    this.#io.attach(http);
    this.#io.on('connection', (socket) => {
      socket.on('channel.join', (payload, ack) => {
        const { channel, after } = JoinRequest.parse(payload);
        this.joinedAfter.push(after);
        const { cursor, resumed } = this;
        ack({ ok: true, channel, grantExpiresAtMs: Date.UTC(2100, 0, 1), cursor, resumed });
      });
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const address = http.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : 0;
    cleanup.add(() => this.#io.close());
  }

  readonly openSocket = (): HubSocket =>
    io(`http://127.0.0.1:${this.#port}`, {
      ...{ transports: ['websocket'], autoConnect: false, reconnection: false, forceNew: true },
    });

  publish(delta: SiteDelta): void {
    this.#io.emit('site.delta', delta);
  }
}
