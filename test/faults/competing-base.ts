import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { FrameDecoder } from '#protocol/frame/frame-decoder.ts';
import { LIMITS } from '#protocol/limits.ts';
import { decodeEnvelope, encodeEnvelope } from '#protocol/unit-link/envelope.ts';
import { until } from '#platform/testing/until.ts';

/** A second base for the same unit: its hello takes the unit over. */
export class CompetingBase {
  readonly #port: number;
  #takeovers = 0;

  constructor(port: number) {
    this.#port = port;
  }

  get takeovers(): number {
    return this.#takeovers;
  }

  /** Takes over the unit, holds it for a while, and leaves without goodbye. */
  async replace(keptMs: number): Promise<void> {
    const socket = connect(this.#port, '127.0.0.1');
    try {
      await this.#hello(socket);
      this.#takeovers += 1;
      await sleep(keptMs);
    } finally {
      socket.destroy();
    }
  }

  async #hello(socket: Socket): Promise<void> {
    const decoder = new FrameDecoder();
    const state = { isAccepted: false, isClosed: false };
    socket.on('error', () => (state.isClosed = true));
    socket.on('close', () => (state.isClosed = true));
    socket.on('data', (bytes) => {
      for (const body of decoder.push(bytes)) {
        if (decodeEnvelope(body)?.body.case === 'hello') state.isAccepted = true;
      }
    });
    const hello = encodeEnvelope(1, {
      case: 'hello',
      value: {
        protocolMin: 1,
        protocolMax: 1,
        maxBodyBytes: LIMITS.frameBodyBytes,
        identity: { case: 'base', value: { baseId: 'competing-base' } },
      },
    });
    socket.write(encodeFrame(hello));
    // A unit with a connection in progress refuses: then there is nothing to keep.
    await until(
      'the competing base is accepted or refused',
      () => state.isAccepted || state.isClosed,
    );
  }
}
