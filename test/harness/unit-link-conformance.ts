import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { encodeEnvelope } from '#protocol/unit-link/envelope.ts';
import {
  GoodbyeReason,
  GoodbyeSchema,
  PingSchema,
  Status,
} from '#protocol/unit-link/unit_link_pb.ts';
import { until } from '#platform/testing/until.ts';
import { type ConformingLamp, connectedTo, pidsOf, read } from './conforming-lamp.ts';

/** What every unit does with frames and messages, good and bad (docs/unit-link.md). */
export function itConformsOnTheLink(lamp: () => ConformingLamp): void {
  it('ignores requests without an id, and what is no request', async () => {
    const peer = await connectedTo(lamp());
    const pid = await pidsOf(peer);
    const before = peer.heard.length;
    peer.say(0, read(pid('on')));
    peer.say(7, { case: 'pong', value: { $typeName: 'signalbox.unitlink.v1.Pong', uptimeMs: 1n } });
    expect(await peer.isServed()).toBe(true);
    expect(peer.heard).toHaveLength(before + 1);
  });

  it('answers what it does not know as unsupported', async () => {
    const peer = await connectedTo(lamp());
    // Request 900 with the message of field 49, which no version has.
    peer.sayRaw(Uint8Array.of(0x08, 0x84, 0x07, 0x8a, 0x03, 0x00));
    const answer = await until('an answer', () =>
      peer.heard.find(({ requestId }) => requestId === 900),
    );
    expect(answer.body).toMatchObject({ case: 'result', value: { status: Status.UNSUPPORTED } });
    expect(await peer.isServed()).toBe(true);
  });

  it('ends a connection whose frames are broken, and serves the next', async () => {
    const peer = await connectedTo(lamp());
    peer.write(Uint8Array.of(0x00, 0x01, 0x00, 0x01, 0x00));
    expect(await peer.ended()).toBe(GoodbyeReason.PROTOCOL_ERROR);
    expect(await (await connectedTo(lamp())).isServed()).toBe(true);
  });

  it('closes the connection after a goodbye', async () => {
    const peer = await connectedTo(lamp());
    const value = create(GoodbyeSchema, { reason: GoodbyeReason.DONE });
    peer.say(0, { case: 'goodbye', value });
    await until('it closes', () => peer.isClosed);
  });

  it('lets a second base take over, and notifies the first', async () => {
    const first = await connectedTo(lamp());
    const second = await connectedTo(lamp());
    expect(await first.ended()).toBe(GoodbyeReason.TAKEN_OVER);
    expect(await second.isServed()).toBe(true);
  });

  it('answers requests in their order, however many are in flight', async () => {
    const peer = await connectedTo(lamp());
    const pid = await pidsOf(peer);
    const before = peer.heard.length;
    for (let id = 501; id <= 504; id += 1) peer.say(id, read(pid('on')));
    await until('four answers', () => peer.heard.length >= before + 4);
    const answers = peer.heard.slice(before);
    const done = answers.filter(
      ({ body }) => body.case === 'result' && body.value.status === Status.OK,
    );
    // Beyond max_in_flight it may answer busy, and that may overtake.
    expect(done.length).toBeGreaterThan(0);
    expect(done.map(({ requestId }) => requestId)).toEqual(
      done.map(({ requestId }) => requestId).toSorted((a, b) => a - b),
    );
    expect(answers.map(({ requestId }) => requestId).toSorted((a, b) => a - b)).toEqual([
      501, 502, 503, 504,
    ]);
  });

  it('is not harmed by frames in pieces', async () => {
    const peer = await connectedTo(lamp());
    const before = peer.heard.length;
    const ping = encodeEnvelope(700, { case: 'ping', value: create(PingSchema) });
    for (const byte of peer.frame(ping)) peer.write(Uint8Array.of(byte));
    await until('the pong', () => peer.heard.length === before + 1);
    expect(peer.heard.at(-1)).toMatchObject({ requestId: 700, body: { case: 'pong' } });
  });
}
