import { connect, type TLSSocket } from 'node:tls';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';

export interface ClientOptions {
  readonly port: number;
  readonly ca: string;
  readonly clientId: string;
  /** Of a broker that wants one. */
  readonly password?: string;
  /** Of the protocol: 4 is 3.1.1, 5 says how much it can have in flight. */
  readonly version?: 4 | 5;
}

const MAX_PACKET_ID = 65_535;
const KEEP_ALIVE_SECONDS = 600;

/** A client that costs the machine little, so that the broker is what is measured. */
export class MqttClient {
  /** Of each message that arrives, once it has been acknowledged. */
  onMessage: (payload: Buffer, topic: string) => void = () => undefined;
  readonly #socket: TLSSocket;
  readonly #version: 4 | 5;
  readonly #waiting = new Map<number, () => void>();
  #connected: ((code: number) => void) | undefined;
  #packetId = 0;
  #failure: Error | undefined;

  private constructor(socket: TLSSocket, version: 4 | 5) {
    this.#socket = socket;
    this.#version = version;
    const packets = parser({ protocolVersion: version });
    packets.on('packet', (packet: Packet) => this.#received(packet));
    socket.on('data', (bytes: Buffer) => packets.parse(bytes));
    socket.on('error', (error: Error) => {
      this.#failure = error;
    });
  }

  static async connect(options: ClientOptions): Promise<MqttClient> {
    const { port, ca, clientId, password, version = 4 } = options;
    const socket = connect({ host: '127.0.0.1', port, ca });
    socket.setNoDelay(true);
    const client = new MqttClient(socket, version);
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    const packet: IConnectPacket = {
      cmd: 'connect',
      clientId,
      keepalive: KEEP_ALIVE_SECONDS,
      clean: true,
    };
    const shown =
      password === undefined ? {} : { username: clientId, password: Buffer.from(password) };
    const code = await new Promise<number>((resolve) => {
      client.#connected = resolve;
      client.#send({ ...packet, ...shown, protocolVersion: version });
    });
    if (code !== 0) throw new Error(`the broker refused ${clientId} with ${code}`);
    return client;
  }

  async subscribe(topic: string, qos: 0 | 1): Promise<void> {
    const messageId = this.#nextId();
    const answered = this.#answered(messageId);
    this.#send({ cmd: 'subscribe', messageId, subscriptions: [{ topic, qos }] });
    await answered;
  }

  /** Ends with the acknowledgement. */
  publish(topic: string, payload: Buffer): Promise<void> {
    const messageId = this.#nextId();
    const answered = this.#answered(messageId);
    this.#send({ cmd: 'publish', topic, payload, qos: 1, messageId, dup: false, retain: false });
    return answered;
  }

  publishUnconfirmed(topic: string, payload: Buffer): void {
    this.#send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false });
  }

  /** Reads no more. */
  freeze(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(packet: Packet): void {
    if (this.#failure) throw this.#failure;
    this.#socket.write(generate(packet, { protocolVersion: this.#version }));
  }

  #received(packet: Packet): void {
    switch (packet.cmd) {
      case 'connack':
        this.#connected?.(packet.returnCode ?? packet.reasonCode ?? 0);
        break;
      case 'publish':
        if (packet.qos === 1) this.#send({ cmd: 'puback', messageId: packet.messageId ?? 0 });
        this.onMessage(Buffer.from(packet.payload), packet.topic);
        break;
      case 'puback':
      case 'suback':
        this.#waiting.get(packet.messageId ?? 0)?.();
        this.#waiting.delete(packet.messageId ?? 0);
        break;
      default:
        break;
    }
  }

  #answered(messageId: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(messageId, resolve));
  }

  #nextId(): number {
    this.#packetId = (this.#packetId % MAX_PACKET_ID) + 1;
    return this.#packetId;
  }
}
