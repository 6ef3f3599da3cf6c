import { io, type Socket } from 'socket.io-client';
import { z } from 'zod';
import type { ErrorCode } from '#protocol/errors.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { bodiesOf } from '#protocol/hub-link/site-part-bodies.ts';
import {
  SiteDelta,
  type SitePartBody,
  type SitePartName,
} from '#protocol/hub-link/site-channel.ts';
import { ChannelLeft, Closing, JoinReply } from '#protocol/hub-link/socket-events.ts';
import type { ApiClient } from './api-client.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';

export interface ChannelSocketDeps {
  readonly url: string;
  readonly ca?: string;
  readonly cleanup: Cleanup;
  /** The caller that requests channels; also provides the cookie of the handshake. */
  readonly api: ApiClient;
  /** Credentials in the handshake: `{token}` or `{assertion}`; none for a browser. */
  readonly auth?: Readonly<Record<string, string>>;
  /** The page that opens the socket; the hub's own by default. */
  readonly origin?: string;
}

const RefusedHandshake = z.object({ data: z.object({ code: z.string() }) });

/** A client of private channels that records what it receives. */
export class ChannelSocket {
  readonly socket: Socket;
  readonly left: ChannelLeft[] = [];
  readonly closings: Closing[] = [];
  readonly #deps: ChannelSocketDeps;
  readonly #deltas: SiteDelta[] = [];

  constructor(deps: ChannelSocketDeps) {
    this.#deps = deps;
    this.socket = io(deps.url, {
      transports: ['websocket'],
      autoConnect: false,
      reconnection: false,
      forceNew: true,
      ...(deps.auth === undefined ? {} : { auth: { ...deps.auth } }),
      ...(deps.ca === undefined ? {} : { ca: deps.ca }),
      extraHeaders: {
        // Over a proxy as well, a browser has one address of the hub, which its cookie is for.
        host: new URL(deps.api.url).host,
        origin: deps.origin ?? deps.api.url,
        ...(deps.api.cookie === '' ? {} : { cookie: deps.api.cookie }),
      },
    });
    this.socket.on('site.delta', (delta: unknown) => this.#deltas.push(SiteDelta.parse(delta)));
    this.socket.on('channel.left', (left: unknown) => this.left.push(ChannelLeft.parse(left)));
    this.socket.on('closing', (closing: unknown) => this.closings.push(Closing.parse(closing)));
    deps.cleanup.add(() => this.socket.disconnect());
  }

  /**
   * Connects.
   *
   * @returns the code if the hub refuses
   */
  connect(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.socket.once('connect', () => resolve(undefined));
      this.socket.once('connect_error', (error) => {
        const parsed = RefusedHandshake.safeParse(error);
        resolve(parsed.success ? parsed.data.data.code : error.message);
      });
      this.socket.connect();
    });
  }

  /**
   * Requests a token for this socket and joins.
   *
   * @returns the code of the refusal, if any
   */
  async join(channel: string): Promise<ErrorCode | undefined> {
    const { token } = await this.authorize(channel);
    return this.joinWith(channel, token);
  }

  authorize(channel: string): Promise<ChannelAuthorization> {
    return this.#deps.api.post(ChannelAuthorization, '/api/channels/authorize', {
      socketId: this.socket.id,
      channel,
    });
  }

  async joinWith(channel: string, token: string): Promise<ErrorCode | undefined> {
    const reply: unknown = await this.socket
      .timeout(5_000)
      .emitWithAck('channel.join', { channel, token });
    const parsed = JoinReply.parse(reply);
    return parsed.ok ? undefined : parsed.code;
  }

  /** All deltas so far. */
  get deltas(): readonly SiteDelta[] {
    return this.#deltas;
  }

  /** The parts of one name so far. */
  seen<N extends SitePartName>(name: N): SitePartBody<N>[] {
    return bodiesOf(this.#deltas, name);
  }

  /** Waits for a part that fits, among those that came and will come. */
  delta<N extends SitePartName>(
    name: N,
    fits: (body: SitePartBody<N>) => boolean,
    timeoutMs?: number,
  ): Promise<SitePartBody<N>> {
    return until(`a fitting ${name} comes`, () => this.seen(name).find(fits), timeoutMs);
  }
}
