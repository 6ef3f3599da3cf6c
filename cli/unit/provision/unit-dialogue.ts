import { AppError } from '#protocol/errors.ts';
import {
  encodeSerialPacket,
  type SerialPacket,
  SerialPacketDecoder,
} from '#protocol/provisioning/serial-packet.ts';
import type { SerialLine } from './serial-line.ts';

export interface Question<Answer> {
  readonly packet: SerialPacket;
  /** Undefined for packets that are not the answer. It may throw what ends the waiting. */
  readonly answerIn: (packet: SerialPacket) => Answer | undefined;
  readonly timeoutMs: number;
  /** Retry interval: a restarting board receives nothing meanwhile. */
  readonly repeatMs?: number;
}

/** Questions and answers on a serial line, one at a time. */
export class UnitDialogue {
  readonly #line: SerialLine;
  readonly #stop: AbortSignal;
  readonly #decoder = new SerialPacketDecoder();
  #receive: (packet: SerialPacket) => void = () => undefined;

  constructor(line: SerialLine, stop: AbortSignal) {
    this.#line = line;
    this.#stop = stop;
    line.read((chunk) => {
      for (const packet of this.#decoder.push(chunk)) this.#receive(packet);
    });
  }

  /** @throws AppError `unit_timeout`, or any error of `answerIn`. */
  async request<Answer>(question: Question<Answer>): Promise<Answer> {
    const { packet, answerIn, timeoutMs, repeatMs } = question;
    const bytes = encodeSerialPacket(packet);
    const request = () => {
      this.#line.write(bytes);
    };
    const timeout = AbortSignal.timeout(timeoutMs);
    const repeating = repeatMs === undefined ? undefined : setInterval(request, repeatMs);
    try {
      return await new Promise<Answer>((resolve, reject) => {
        const fail = () => {
          reject(new AppError(this.#stop.aborted ? 'cancelled' : 'unit_timeout'));
        };
        for (const signal of [timeout, this.#stop]) {
          signal.addEventListener('abort', fail, { once: true });
        }
        this.#receive = (heard) => {
          try {
            const answer = answerIn(heard);
            if (answer !== undefined) resolve(answer);
          } catch (error) {
            reject(error instanceof Error ? error : new AppError('internal', { cause: error }));
          }
        };
        if (this.#stop.aborted) fail();
        request();
      });
    } finally {
      clearInterval(repeating);
      this.#receive = () => undefined;
      // It may hold a key or a password.
      bytes.fill(0);
    }
  }
}
