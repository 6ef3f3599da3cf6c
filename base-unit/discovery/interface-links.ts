import { networkInterfaces } from 'node:os';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { MdnsLink, MdnsListener } from './mdns-link.ts';

export interface InterfaceLinksDeps {
  readonly clock: Clock;
  /** IPv4 addresses of the interfaces there are now, one of each. */
  readonly addresses: () => readonly string[];
  readonly open: (address: string) => MdnsLink;
}

/** For a machine with many virtual networks; further ones are not queried. */
const MAX_INTERFACES = 16;
const LOOK_AGAIN_MS = 10_000;

/**
 * The multicast group on every interface: units may be behind any of them,
 * and the one with the default route, which the system would choose, may have
 * none. Interfaces that come later are joined within seconds.
 */
export class InterfaceLinks implements MdnsLink {
  readonly #deps: InterfaceLinksDeps;
  readonly #links = new Map<string, MdnsLink>();
  #onRecords: MdnsListener | undefined;
  #cancelLook: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: InterfaceLinksDeps) {
    this.#deps = deps;
  }

  readonly listen = (onRecords: MdnsListener): void => {
    this.#onRecords = onRecords;
    this.#look();
  };

  readonly query: MdnsLink['query'] = (questions) => {
    this.#look();
    for (const link of this.#links.values()) link.query(questions);
  };

  readonly close = async (): Promise<void> => {
    this.#isClosed = true;
    this.#cancelLook?.();
    const links = [...this.#links.values()];
    this.#links.clear();
    await Promise.all(links.map(async (link) => link.close()));
  };

  #look(): void {
    if (this.#isClosed) return;
    const wanted = new Set(this.#deps.addresses().slice(0, MAX_INTERFACES));
    for (const [address, link] of this.#links) {
      if (wanted.has(address)) continue;
      this.#links.delete(address);
      void link.close();
    }
    for (const address of wanted) {
      if (this.#links.has(address)) continue;
      const link = this.#deps.open(address);
      link.listen((records, sender) => this.#onRecords?.(records, sender));
      this.#links.set(address, link);
    }
    this.#cancelLook?.();
    this.#cancelLook = this.#deps.clock.after(LOOK_AGAIN_MS, () => this.#look());
  }
}

/** One IPv4 address of each interface that leads out of this machine; without any, the machine's own. */
export function interfaceAddresses(): string[] {
  const found = Object.values(networkInterfaces()).flatMap((addresses = []) => {
    const one = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
    return one ? [one.address] : [];
  });
  return found.length > 0 ? found : ['127.0.0.1'];
}
