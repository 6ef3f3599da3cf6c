import type { LinkEnd } from '../port/unit-driver.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { LinkEvents, UnitLink } from '../transport/unit-transport.ts';

interface LineLinkDeps {
  readonly data: (chunk: Uint8Array) => void;
  /** Called once. */
  readonly ended: (end: LinkEnd) => void;
}

/** A link without hello and goodbye. */
export class LineLink {
  readonly #deps: LineLinkDeps;
  #link: UnitLink | undefined;
  #isEnded = false;

  constructor(deps: LineLinkDeps) {
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#link !== undefined && !this.#isEnded;
  }

  /** To be handed to the transport. */
  readonly events: LinkEvents = {
    data: (chunk) => {
      if (!this.#isEnded) this.#deps.data(chunk);
    },
    closed: () => {
      this.#end({ kind: 'lost' });
    },
  };

  open(link: UnitLink): void {
    this.#link = link;
    if (this.#isEnded) link.destroy();
  }

  write(bytes: Uint8Array): void {
    if (this.isOpen) this.#link?.write(bytes);
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
    if (last) this.#link?.finish(last);
    else this.#link?.end();
    this.#deps.ended(end);
  }
}
