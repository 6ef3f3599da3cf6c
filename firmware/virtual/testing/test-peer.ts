import { create } from '@bufbuild/protobuf';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { FrameDecoder } from '#protocol/frame/frame-decoder.ts';
import { LIMITS } from '#protocol/limits.ts';
import { decodeEnvelope, encodeEnvelope, type EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import { type Envelope, HelloSchema } from '#protocol/unit-link/unit_link_pb.ts';
import type { LinkEvents } from '../link.ts';
import type { VirtualUnit } from '../virtual-unit.ts';

/** A base's end of a connection in memory, that keeps all it receives. */
export class TestPeer {
  readonly received: Envelope[] = [];
  isClosed = false;
  readonly #decoder = new FrameDecoder();
  readonly #events: LinkEvents;
  #requestId = 0;

  constructor(unit: VirtualUnit) {
    this.#events = unit.accept({
      write: (bytes) => {
        for (const body of this.#decoder.push(bytes)) {
          const envelope = decodeEnvelope(body);
          if (envelope) this.received.push(envelope);
        }
      },
      end: () => {
        this.isClosed = true;
      },
      destroy: () => {
        this.isClosed = true;
      },
    });
  }

  /** @returns the answer that came at once, if one did. */
  exchange(body: NonNullable<EnvelopeBody>): Envelope | undefined {
    this.#requestId += 1;
    this.write(encodeFrame(encodeEnvelope(this.#requestId, body)));
    return this.received.find(({ requestId }) => requestId === this.#requestId);
  }

  hello(
    versions = { protocolMin: 1, protocolMax: 1 },
    maxBodyBytes: number = LIMITS.frameBodyBytes,
  ): Envelope | undefined {
    const identity = { case: 'base', value: { baseId: 'test' } } as const;
    const value = create(HelloSchema, {
      ...versions,
      maxBodyBytes,
      identity,
    });
    return this.exchange({ case: 'hello', value });
  }

  write(bytes: Uint8Array): void {
    this.#events.data(bytes);
  }

  close(): void {
    this.#events.closed();
  }

  /** Reason of the goodbye, if the unit said one. */
  get goodbye(): number | undefined {
    for (const { body } of this.received) if (body.case === 'goodbye') return body.value.reason;
    return undefined;
  }
}
