import { create } from '@bufbuild/protobuf';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { FrameDecoder } from '#protocol/frame/frame-decoder.ts';
import { LIMITS } from '#protocol/limits.ts';
import { TAG_BYTES } from '#protocol/noise/noise-crypto.ts';
import { refusalFrame } from '#protocol/noise/opening.ts';
import type { SecureChannel } from '#protocol/noise/secure-channel.ts';
import { decodeEnvelope, encodeEnvelope, type EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import {
  type Envelope,
  GoodbyeReason,
  GoodbyeSchema,
  ResultSchema,
  Status,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { ServedLink } from './link.ts';
import { answerOpening, type ResponderDeps } from './responder.ts';
import type { Tampering } from './tampering.ts';
import type { UnitTicket } from './ticket-slot.ts';

interface PeerDeps {
  readonly link: ServedLink;
  readonly tampering: Tampering;
  /** With it the link is encrypted, and nothing else. */
  readonly encryption?: ResponderDeps | undefined;
}

/** One connected peer: its bytes in both directions, and how far it has come. */
export class Peer {
  readonly #deps: PeerDeps;
  readonly #decoder: FrameDecoder;
  #channel: SecureChannel | undefined;
  /** Good once the peer has shown that it has the keys. */
  #ticket: UnitTicket | undefined;
  #isOpen = true;
  isReady = false;
  /** Largest body the peer accepts, by its hello. */
  maxBodyBytes: number = LIMITS.frameBodyBytes;
  heardAtMs = 0;
  /** Cancels the timer that watches over this peer. */
  stopWatch: (() => void) | undefined;

  constructor(deps: PeerDeps) {
    this.#deps = deps;
    this.#decoder = new FrameDecoder(deps.encryption ? 'encrypted' : 'plain');
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The messages that these bytes complete; undefined when they break the rules of the link. */
  receive(chunk: Uint8Array): Envelope[] | undefined {
    const envelopes: Envelope[] = [];
    for (const body of this.#decoder.push(chunk)) {
      if (this.#needsKeys) {
        this.#receiveOpening(body);
        continue;
      }
      const message = this.#open(body);
      const envelope = message && decodeEnvelope(message);
      if (envelope === undefined) return undefined;
      envelopes.push(envelope);
    }
    if (this.#decoder.error === 'encryption_mismatch' && this.#needsKeys) {
      this.#refusePlain();
    }
    return this.#decoder.error === undefined ? envelopes : undefined;
  }

  get #needsKeys(): boolean {
    return this.#deps.encryption !== undefined && !this.#channel;
  }

  #receiveOpening(body: Uint8Array): void {
    const { encryption, link } = this.#deps;
    if (!encryption || !this.#isOpen) return;
    const step = answerOpening(body, encryption);
    link.write(step.frame);
    if (step.kind === 'secured') {
      this.#channel = step.channel;
      this.#ticket = step.ticket;
    } else if (step.kind === 'refused') {
      this.end();
    }
  }

  #open(body: Uint8Array): Uint8Array | undefined {
    if (!this.#channel) return body;
    const message = this.#channel.open(body);
    if (message && this.#ticket) {
      this.#deps.encryption?.tickets.put(this.#ticket);
      this.#ticket = undefined;
    }
    return message;
  }

  /** In plain, since that is what the peer understands. */
  #refusePlain(): void {
    const value = create(GoodbyeSchema, { reason: GoodbyeReason.ENCRYPTION_REQUIRED });
    this.#deps.link.write(encodeFrame(encodeEnvelope(0, { case: 'goodbye', value })));
    this.end();
  }

  send(requestId: number, body: NonNullable<EnvelopeBody>): void {
    if (!this.#isOpen) return;
    const isClaimed = this.#deps.tampering.onSend?.(
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
    if (isClaimed !== true) this.#write(requestId, body);
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
    if (this.#needsKeys) this.#deps.link.write(refusalFrame(reason));
    else this.send(0, { case: 'goodbye', value: create(GoodbyeSchema, { reason }) });
    this.end();
  }

  /** In good order and without a word: the peer said goodbye, or has been answered. */
  end(): void {
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
    this.#channel?.wipe();
    this.#ticket?.key.fill(0);
    this.stopWatch?.();
    this.stopWatch = undefined;
  }

  /** A result that is too long for the peer becomes `no_memory`; anything else is left out (section 3). */
  #write(requestId: number, body: NonNullable<EnvelopeBody>): void {
    if (!this.#isOpen) return;
    let bytes = encodeEnvelope(requestId, body);
    const tagBytes = this.#channel ? TAG_BYTES : 0;
    if (bytes.length + tagBytes > this.maxBodyBytes) {
      if (requestId === 0) return;
      const value = create(ResultSchema, { status: Status.NO_MEMORY });
      bytes = encodeEnvelope(requestId, { case: 'result', value });
    }
    this.#deps.link.write(this.#channel ? this.#channel.seal(bytes) : encodeFrame(bytes));
  }
}
