import type { Logger } from 'pino';

type Close = () => Promise<void> | void;

/** Resources that are closed in reverse order; a failure of one does not keep the others open. */
export class ClosingStack {
  readonly #log: Logger;
  readonly #closers: Close[] = [];
  #closing: Promise<void> | undefined;

  constructor(deps: { readonly log: Logger }) {
    this.#log = deps.log;
  }

  /** In the order in which they were opened. */
  push(...closers: readonly Close[]): void {
    this.#closers.push(...closers);
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    await this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (const close of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        this.#log.error({ err: error }, 'closing failed');
      }
    }
  }
}
