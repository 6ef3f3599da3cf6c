import { io } from 'socket.io-client';
import { Agent, fetch } from 'undici';
import type { ChannelClient } from '#client/channel-client.ts';
import { createHttpClient, type HttpClient } from '#client/http-client.ts';
import { createSiteApi, type SiteApi } from '#client/site-api.ts';
import { LIMITS } from '#protocol/limits.ts';

/** How to reach a hub, and as whom. */
export interface HubAccess {
  readonly origin: string;
  readonly ca?: string | undefined;
  readonly secret?: string | undefined;
}

export interface HubConnection {
  readonly http: HttpClient;
  readonly siteApi: SiteApi;
  /** Neither connects nor reconnects automatically. */
  readonly openSocket: () => ReturnType<OpenSocket>;
  readonly close: () => Promise<void>;
}

type OpenSocket = ConstructorParameters<typeof ChannelClient>[0]['openSocket'];

/** The wait for a command's end that was requested, plus an allowance for the network. */
const TIMEOUT_MS = LIMITS.maxWaitSeconds * 1_000 + 15_000;
const DIAL_TIMEOUT_MS = 10_000;

export function connectToHub({ origin, ca, secret }: HubAccess): HubConnection {
  const tls = ca === undefined ? {} : { ca };
  const dispatcher = new Agent({ connect: { ...tls, timeout: DIAL_TIMEOUT_MS } });
  const http = createHttpClient({
    fetch: (url, init) => fetch(url, { ...init, dispatcher }),
    origin,
    timeoutMs: TIMEOUT_MS,
    ...(secret === undefined ? {} : { token: secret }),
  });
  return {
    http,
    siteApi: createSiteApi(http),
    openSocket: () =>
      io(origin, {
        transports: ['websocket'],
        autoConnect: false,
        reconnection: false,
        forceNew: true,
        ...tls,
        auth: { token: secret },
      }),
    close: () => dispatcher.destroy(),
  };
}
