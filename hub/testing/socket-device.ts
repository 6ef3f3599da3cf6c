import type { IPublishPacket } from 'mqtt-packet';
import { Command } from '#protocol/command/command.ts';
import { CommandTrace } from '#protocol/http/commands.ts';
import { UnitView } from '#protocol/http/units.ts';
import type { CommandId } from '#protocol/ids.ts';
import { until } from '#platform/testing/until.ts';
import { passwordOf } from './device-site.ts';
import { addDeviceUnit, type DeviceUnit } from './device-unit.ts';
import type { MqttHub, RawMqtt, Version } from './raw-mqtt.ts';

/** A device that is a unit, and speaks for itself packet by packet. */
export class SocketDevice {
  readonly #hub: MqttHub;
  readonly made: DeviceUnit['made'];
  readonly unitId: UnitView['id'];
  #packetId = 0;
  #socket: RawMqtt | undefined;

  private constructor(hub: MqttHub, { made, unit }: DeviceUnit) {
    this.#hub = hub;
    this.made = made;
    this.unitId = unit.id;
  }

  static async add(hub: MqttHub, clientId = 'plug'): Promise<SocketDevice> {
    return new SocketDevice(hub, await addDeviceUnit(hub.owner, undefined, clientId));
  }

  get socket(): RawMqtt {
    if (!this.#socket) throw new Error('not connected');
    return this.#socket;
  }

  /** Connects, and subscribes to its commands. */
  async connect({
    version = 4,
    qos = 1,
    clean = true,
    hub = this.#hub,
  }: {
    readonly version?: Version;
    readonly qos?: 0 | 1;
    readonly clean?: boolean;
    readonly hub?: MqttHub;
  } = {}): Promise<void> {
    const { clientId } = this.made.device;
    this.#socket = await hub.connected(passwordOf(this.made), {
      ...{ version, clean, clientId, username: clientId },
    });
    this.socket.send({
      cmd: 'subscribe',
      messageId: 60_000,
      subscriptions: [{ topic: 'cmnd/#', qos }],
    });
    await this.socket.next('suback');
  }

  leave(): void {
    this.socket.socket.destroy();
  }

  async publish(topic: string, payload: string, more: Partial<IPublishPacket> = {}): Promise<void> {
    const qos = more.qos ?? 1;
    this.#packetId += 1;
    const messageId = more.messageId ?? this.#packetId;
    this.socket.send({
      ...{ cmd: 'publish', topic, payload, qos, dup: false, retain: false },
      ...(qos === 0 ? {} : { messageId }),
      ...more,
    });
    if (qos === 1) await this.socket.next('puback');
  }

  /** The next command that it gets, acknowledged. */
  async command(): Promise<IPublishPacket> {
    const packet = await this.socket.next('publish');
    if (packet.qos === 1 && packet.messageId !== undefined)
      this.socket.send({ cmd: 'puback', messageId: packet.messageId });
    return packet;
  }

  /** Topics of what came and was not read; without its own answers, which it hears as well. */
  async unreadCommands(): Promise<string[]> {
    const unread = await this.socket.untilQuiet();
    const topics = unread.flatMap((packet) => (packet.cmd === 'publish' ? [packet.topic] : []));
    return topics.filter((topic) => !topic.endsWith('/r'));
  }

  async view(): Promise<UnitView> {
    return await this.#hub.owner.client.request(UnitView, { path: `/api/units/${this.unitId}` });
  }

  async issue(body: object, client = this.#hub.owner.client): Promise<Command> {
    return await client.request(Command, { path: `/api/units/${this.unitId}/commands`, body });
  }

  async trace(id: CommandId): Promise<CommandTrace> {
    const { client } = this.#hub.owner;
    return await client.request(CommandTrace, { path: `/api/commands/${id}/trace` });
  }

  async inState(id: CommandId, state: Command['state'], tick: () => void = () => undefined) {
    return await until(state, async () => {
      tick();
      const trace = await this.trace(id);
      return trace.command.state === state ? trace : undefined;
    });
  }

  async ready(state: UnitView['presence']['state'] = 'ready'): Promise<void> {
    await until(state, async () => (await this.view()).presence.state === state || undefined);
  }
}
