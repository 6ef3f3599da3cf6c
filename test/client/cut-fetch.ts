import type { HubOptions } from '#client/hub.ts';

type Fetch = NonNullable<HubOptions['fetch']>;

/** The fetch of a program whose network a test cuts and mends. */
export class CutFetch {
  #line = new AbortController();
  /** Requests that were made, by their path. */
  readonly requested: string[] = [];

  readonly fetch: Fetch = async (url, init) => {
    this.requested.push(new URL(url).pathname);
    return await fetch(url, { ...init, signal: AbortSignal.any([init.signal, this.#line.signal]) });
  };

  cut(): void {
    this.#line.abort();
  }

  mend(): void {
    this.#line = new AbortController();
  }
}
