import type { ErrorCode } from '#protocol/errors.ts';
import { AppError } from '#protocol/errors.ts';
import { FrameDecoder } from '#protocol/frame/frame-decoder.ts';
import type { ProbeOutcome } from '#protocol/hub-link/discovery.ts';
import { KEY_BYTES, type NoiseCrypto } from '#protocol/noise/noise-crypto.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { Clock } from '#platform/clock.ts';
import { Initiator } from './initiator.ts';
import type { UnitLink, UnitTransport } from '../transport/unit-transport.ts';

export interface ProbeDeps {
  readonly clock: Clock;
  readonly transport: UnitTransport;
  readonly crypto: NoiseCrypto;
}

export interface Probed {
  readonly outcome: Exclude<ProbeOutcome, 'added'>;
  readonly code: ErrorCode | null;
}

/** A unit answers an opening within milliseconds; a slow chip that is busy has a second. */
const ANSWER_TIMEOUT_MS = 2_000;
/** Enough for the longest number that a sensor with older firmware sends (docs/line-units.md section 2). */
const MAX_LINE_BYTES = 34;
const NUMBER_LINE = /^-?\d{1,15}(?:\.\d{1,15})?\r?\n/;
const NUMBER_BEGINS = /^-?\d{0,15}(?:\.\d{0,15})?\r?$/;

/**
 * Classifies what answers at an address. It sends one message, an opening made with a
 * random key (docs/unit-link.md section 7.2): a unit with a key refuses it, one without
 * answers unencrypted. It sends no hello, so no unit leaves its base.
 */
export async function probeAddress(address: UnitAddress, deps: ProbeDeps): Promise<Probed> {
  const listener = new OpeningListener(deps);
  let link: UnitLink;
  try {
    link = await deps.transport.dial(address, {
      data: (chunk) => {
        listener.hear(chunk);
      },
      closed: () => {
        listener.end('other');
      },
    });
  } catch (error) {
    listener.end('other');
    return { outcome: 'nothing', code: error instanceof AppError ? error.code : 'internal' };
  }
  link.write(listener.opening);
  const outcome = await listener.outcome;
  link.destroy();
  return { outcome, code: null };
}

type Heard = Exclude<Probed['outcome'], 'nothing'>;

/** Classifies a peer by its first bytes. */
class OpeningListener {
  readonly opening: Uint8Array;
  readonly outcome: Promise<Heard>;
  readonly #initiator: Initiator;
  readonly #decoder = new FrameDecoder('encrypted');
  readonly #cancel: () => void;
  #settle: (outcome: Heard) => void = () => undefined;
  #text = '';

  constructor({ clock, crypto }: ProbeDeps) {
    this.#initiator = new Initiator({ crypto, key: crypto.randomBytes(KEY_BYTES) });
    this.opening = this.#initiator.start();
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#cancel = clock.after(ANSWER_TIMEOUT_MS, () => {
      this.end(this.#text === '' ? 'silent' : 'other');
    });
  }

  hear(chunk: Uint8Array): void {
    if (this.#text.length < MAX_LINE_BYTES) {
      this.#text += Buffer.from(chunk).toString('latin1').slice(0, MAX_LINE_BYTES);
    }
    const [body] = this.#decoder.push(chunk);
    if (body) {
      const step = this.#initiator.accept(body);
      const isUnit = step.kind !== 'refused' || step.code !== 'unit_protocol_error';
      this.end(isUnit ? 'encrypted' : 'other');
      return;
    }
    const { error } = this.#decoder;
    if (error === 'encryption_mismatch') this.end('plain');
    else if (error !== undefined) this.#classifyText();
  }

  end(outcome: Heard): void {
    this.#cancel();
    this.#initiator.wipe();
    this.#settle(outcome);
  }

  #classifyText(): void {
    if (NUMBER_LINE.test(this.#text)) this.end('lines');
    else if (!NUMBER_BEGINS.test(this.#text)) this.end('other');
  }
}
