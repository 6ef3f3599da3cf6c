import { createSocket } from 'node:dgram';
import multicastDns from 'multicast-dns';
import { SERVICE } from '../../base-unit/discovery/mdns-link.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';

export interface Lie {
  readonly hardwareId: string;
  /** Where it claims that the unit is. */
  readonly ip: string;
  readonly port: number;
}

/** Another machine's, on the loopback. */
const OTHER_MACHINE = '127.0.0.2';
const MDNS_PORT = 5353;
const EVERY_MS = 50;
const TTL_S = 4_500;

/**
 * Somebody on the network who announces under a unit's own names, twenty times a second,
 * that it is elsewhere, that it is another unit, and that it is gone.
 */
export function announceLies({ hardwareId, ip, port }: Lie, cleanup: Cleanup): void {
  const udp = createSocket({ type: 'udp4', reuseAddr: true });
  const socket = multicastDns({
    interface: OTHER_MACHINE,
    socket: udp,
    bind: false,
    port: MDNS_PORT,
  });
  const name = `${hardwareId}.${SERVICE}`;
  const target = `${hardwareId}.local`;
  const goodbye = { type: 'PTR' as const, name: SERVICE, ttl: 0, data: name };
  const elsewhere = [
    { type: 'SRV' as const, name, ttl: TTL_S, data: { target, port } },
    { type: 'TXT' as const, name, ttl: TTL_S, data: [`id=${hardwareId}`, 'model=rgb-lamp'] },
    { type: 'A' as const, name: target, ttl: TTL_S, data: ip },
  ];
  const another = [{ type: 'TXT' as const, name, ttl: TTL_S, data: ['id=another'] }];
  udp.bind(0, OTHER_MACHINE, () => {
    const speak = setInterval(() => {
      for (const records of [[goodbye], another, elsewhere]) socket.respond(records);
    }, EVERY_MS);
    cleanup.add(async () => {
      clearInterval(speak);
      await new Promise<void>((resolve) => socket.destroy(resolve));
    });
  });
}
