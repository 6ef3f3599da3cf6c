import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import multicastDns from 'multicast-dns';
import { SERVICE } from '../../base-unit/discovery/mdns-link.ts';

export interface Announcement {
  readonly hardwareId: string;
  /** The name of the announcement itself; default: the hardware id. */
  readonly instance?: string;
  readonly model: string;
  readonly isEncrypted: boolean;
  /** Without `.local`. */
  readonly hostName: string;
  /** 0.0.0.0: all addresses of this machine. */
  readonly ip: string;
  readonly port: number;
}

export interface AnnouncerOptions {
  /** Not 5353: for tests, which must not meet others. */
  readonly mdnsPort?: number;
  /** This machine's on the network, now; undefined while it has none. */
  readonly ownIp?: () => string | undefined;
  readonly lookEveryMs?: number;
}

/** RFC 6762 section 10: names of hosts 120 s, all else 75 minutes. */
const HOST_TTL_S = 120;
const SERVICE_TTL_S = 4_500;

const ANY = '0.0.0.0';
/** A board announces itself again as soon as it has another address. */
const LOOK_EVERY_MS = 1_000;

/**
 * Announces a unit process on this machine like a board announces itself
 * (docs/provisioning.md section 7), on the interface of its address.
 *
 * @returns a function that says goodbye; may be called twice.
 */
export function announceUnit(
  unit: Announcement,
  { mdnsPort, ownIp = firstOwnIp, lookEveryMs = LOOK_EVERY_MS }: AnnouncerOptions = {},
): () => Promise<void> {
  const ipNow = () => (unit.ip === ANY ? ownIp() : unit.ip);
  const udp = createSocket({ type: 'udp4', reuseAddr: true });
  const socket = multicastDns({
    ...(unit.ip === ANY ? {} : { interface: unit.ip }),
    socket: udp,
    bind: '0.0.0.0',
    ...(mdnsPort === undefined ? {} : { port: mdnsPort }),
  });
  const names = namesOf(unit);
  let announcedIp: string | undefined;
  const announce = () => {
    announcedIp = ipNow();
    if (announcedIp === undefined) return;
    if (unit.ip === ANY) speakFrom(announcedIp, udp);
    socket.respond(recordsOf(unit, announcedIp, 1));
  };
  const look = setInterval(() => {
    if (ipNow() !== announcedIp) announce();
  }, lookEveryMs);
  look.unref();
  socket.on('error', (error) => {
    process.stderr.write(`signalbox: cannot announce the unit: ${error.message}\n`);
  });
  socket.on('warning', () => undefined);
  socket.on('query', ({ questions = [] }) => {
    if (questions.some(({ name }) => names.includes(name.toLowerCase()))) {
      announce();
    }
  });
  socket.on('ready', announce);
  let closing: Promise<void> | undefined;
  return async () =>
    (closing ??= new Promise((resolve) => {
      clearInterval(look);
      socket.respond(recordsOf(unit, announcedIp ?? unit.ip, 0), () => {
        socket.destroy(resolve);
      });
    }));
}

/** The system would choose the interface of the default route, and there may be none. */
function speakFrom(ip: string, udp: Socket): void {
  try {
    udp.setMulticastInterface(ip);
  } catch {
    // The address is gone again, or the socket is not bound yet: it is announced once both exist.
  }
}

function firstOwnIp(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((some = []) => some);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

function namesOf(unit: Announcement): string[] {
  return [SERVICE, instanceOf(unit), `${unit.hostName}.local`].map((name) => name.toLowerCase());
}

function instanceOf({ hardwareId, instance = hardwareId }: Announcement): string {
  return `${instance}.${SERVICE}`;
}

/** @param lifetime 0: all of it ends now. */
function recordsOf(unit: Announcement, ip: string, lifetime: 0 | 1) {
  const instance = instanceOf(unit);
  const host = `${unit.hostName}.local`;
  const ttl = SERVICE_TTL_S * lifetime;
  const texts = [
    `id=${unit.hardwareId}`,
    `model=${unit.model}`,
    'v=1',
    `enc=${unit.isEncrypted ? '1' : '0'}`,
  ];
  return [
    { type: 'PTR' as const, name: SERVICE, ttl, data: instance },
    { type: 'SRV' as const, name: instance, ttl, data: { target: host, port: unit.port } },
    { type: 'TXT' as const, name: instance, ttl, data: texts },
    { type: 'A' as const, name: host, ttl: HOST_TTL_S * lifetime, data: ip },
  ];
}
