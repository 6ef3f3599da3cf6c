import { randomUUID } from 'node:crypto';
import type { IPublishPacket } from 'mqtt-packet';
import type { MqttHub, RawMqtt, Version } from './raw-mqtt.ts';

/** What a board does with a request; undefined: nothing. */
export type Firmware = (api: string, payload: string) => string | undefined;

/**
 * The rules of the FT900 firmware: it looks for each member with the space after its colon, cuts
 * at the first `}` and then at the first `,`, has 32 bytes for an answer, and knows an API by the
 * beginning of its name.
 */
export function ft900(): Firmware {
  const pins = new Map<number, number>();
  let rtc = 1_561_970_000;
  const member = (payload: string, name: string): string | undefined => {
    const start = payload.indexOf(`"${name}": `);
    if (start === -1) return undefined;
    return payload
      .slice(start + name.length + 4)
      .split('}')[0]
      ?.split(',')[0];
  };
  const written = (answer: string): string => answer.slice(0, 31);
  return (api, payload) => {
    const number = member(payload, 'number');
    const value = member(payload, 'value');
    if (api.startsWith('get_status')) return written('{"status": "running"}');
    if (api.startsWith('set_status')) {
      const isRestart = member(payload, 'status') === '"restart"';
      return isRestart ? written('{"status": "restarting"}') : undefined;
    }
    if (api.startsWith('get_gpio')) {
      if (number === undefined) return undefined;
      return written(`{"number": ${number}, "value": ${pins.get(Number(number)) ?? 0}}`);
    }
    if (api.startsWith('set_gpio')) {
      if (number === undefined || value === undefined) return undefined;
      pins.set(Number(number), Number(value));
      return written(`{"number": ${number}, "value": ${value}}`);
    }
    if (api.startsWith('get_rtc')) return written(`{"value": ${rtc}}`);
    if (api.startsWith('set_rtc')) {
      if (value === undefined) return undefined;
      rtc = Number(value);
      return written(`{"value": ${rtc}}`);
    }
    if (api.startsWith('get_mac')) return written('{"value": "AA:BB:CC:DD:EE:FF"}');
    if (api.startsWith('get_ip')) return written('{"value": "192.168.1.5"}');
    if (api.startsWith('get_subnet')) return written('{"value": "255.255.255.0"}');
    if (api.startsWith('get_gateway')) return written('{"value": "192.168.1.1"}');
    if (api.startsWith('write_uart')) {
      const data = member(payload, 'data');
      return data === undefined ? undefined : written(`{"data": ${data}}`);
    }
    return undefined;
  };
}

export interface BoardOptions {
  readonly deviceid: string;
  readonly password: string;
  /** The JavaScript simulator speaks 3.1, the Python one 3.1.1. */
  readonly version?: Version;
  readonly firmware?: Firmware;
}

/** A board on the wire, which answers by itself unless it is held. */
export class LibpyiotcloudBoard {
  readonly socket: RawMqtt;
  readonly id: string;
  /** All requests, as `<api> <payload>`. */
  readonly requests: string[] = [];
  #firmware: Firmware;
  #packetId = 0;
  #isHeld = false;

  private constructor(socket: RawMqtt, { deviceid, firmware = ft900() }: BoardOptions) {
    this.socket = socket;
    this.id = deviceid;
    this.#firmware = firmware;
    socket.onPacket((packet) => {
      if (packet.cmd === 'publish') this.#requested(packet);
    });
  }

  static async connect(hub: MqttHub, options: BoardOptions): Promise<LibpyiotcloudBoard> {
    const { deviceid: clientId, password, version = 3 } = options;
    const socket = await hub.connected(password, { version, clientId, username: clientId });
    const board = new LibpyiotcloudBoard(socket, options);
    const subscriptions = [{ topic: `${clientId}/#`, qos: 1 as const }];
    socket.send({ cmd: 'subscribe', messageId: 60_000, subscriptions });
    await socket.next('suback');
    return board;
  }

  /** From here on it reads, and answers nothing by itself. */
  hold(): void {
    this.#isHeld = true;
  }

  answer(api: string, payload: string): void {
    this.#packetId += 1;
    this.socket.send({
      ...{ cmd: 'publish', topic: `server/${this.id}/${api}`, payload },
      ...{ qos: 1, dup: false, retain: false, messageId: this.#packetId },
    });
  }

  #requested({ topic, payload, qos, messageId }: IPublishPacket): void {
    if (qos === 1 && messageId !== undefined) this.socket.send({ cmd: 'puback', messageId });
    const api = topic.slice(this.id.length + 1);
    const text = payload.toString();
    this.requests.push(`${api} ${text}`);
    if (this.#isHeld) return;
    const answer = this.#firmware(api, text);
    if (answer !== undefined) this.answer(api, answer);
  }
}

/** A name that no other device has. */
export function deviceName(): string {
  return `board-${randomUUID().slice(0, 8)}`;
}
