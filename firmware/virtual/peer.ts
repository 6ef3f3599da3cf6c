import { create } from '@bufbuild/protobuf';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { FrameDecoder } from '#protocol/frame/frame-decoder.ts';
import { LIMITS } from '#protocol/limits.ts';
import { decodeEnvelope, encodeEnvelope, type EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import {
  type Envelope,
  type GoodbyeReason,
  GoodbyeSchema,
  ResultSchema,
  Status,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { ServedLink } from './link.ts';
import type { Tampering } from './tampering.ts';

interface PeerDeps {
  readonly link: ServedLink;
  readonly tampering: Tampering;
}

/** One connected peer: its bytes in both directions, and how far it has come. */
export class Peer {
  readonly #deps: PeerDeps;
  readonly #decoder = new FrameDecoder();
  #isOpen = true;
  isReady = false;
  /** Largest body the peer takes, as its hello says. */
  maxBodyBytes: number = LIMITS.frameBodyBytes;
  heardAtMs = 0;
  /** Takes back the timer that watches over this peer. */
  stopWatch: (() => void) | undefined;

  constructor(deps: PeerDeps) {
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The messages that these bytes complete; undefined when they break the rules of the link. */
  receive(chunk: Uint8Array): Envelope[] | undefined {
    const envelopes: Envelope[] = [];
    for (const body of this.#decoder.push(chunk)) {
      const envelope = decodeEnvelope(body);
      if (envelope === undefined) return undefined;
      envelopes.push(envelope);
    }
    return this.#decoder.error === undefined ? envelopes : undefined;
  }

  send(requestId: number, body: NonNullable<EnvelopeBody>): void {
    if (!this.#isOpen) return;
    const isTaken = this.#deps.tampering.onSend?.(
      { requestId, body },
      {
        send: (id, other) => {
          this.#write(id, other);
        },
        writeRaw: (bytes) => {
          this.#deps.link.write(bytes);
        },
        drop: () => {
          this.drop();
        },
      },
    );
    if (isTaken !== true) this.#write(requestId, body);
  }

  /** True when a test dealt with the request instead of the unit. */
  isTampered(request: Envelope): boolean {
    return (
      this.#deps.tampering.onRequest?.(request, {
        send: (id, body) => {
          this.#write(id, body);
        },
        writeRaw: (bytes) => {
          this.#deps.link.write(bytes);
        },
        drop: () => {
          this.drop();
        },
      }) === true
    );
  }

  close(reason: GoodbyeReason): void {
    if (!this.#isOpen) return;
    this.send(0, { case: 'goodbye', value: create(GoodbyeSchema, { reason }) });
    this.forget();
    this.#deps.link.end();
  }

  drop(): void {
    if (!this.#isOpen) return;
    this.forget();
    this.#deps.link.destroy();
  }

  /** The link is gone already. */
  forget(): void {
    this.#isOpen = false;
    this.stopWatch?.();
    this.stopWatch = undefined;
  }

  /** What is longer than the peer takes becomes `no_memory`; unasked, it is left out (section 3). */
  #write(requestId: number, body: NonNullable<EnvelopeBody>): void {
    if (!this.#isOpen) return;
    let bytes = encodeEnvelope(requestId, body);
    if (bytes.length > this.maxBodyBytes) {
      if (requestId === 0) return;
      const value = create(ResultSchema, { status: Status.NO_MEMORY });
      bytes = encodeEnvelope(requestId, { case: 'result', value });
    }
    this.#deps.link.write(encodeFrame(bytes));
  }
}
