import type { UnitAddress } from '#protocol/unit-address.ts';
import type { PipeEvents, UnitPipe, UnitTransport } from './unit-transport.ts';

/**
 * Dials `.local` names also where the system cannot resolve them: by
 * multicast DNS, and where nobody answers there, as the system thinks.
 */
export class LocalNameTransport implements UnitTransport {
  readonly #transport: UnitTransport;
  readonly #resolve: (name: string) => Promise<string | undefined>;

  constructor(
    transport: UnitTransport,
    names: { readonly resolve: (name: string) => Promise<string | undefined> },
  ) {
    this.#transport = transport;
    this.#resolve = (name) => names.resolve(name);
  }

  readonly dial = async (address: UnitAddress, events: PipeEvents): Promise<UnitPipe> => {
    const { host, port } = address;
    const ip = /\.local$/i.test(host) ? await this.#resolve(host) : undefined;
    return this.#transport.dial({ host: ip ?? host, port }, events);
  };
}
