import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
import { refuseRaw } from '../admission/raw-refusal.ts';
import { sameOrigin } from '../admission/same-origin.ts';
import type { TrustedProxies } from '../admission/trusted-proxies.ts';
import type { MqttServer } from './mqtt-server.ts';

export const MQTT_PATH = '/mqtt';
/** Of MQTT 3.1.1 and 5 (section 6.0), and of 3.1. */
const SUBPROTOCOLS: readonly string[] = ['mqtt', 'mqttv3.1'];
/** A frame: a client may put the end of one packet and the next into it. */
const FRAME_BYTES = MQTT_LIMITS.packetBytes + 65_536;

export interface WebSocketClientsDeps {
  readonly server: Pick<MqttServer, 'accept' | 'isDraining'>;
  readonly proxies: Pick<TrustedProxies, 'clientOf'>;
  /** Whether an answer is due on this connection, which an upgrade would run into. */
  readonly owesAnswer: (socket: Socket) => boolean;
}

/** Clients of the broker that come by WebSocket, on the ports of HTTP: pages, mostly. */
export class WebSocketClients {
  readonly #deps: WebSocketClientsDeps;
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES,
    handleProtocols: (offered) => SUBPROTOCOLS.find((one) => offered.has(one)) ?? false,
  });

  constructor(deps: WebSocketClientsDeps) {
    this.#deps = deps;
  }

  /** After all other upgrade listeners, which keep the upgrades at other paths. */
  attach(servers: readonly (Server | SecureServer)[]): void {
    for (const server of servers) {
      const others = server.listeners('upgrade');
      server.removeAllListeners('upgrade');
      server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
        if (pathOf(request) === MQTT_PATH) this.#upgrade(request, socket, head);
        else for (const one of others) Reflect.apply(one, server, [request, socket, head]);
      });
    }
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { server, proxies, owesAnswer } = this.#deps;
    socket.on('error', () => undefined);
    if (owesAnswer(socket) || socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const client = proxies.clientOf(request);
    if (!isMqtt(request)) refuseRaw(socket, 'bad_request');
    else if (!sameOrigin(request.headers, client.isSecure)) refuseRaw(socket, 'origin_refused');
    else if (server.isDraining) refuseRaw(socket, 'not_ready');
    else {
      this.#upgrades.handleUpgrade(request, socket, head, (webSocket) => {
        const facts = { certificateFingerprint: undefined, listener: 'websocket' } as const;
        server.accept(streamOf(webSocket), { ...facts, address: client.address });
      });
    }
  }
}

type WebSocket = Parameters<typeof createWebSocketStream>[0];

function streamOf(webSocket: WebSocket): Duplex {
  webSocket.on('message', (_data, isBinary) => {
    // MQTT 5 section 6.0: any other frame than a binary one ends the connection.
    if (!isBinary) webSocket.terminate();
  });
  webSocket.on('ping', () => {
    // Each ping is answered; a peer that reads no answers must not fill the buffer.
    if (webSocket.bufferedAmount > MQTT_LIMITS.socketBytes) webSocket.terminate();
  });
  return createWebSocketStream(webSocket);
}

function pathOf({ url = '' }: IncomingMessage): string | undefined {
  return url.split('?')[0];
}

function isMqtt({ method, headers }: IncomingMessage): boolean {
  const offered = headers['sec-websocket-protocol']?.split(',').map((one) => one.trim()) ?? [];
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    offered.some((one) => SUBPROTOCOLS.includes(one))
  );
}
