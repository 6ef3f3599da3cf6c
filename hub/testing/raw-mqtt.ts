import { connect, type Socket } from 'node:net';
import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type Packet,
  parser,
} from 'mqtt-packet';
import { onTestFinished } from 'vitest';
import type { TokenScope } from '#protocol/access/roles.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import type { SiteId } from '#protocol/ids.ts';
import { until } from '#platform/testing/until.ts';
import { type Owner, startTestHub, type TestHub, type TestHubOptions } from './test-hub.ts';
import { signUpOwner } from './test-hub.ts';

export type Version = 3 | 4 | 5;

/** A client that sends packets one by one, and shows what comes. */
export class RawMqtt {
  readonly socket: Socket;
  readonly received: Packet[] = [];
  #version: Version = 4;
  #isClosed = false;
  #onPacket: (packet: Packet) => void = () => undefined;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    const reader = parser({ protocolVersion: 5 });
    let isBegun = false;
    reader.on('packet', (packet) => {
      this.received.push(packet);
      this.#onPacket(packet);
    });
    this.socket.on('data', (chunk) => {
      // The codec needs to know the version before it reads.
      if (!isBegun) Reflect.set(reader, 'settings', { protocolVersion: this.#version });
      isBegun = true;
      reader.parse(chunk);
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.#isClosed = true;
    });
    onTestFinished(() => void this.socket.destroy());
  }

  /** Called with each packet as it comes. */
  onPacket(listener: (packet: Packet) => void): void {
    this.#onPacket = listener;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(packet: Packet, version: Version = this.#version): void {
    this.#version = version;
    this.socket.write(generate(packet, { protocolVersion: version }));
  }

  sendRaw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  async connect(
    secret: string,
    { version = 4, ...more }: Partial<IConnectPacket> & { readonly version?: Version } = {},
  ): Promise<IConnackPacket> {
    this.send(
      {
        cmd: 'connect',
        clientId: `c${Math.random()}`,
        clean: true,
        keepalive: 60,
        protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
        protocolVersion: version,
        username: 'any',
        password: Buffer.from(secret),
        ...more,
      },
      version,
    );
    return await this.next('connack');
  }

  /** The next packet of this kind; those before it stay. */
  async next<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { readonly cmd: C }>> {
    return await until(`a ${cmd}`, () => {
      const index = this.received.findIndex((packet) => packet.cmd === cmd);
      if (index === -1) return undefined;
      const [packet] = this.received.splice(index, 1);
      return packet && isOf(packet, cmd) ? packet : undefined;
    });
  }

  /** What came before the answer to a ping, which comes after all of it. */
  async untilQuiet(): Promise<readonly Packet[]> {
    this.send({ cmd: 'pingreq' });
    await this.next('pingresp');
    return this.received;
  }

  async closed(): Promise<true> {
    return await until('closed', () => (this.#isClosed ? true : undefined));
  }
}

function isOf<C extends Packet['cmd']>(
  packet: Packet,
  cmd: C,
): packet is Extract<Packet, { readonly cmd: C }> {
  return packet.cmd === cmd;
}

export interface MqttHub {
  readonly hub: TestHub;
  readonly owner: Owner;
  readonly siteId: SiteId;
  readonly port: number;
  readonly token: (scope?: TokenScope, siteIds?: readonly SiteId[]) => Promise<string>;
  readonly client: () => RawMqtt;
  readonly connected: (
    secret: string,
    options?: Parameters<RawMqtt['connect']>[1],
  ) => Promise<RawMqtt>;
}

/** A hub with its broker, and its owner. */
export async function startMqttHub(options: TestHubOptions = {}): Promise<MqttHub> {
  const config = { mqttPort: 0, mqttsPort: 0, ...options.config };
  const hub = await startTestHub({ ...options, config });
  return mqttOf(hub, await signUpOwner(hub));
}

/** The broker of another hub on the same database, and the same owner there. */
export async function joinMqttHub(first: MqttHub, options: TestHubOptions): Promise<MqttHub> {
  const config = { mqttPort: 0, mqttsPort: 0, ...options.config };
  const hub = await startTestHub({ ...options, config });
  return mqttOf(hub, { ...first.owner, client: first.owner.client.at(hub.addresses.http) });
}

function mqttOf(hub: TestHub, owner: Owner): MqttHub {
  const port = Number(new URL(hub.addresses.mqtt ?? '').port);
  const client = (): RawMqtt => new RawMqtt(port);
  return {
    ...{ hub, owner, port, client },
    siteId: owner.siteId,
    token: async (scope = 'control', siteIds = [owner.siteId]) => {
      const path = '/api/account/tokens';
      const body = { name: 'mqtt', scope, siteIds };
      return (await owner.client.request(TokenCreated, { path, body })).secret;
    },
    connected: async (secret, connect) => {
      const one = client();
      await one.connect(secret, connect);
      return one;
    },
  };
}
