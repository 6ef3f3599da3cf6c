import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { parseLinkKey } from '#protocol/noise/link-key.ts';
import { encodeEnvelope } from '#protocol/unit-link/envelope.ts';
import {
  GoodbyeReason,
  HelloSchema,
  PingSchema,
  Status,
} from '#protocol/unit-link/unit_link_pb.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { startedOnce } from '../harness/started-once.ts';
import { UnitPeer } from '../harness/unit-peer.ts';
import { firmwareIsBuilt, newKeyFile, UnitProcess } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';

const units = startedOnce(async (cleanup) => {
  const lamp = { kind: 'lamp', implementation: 'firmware', cleanup } as const;
  const plain = new UnitProcess({ ...lamp, id: 'besieged' });
  const keyFile = newKeyFile(temporaryFolder(cleanup));
  const key = parseLinkKey(readFileSync(keyFile, 'utf8'));
  if (!key) throw new Error('the key file holds no key');
  const encrypted = new UnitProcess({ ...lamp, id: 'besieged-2', keyFile });
  await Promise.all([plain.start(), encrypted.start()]);
  return { plain, encrypted, key };
});

const plainPeer = (from?: string): UnitPeer =>
  new UnitPeer({ port: units().plain.port, cleanup: atTestEnd, ...(from ? { from } : {}) });

async function connected(peer: UnitPeer): Promise<UnitPeer> {
  expect(await peer.sayHello()).toBe(true);
  return peer;
}

/** A base tries again when it is sent away; a person would not notice this long. */
async function base(from?: string): Promise<UnitPeer> {
  const found = await until('the base gets in', async () => {
    const peer = plainPeer(from);
    if (await peer.sayHello()) return peer;
    peer.close();
    return undefined;
  });
  return found;
}

/** Of the unit's process, as the kernel counts them. */
function resources(unit: UnitProcess): { readonly kib: number; readonly descriptors: number } {
  const { pid } = unit;
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return {
    kib: Number(resident?.[1]),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

const ping = encodeFrame(encodeEnvelope(1, { case: 'ping', value: create(PingSchema) }));

describe.skipIf(!firmwareIsBuilt())('a C++ unit among hostile peers (npm run build)', () => {
  afterAll(() => {
    // Whatever was done to them, they are the processes that were started.
    const { plain, encrypted } = units();
    expect([plain.isRunning, encrypted.isRunning]).toEqual([true, true]);
  });

  it('disconnects an unauthenticated peer after 5 s, though it has begun a frame', async () => {
    const unknownPeer = plainPeer('127.0.0.9');
    const startedAt = performance.now();
    unknownPeer.write(ping.subarray(0, 5));
    expect(await unknownPeer.ended()).toBe(GoodbyeReason.NO_HELLO);
    expect(performance.now() - startedAt).toBeGreaterThan(4_900);
  });

  it('lets a second base take over, and notifies the first', async () => {
    const first = await connected(plainPeer());
    const second = await connected(plainPeer());
    expect(await first.ended()).toBe(GoodbyeReason.TAKEN_OVER);
    expect(await second.isServed()).toBe(true);
  });

  it.each<[string, Uint8Array]>([
    ['text', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
    ['another version', Uint8Array.of(0xb5, 2, 0, 1, 0)],
    ['an empty body', Uint8Array.of(0xb5, 1, 0, 0)],
    ['a body of 64 KiB, announced only', Uint8Array.of(0xb5, 1, 0xff, 0xff)],
    ['a frame that is encrypted', Uint8Array.of(0xb6, 1, 0, 1, 0)],
    ['a message that is none', Uint8Array.of(0xb5, 1, 0, 3, 0xff, 0xff, 0xff)],
    ['another message than a hello', ping],
  ])('ends a connection that begins with %s', async (_name, bytes) => {
    const unknownPeer = plainPeer('127.0.0.9');
    unknownPeer.write(bytes);
    expect(await unknownPeer.ended()).toBe(GoodbyeReason.PROTOCOL_ERROR);
  });

  it('answers a second hello as a bad request, and continues', async () => {
    const peer = await connected(plainPeer());
    const answer = await peer.exchange({ case: 'hello', value: create(HelloSchema) });
    expect(answer?.body).toMatchObject({ case: 'result', value: { status: Status.BAD_REQUEST } });
    expect(await peer.isServed()).toBe(true);
  });

  it('admits the base among silent unauthenticated peers', async () => {
    const unknownPeers = Array.from({ length: 20 }, (_, i) => plainPeer(`127.0.1.${i + 1}`));
    expect(await (await base('127.0.0.77')).isServed()).toBe(true);
    // None of them was served, and none disturbed the base.
    expect(
      unknownPeers.every(({ heard }) => heard.every(({ body }) => body.case === 'goodbye')),
    ).toBe(true);
  });

  it('admits a known base at once, however often unauthenticated peers connect', async () => {
    (await base()).close();
    const knocking = { isOn: true };
    atTestEnd.add(() => (knocking.isOn = false));
    const knock = async (from: string): Promise<void> => {
      while (knocking.isOn) {
        const unknownPeer = plainPeer(from);
        unknownPeer.write(ping.subarray(0, 1));
        await until('it is sent away', () => unknownPeer.isClosed || !knocking.isOn);
        unknownPeer.close();
      }
    };
    const unknownPeers = Array.from({ length: 12 }, (_, i) => knock(`127.0.2.${i + 1}`));
    for (let time = 0; time < 10; time += 1) {
      const peer = await connected(plainPeer());
      expect(await peer.isServed()).toBe(true);
      peer.close();
    }
    knocking.isOn = false;
    await Promise.all(unknownPeers);
  });

  it('bounds what a flood costs, and serves the next base', async () => {
    const before = resources(units().plain);
    const flood = await connected(plainPeer());
    flood.pause();
    const pings = Buffer.concat(Array.from({ length: 5_000 }, () => ping));
    for (let i = 0; i < 20; i += 1) flood.write(pings);
    const next = await connected(plainPeer());
    expect(await next.isServed()).toBe(true);
    const after = resources(units().plain);
    expect(after.kib - before.kib).toBeLessThan(1_024);
  });

  it('survives 200 bases in a row, and keeps no descriptor of them', async () => {
    const before = resources(units().plain);
    const peers: UnitPeer[] = [];
    for (let i = 0; i < 200; i += 1) peers.push(await connected(plainPeer()));
    expect(await peers[0]?.ended()).toBe(GoodbyeReason.TAKEN_OVER);
    for (const peer of peers) peer.close();
    await until(
      'their descriptors are closed',
      () => resources(units().plain).descriptors <= before.descriptors + 1,
    );
    expect(resources(units().plain).kib - before.kib).toBeLessThan(1_024);
  });

  it('tells an unencrypted peer of an encrypted unit what is wrong, and nothing else', async () => {
    const { encrypted: unit } = units();
    const peer = new UnitPeer({ port: unit.port, cleanup: atTestEnd });
    peer.write(ping);
    expect(await peer.ended()).toBe(GoodbyeReason.ENCRYPTION_REQUIRED);
    expect(peer.heard).toHaveLength(1);
  });

  it('refuses another key, and serves the right one afterwards', async () => {
    const { encrypted: unit, key } = units();
    const wrong = new UnitPeer({ port: unit.port, key: key.toReversed(), cleanup: atTestEnd });
    expect(await wrong.sayHello()).toBe(false);
    expect(wrong.refusal).toBe('unit_key_wrong');
    const right = new UnitPeer({ port: unit.port, key, cleanup: atTestEnd });
    await connected(right);
    expect(await right.isServed()).toBe(true);
  });

  it.each<[string, number[]]>([
    ['no kind of opening', [0x7f]],
    ['half an opening', [1, 2, 3]],
    ['a refusal, which only units send', [3, 8]],
    ['a ticket that it never gave', [2, ...Array.from({ length: 15 }, () => 9)]],
  ])('refuses %s in place of a handshake', async (_name, body) => {
    const { encrypted: unit } = units();
    const peer = new UnitPeer({ port: unit.port, cleanup: atTestEnd });
    peer.write(encodeFrame(Uint8Array.from(body), 'encrypted'));
    await peer.ended();
    // Refused, with the reason PROTOCOL_ERROR.
    expect([...peer.bytes]).toEqual([0xb6, 1, 0, 2, 3, GoodbyeReason.PROTOCOL_ERROR]);
  });
});
