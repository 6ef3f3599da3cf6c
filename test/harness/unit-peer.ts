import { connect, type Socket } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { FrameDecoder } from '#protocol/frame/frame-decoder.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { SecureChannel } from '#protocol/noise/secure-channel.ts';
import { decodeEnvelope, encodeEnvelope, type EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import type { GoodbyeReason } from '#protocol/unit-link/unit_link_pb.ts';
import { type Envelope, HelloSchema, PingSchema } from '#protocol/unit-link/unit_link_pb.ts';
import { Initiator } from '../../base-unit/drivers/framed/initiator.ts';
import { nodeCrypto } from '../../base-unit/drivers/framed/node-crypto.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';

type Body = NonNullable<EnvelopeBody>;

export interface UnitPeerOptions {
  readonly port: number;
  readonly cleanup: Cleanup;
  /** With it the link is opened encrypted, as a base does. */
  readonly key?: Uint8Array;
  /** The local address that it connects from; all of 127.0.0.0/8 are available. */
  readonly from?: string;
  /** How long an answer is waited for. */
  readonly patienceMs?: number;
}

/** A peer that is connected to a unit and does what the test scripts, valid or not. */
export class UnitPeer {
  readonly heard: Envelope[] = [];
  /** Every byte that the unit has sent. */
  bytes = Buffer.alloc(0);
  isClosed = false;
  refusal: string | undefined;
  readonly #socket: Socket;
  readonly #decoder: FrameDecoder;
  readonly #initiator: Initiator | undefined;
  #channel: SecureChannel | undefined;
  readonly #patienceMs: number | undefined;
  #requestId = 0;

  constructor({ port, cleanup, key, from, patienceMs }: UnitPeerOptions) {
    this.#patienceMs = patienceMs;
    this.#initiator = key && new Initiator({ crypto: nodeCrypto, key });
    this.#decoder = new FrameDecoder(key ? 'encrypted' : 'plain');
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => (this.isClosed = true));
    if (this.#initiator) this.write(this.#initiator.start());
    cleanup.add(() => void this.#socket.destroy());
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  say(requestId: number, body: Body): void {
    this.sayRaw(encodeEnvelope(requestId, body));
  }

  /** The bytes of an envelope, in a frame as this link has them. */
  sayRaw(message: Uint8Array): void {
    this.write(this.frame(message));
  }

  /** An envelope's bytes as the next frame of this link. */
  frame(message: Uint8Array): Uint8Array {
    return this.#channel ? this.#channel.seal(message) : encodeFrame(message);
  }

  /**
   * Until messages can be sent: at once on a plain link, otherwise when there are keys or the
   * link ends.
   */
  async secured(): Promise<void> {
    if (!this.#initiator) return;
    await until(
      'there are keys, or an end',
      () => this.isClosed || this.#channel !== undefined,
      this.#patienceMs,
    );
  }

  /**
   * Sends hello as a base.
   *
   * @returns whether the unit answered with its own
   */
  async sayHello(): Promise<boolean> {
    await this.secured();
    if (this.isClosed) return false;
    const identity = { case: 'base', value: { baseId: 'base' } } as const;
    const body = { protocolMin: 1, protocolMax: 1, maxBodyBytes: LIMITS.frameBodyBytes, identity };
    const answer = await this.exchange({ case: 'hello', value: create(HelloSchema, body) });
    return answer?.body.case === 'hello';
  }

  /** The answer; undefined when the connection ended before it came. */
  async exchange(body: Body): Promise<Envelope | undefined> {
    this.#requestId += 1;
    const id = this.#requestId;
    this.say(id, body);
    const answer = () => this.heard.find(({ requestId }) => requestId === id);
    await until(
      'an answer or the end',
      () => this.isClosed || answer() !== undefined,
      this.#patienceMs,
    );
    return answer();
  }

  async isServed(): Promise<boolean> {
    const answer = await this.exchange({ case: 'ping', value: create(PingSchema) });
    return answer?.body.case === 'pong';
  }

  /** Why the unit ended the connection, once it has; undefined if it gave no reason. */
  async ended(timeoutMs?: number): Promise<GoodbyeReason | undefined> {
    await until('the unit ends it', () => this.isClosed, timeoutMs);
    const last = this.heard.at(-1)?.body;
    return last?.case === 'goodbye' ? last.value.reason : undefined;
  }

  /** Stops reading what the unit sends. */
  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    for (const body of this.#decoder.push(chunk)) {
      if (this.#initiator && !this.#channel) {
        const step = this.#initiator.accept(body);
        if (step.kind === 'secured') this.#channel = step.channel;
        if (step.kind === 'refused') this.refusal = step.code;
        if (step.kind === 'say') this.write(step.frame);
        continue;
      }
      const message = this.#channel ? this.#channel.open(body) : body;
      const envelope = message && decodeEnvelope(message);
      if (envelope) this.heard.push(envelope);
    }
  }
}
