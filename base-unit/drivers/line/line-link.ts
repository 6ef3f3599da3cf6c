import type { LinkEnd, UnitConversation } from '../port/unit-driver.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { PipeEvents, UnitPipe } from '../transport/unit-transport.ts';

interface LineLinkDeps {
  readonly data: (chunk: Uint8Array) => void;
  /** Called once. */
  readonly ended: (end: LinkEnd) => void;
}

/** A connection on which nobody says hello or goodbye. */
export class LineLink implements UnitConversation {
  readonly #deps: LineLinkDeps;
  #pipe: UnitPipe | undefined;
  #isEnded = false;

  constructor(deps: LineLinkDeps) {
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#pipe !== undefined && !this.#isEnded;
  }

  /** To be handed to the transport. */
  readonly events: PipeEvents = {
    data: (chunk) => {
      if (!this.#isEnded) this.#deps.data(chunk);
    },
    closed: () => {
      this.#end({ kind: 'lost' });
    },
  };

  open(pipe: UnitPipe): void {
    this.#pipe = pipe;
    if (this.#isEnded) pipe.destroy();
  }

  write(bytes: Uint8Array): void {
    if (this.isOpen) this.#pipe?.write(bytes);
  }

  /** Writes the last bytes; the end of the connection leaves along with them. */
  finish(bytes: Uint8Array): void {
    if (this.isOpen) this.#end({ kind: 'closed' }, bytes);
  }

  goodbye(): void {
    if (this.isOpen) this.#end({ kind: 'closed' });
  }

  refuse(code: ErrorCode): void {
    this.#end({ kind: 'lost', code });
  }

  #end(end: LinkEnd, last?: Uint8Array): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (last) this.#pipe?.finish(last);
    else this.#pipe?.end();
    this.#deps.ended(end);
  }
}
