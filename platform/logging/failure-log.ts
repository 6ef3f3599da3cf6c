import type { Logger } from 'pino';

/** Warns of something that is tried again and again: once each time that it begins to fail. */
export class FailureLog {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #message: string;
  #isFailing = false;

  constructor(log: Pick<Logger, 'warn'>, message: string) {
    this.#log = log;
    this.#message = message;
  }

  failed(error: unknown): void {
    if (!this.#isFailing) this.#log.warn({ err: error }, this.#message);
    this.#isFailing = true;
  }

  succeeded(): void {
    this.#isFailing = false;
  }
}
