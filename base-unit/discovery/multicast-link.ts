import multicastDns from 'multicast-dns';
import type { Logger } from 'pino';
import type { MdnsLink } from './mdns-link.ts';
import { readMdnsRecords } from './mdns-records.ts';

export interface MulticastOptions {
  readonly log: Logger;
  /** IPv4 address of the interface to use; default: all of them. */
  readonly interface?: string;
  /** Not 5353: for tests, which must not meet others. */
  readonly port?: number;
}

/** Joins the multicast group. Anyone can send what arrives from it. */
export function openMulticastLink({ log, port, ...options }: MulticastOptions): MdnsLink {
  const at = options.interface;
  const socket = multicastDns({
    ...(port === undefined ? {} : { port }),
    ...(at === undefined ? {} : { interface: at, bind: '0.0.0.0' }),
  });
  let closing: Promise<void> | undefined;
  // No network, or a packet that is none: neither is a reason to stop.
  socket.on('error', (error) => {
    log.warn({ err: error }, 'multicast DNS unavailable');
  });
  socket.on('warning', (error) => {
    log.debug({ err: error }, 'multicast DNS packet ignored');
  });
  return {
    listen: (onRecords) => {
      socket.on('response', ({ answers = [], additionals = [] }, { address }) => {
        const records = readMdnsRecords([...answers, ...additionals]);
        if (records.length > 0) onRecords(records, address);
      });
    },
    query: (questions) => {
      socket.query([...questions]);
    },
    close: async () =>
      (closing ??= new Promise((resolve) => {
        socket.destroy(() => {
          resolve();
        });
      })),
  };
}
