import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { generate, type Packet } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { Random } from '../faults/random.ts';
import { freePorts } from '../harness/free-ports.ts';
import { startHubTarget } from './hub-target.ts';

const isLong = process.env.SIGNALBOX_LONG === '1';
const PACKETS = isLong ? 1_000_000 : 15_000;
const AT_ONCE = 32;
const PER_CONNECTION = 40;
const LIMIT_MS = isLong ? 3_000_000 : 60_000;
const GROWTH_BYTES = 32 * 1024 * 1024;

/** What is in use once all is gone that can be. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  return process.memoryUsage().heapUsed;
}

type Version = 3 | 4 | 5;

const TOPICS = ['a', 'a/b', 'a/b/c', '$SYS/x', 'site/x', '', '+', 'a/#', '/', 'ä/b'];

/** Packets as a client may send them, more or less. */
class PacketMaker {
  readonly #random: Random;
  readonly #secret: string;

  constructor(random: Random, secret: string) {
    this.#random = random;
    this.#secret = secret;
  }

  connect(version: Version): Buffer {
    const random = this.#random;
    const has = (share: number): boolean => random.next() < share;
    const clientId = `fuzz-${random.int(0, 7)}`;
    const qos = random.pick([0, 1, 2] as const);
    const will = { topic: random.pick(['w', 'w/x']), payload: Buffer.from('gone'), qos };
    const properties = { sessionExpiryInterval: random.int(0, 60), topicAliasMaximum: 3 };
    return this.#bytes(version, {
      cmd: 'connect',
      ...{ clientId, clean: has(0.5), keepalive: random.int(0, 60) },
      protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
      ...{ protocolVersion: version, username: 'any', password: Buffer.from(this.#secret) },
      ...(has(0.3) ? { will } : {}),
      ...(version === 5 && has(0.5) ? { properties } : {}),
    });
  }

  any(version: Version): Buffer {
    const random = this.#random;
    const kind = random.int(0, 11);
    if (kind === 0) return this.noise();
    const valid = this.#bytes(version, this.#packet(version, kind));
    return random.next() < 0.6 ? this.mutated(valid) : valid;
  }

  noise(): Buffer {
    const random = this.#random;
    return Buffer.from(Array.from({ length: random.int(1, 64) }, () => random.int(0, 255)));
  }

  /** Some bytes others, missing, or twice. */
  mutated(original: Buffer): Buffer {
    const random = this.#random;
    const bytes = [...original];
    for (let edits = random.int(1, 3); edits > 0 && bytes.length > 0; edits -= 1) {
      const at = random.int(0, bytes.length - 1);
      const way = random.int(0, 4);
      if (way === 0) bytes[at] = random.int(0, 255);
      else if (way === 1) bytes.splice(at, 1);
      else if (way === 2) bytes.splice(at, 0, random.int(0, 255));
      else if (way === 3) bytes.splice(at, 0, ...bytes.slice(at, at + 8));
      else bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(0, 7));
    }
    return Buffer.from(bytes);
  }

  #packet(version: Version, kind: number): Packet {
    const random = this.#random;
    const messageId = random.int(1, 5);
    switch (kind) {
      case 1:
      case 2:
      case 3: {
        const qos = random.pick([0, 1, 2] as const);
        const alias = { topicAlias: random.int(0, 40), messageExpiryInterval: random.int(0, 9) };
        const text = { responseTopic: 'a/answer', userProperties: { a: 'b' }, contentType: 'x' };
        return {
          ...{ cmd: 'publish', topic: random.pick(TOPICS), qos, dup: random.next() < 0.1 },
          ...{ retain: random.next() < 0.3, payload: Buffer.alloc(random.int(0, 300), 7) },
          ...(qos === 0 ? {} : { messageId }),
          ...(version === 5 ? { properties: random.pick([{}, alias, text]) } : {}),
        };
      }
      case 4:
      case 5: {
        const names = [...TOPICS, '$share/g/a', '$share/g/#', '$share//a', '#', '+/+'];
        const one = { topic: random.pick(names), qos: random.pick([0, 1, 2] as const) };
        const subscriptions = Array.from({ length: random.int(1, 4) }, () => ({ ...one, rh: 0 }));
        return { cmd: 'subscribe', messageId, subscriptions };
      }
      case 6:
        return { cmd: 'unsubscribe', messageId, unsubscriptions: [random.pick(TOPICS)] };
      case 7:
        return { cmd: 'pingreq' };
      case 8:
        return { cmd: random.pick(['puback', 'pubrec'] as const), messageId };
      case 9:
        return { cmd: random.pick(['pubrel', 'pubcomp'] as const), messageId };
      case 10:
        return { cmd: 'disconnect' };
      default:
        return { cmd: 'pubrel', messageId: random.int(0, 65_535) };
    }
  }

  /** What the codec does not write is noise then. */
  #bytes(version: Version, packet: Packet): Buffer {
    try {
      return generate(packet, { protocolVersion: version });
    } catch {
      return this.noise();
    }
  }
}

/** One client, up to its last byte. @returns how many packets it has sent. */
async function attack(port: number, maker: PacketMaker, random: Random): Promise<number> {
  const version = random.pick([3, 4, 5] as const);
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  const isDeaf = random.next() < 0.05;
  if (!isDeaf) socket.resume();
  const hello = maker.connect(version);
  const first = random.next() < 0.15 ? maker.mutated(hello) : hello;
  const packets = [first, ...Array.from({ length: PER_CONNECTION - 1 }, () => maker.any(version))];
  const all = Buffer.concat(packets);
  const cut = random.int(1, all.length);
  socket.write(all.subarray(0, cut));
  await new Promise((resolve) => setImmediate(resolve));
  if (!socket.destroyed) socket.write(all.subarray(cut));
  // Some leave, some are thrown out, and some just vanish.
  if (random.next() < 0.5) socket.end();
  const patience = setTimeout(() => socket.destroy(), isDeaf ? 5 : random.int(20, 120));
  await closed;
  clearTimeout(patience);
  return packets.length;
}

it(
  `${PACKETS} packets, most of them wrong, neither end the broker nor stay with it`,
  { timeout: LIMIT_MS },
  async () => {
    const [mqttPort = 0] = await freePorts(1);
    const target = await startHubTarget(atTestEnd, { args: ['--mqtt-port', String(mqttPort)] });
    const body = { name: 'fuzz', scope: 'control' };
    const { secret } = await target.owner.post(TokenCreated, '/api/account/tokens', body);
    const seed = Number(process.env.SIGNALBOX_SEED ?? 1);
    const random = new Random(seed);
    const maker = new PacketMaker(random, secret);
    let sent = 0;
    let usedBytes = 0;
    const worker = async (): Promise<void> => {
      while (sent < PACKETS) {
        const count = await attack(mqttPort, maker, random);
        sent += count;
        if (usedBytes === 0 && sent > PACKETS / 5) usedBytes = usedHeap();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(sent).toBeGreaterThanOrEqual(PACKETS);
    const held = (): string[] =>
      Object.entries(target.hub.gauges)
        .filter(([name, value]) => /mqtt/.test(name) && value > 0)
        .map(([name, value]) => `${name} ${value}`);
    await until(`nothing is held any more (seed ${seed})`, () => held().length === 0, 30_000);
    expect(usedHeap() - usedBytes).toBeLessThan(GROWTH_BYTES);
    const wrong = target.logged.filter(
      ({ level, msg }) => level === 'error' || level === 'fatal' || msg === 'client not served',
    );
    expect(wrong, `seed ${seed}`).toEqual([]);
    await serves(mqttPort, maker);
  },
);

/** A client that does everything right is served as if nothing had been. */
async function serves(port: number, maker: PacketMaker): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.write(maker.connect(4));
  await until('CONNACK', () => received[0] === 0x20 && received[3] === 0);
  socket.write(
    generate({
      ...{ cmd: 'publish', topic: 'fine', qos: 1, messageId: 9, payload: 'x' },
      ...{ dup: false, retain: false },
    }),
  );
  await until('PUBACK', () => received.includes(Buffer.from([0x40, 2, 0, 9])));
  socket.destroy();
}
