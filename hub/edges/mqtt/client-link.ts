import type { Duplex } from 'node:stream';
import { generate, type Packet } from 'mqtt-packet';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
import type { MqttVersion } from '../../kernel/mqtt-authenticator.ts';
import { REASON, type ReasonCode } from './reason-codes.ts';

/** The outgoing bytes of one client: corked per turn, with backpressure from its socket. */
export class ClientLink {
  readonly #stream: Duplex;
  #version: MqttVersion = '3.1.1';
  #isGathering = false;
  #isEnded = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  set version(version: MqttVersion) {
    this.#version = version;
  }

  get isVersion5(): boolean {
    return this.#version === '5';
  }

  get isEnded(): boolean {
    return this.#isEnded || this.#stream.destroyed;
  }

  /** Whether there is room for a message that could also wait. */
  get isReady(): boolean {
    return !this.isEnded && this.#stream.writableLength < MQTT_LIMITS.socketBytes;
  }

  get waitingBytes(): number {
    return this.#stream.writableLength;
  }

  send(packet: Packet): void {
    this.write(generate(packet, { protocolVersion: this.isVersion5 ? 5 : 4 }));
  }

  write(bytes: Buffer): void {
    if (this.isEnded) return;
    // What is written in one turn leaves in one segment.
    if (!this.#isGathering) {
      this.#isGathering = true;
      this.#stream.cork();
      queueMicrotask(() => {
        this.#isGathering = false;
        this.#stream.uncork();
      });
    }
    this.#stream.write(bytes);
  }

  /** Says why (MQTT 5 alone can), and closes. */
  end(reason: ReasonCode, reasonString?: string): void {
    if (this.isEnded) return;
    if (this.isVersion5) {
      const properties = reasonString === undefined ? {} : { properties: { reasonString } };
      this.send({ cmd: 'disconnect', reasonCode: reason, ...properties });
    }
    this.close();
  }

  /** Sends what is written, and closes. */
  close(): void {
    if (this.isEnded) return;
    this.#isEnded = true;
    this.#stream.end();
  }

  cut(): void {
    this.#isEnded = true;
    this.#stream.destroy();
  }

  /** An acknowledgement, without a reason where it has none. */
  confirmation(
    cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp',
    messageId: number,
    reason: { readonly code: ReasonCode; readonly text?: string | undefined } = SUCCESS,
  ): Buffer {
    if (!this.isVersion5) return generate({ cmd, messageId }, { protocolVersion: 4 });
    const properties =
      reason.text === undefined ? {} : { properties: { reasonString: reason.text } };
    return generate(
      { cmd, messageId, reasonCode: reason.code, ...properties },
      { protocolVersion: 5 },
    );
  }
}

const SUCCESS = { code: REASON.success };
