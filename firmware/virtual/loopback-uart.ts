import { Status, type Value } from '#protocol/unit-link/unit_link_pb.ts';
import { PID } from './board-affordances.ts';
import type { CapabilityContext, InvokeAnswer } from './capability.ts';
import { integerOf, wireData, wireInteger, wireText } from './wire-value.ts';

/** As the buffer of the firmware on a PC. */
const BUFFER_BYTES = 256;
const FRAME = /^[5-8][NEO][12]$/;

/** A serial port whose output comes back in. */
export class LoopbackUart {
  readonly #context: CapabilityContext;
  #settings = '115200 8N1';
  /** On its way back. */
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  #stop: (() => void) | undefined;

  constructor(context: CapabilityContext) {
    this.#context = context;
  }

  get settings(): string {
    return this.#settings;
  }

  write(data: Value | undefined): InvokeAnswer {
    const all = data?.kind.case === 'data' ? data.kind.value : new Uint8Array();
    const accepted = all.slice(0, BUFFER_BYTES - this.#bytes.length);
    this.#bytes = Uint8Array.of(...this.#bytes, ...accepted);
    if (this.#bytes.length > 0) this.#stop ??= this.#context.after(1, () => this.#comeBack());
    const reported = this.progress().outputs ?? [];
    return { status: Status.OK, outputs: [wireInteger(accepted.length), ...reported] };
  }

  open([baud, frame]: readonly Value[]): InvokeAnswer {
    const text = frame?.kind.case === 'text' ? frame.kind.value : '';
    if (!FRAME.test(text)) return { status: Status.OUT_OF_RANGE };
    this.#settings = `${integerOf(baud)} ${text}`;
    return { status: Status.OK, outputs: [this.#credit()] };
  }

  progress(): InvokeAnswer {
    return { status: Status.OK, outputs: [this.#credit(), wireText('confirmed')] };
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#bytes = new Uint8Array();
    this.#settings = '115200 8N1';
  }

  #credit(): Value {
    return wireInteger(BUFFER_BYTES - this.#bytes.length);
  }

  /** In pieces that fit an event. */
  #comeBack(): void {
    const piece = this.#bytes.slice(0, BUFFER_BYTES / 2);
    this.#bytes = this.#bytes.slice(piece.length);
    this.#stop =
      this.#bytes.length > 0 ? this.#context.after(1, () => this.#comeBack()) : undefined;
    this.#context.notifier.emitEvent(PID.uartData, wireData(piece));
  }
}
