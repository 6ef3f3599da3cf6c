import { createPublicKey } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Epoch, newId } from '#protocol/ids.ts';
import { newPrivateKeyPem, readPrivateKey } from '../base-key.ts';
import { systemClock } from '../clock.ts';
import { FakeHub, problem, type WebhookAnswer } from '../testing/fake-hub.ts';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates.ts';
import { testLog } from '../testing/test-base.ts';
import { ClockOffset } from './clock-offset.ts';
import { eventOf, itSendsEvents } from './event-sender.contract.ts';
import type { SendOutcome } from './event-sender.ts';
import { HubHttp } from './hub-http.ts';
import { MemorySender } from './memory-sender.ts';
import { WebhookSender } from './webhook-sender.ts';

const epoch = newId(Epoch);
/** By clock. */
const EARLIER_OFFSETS_MS = new Map([[7, -86_400_000]]);

async function webhookTo(hub: FakeHub, ca?: string) {
  await hub.start();
  const privateKey = readPrivateKey(newPrivateKeyPem());
  hub.publicKey = createPublicKey(privateKey);
  const http = new HubHttp({ origin: hub.url, ...(ca === undefined ? {} : { ca }) });
  onTestFinished(async () => {
    await http.close();
    await hub.close();
  });
  const offset = new ClockOffset(systemClock);
  return new WebhookSender({
    baseId: hub.baseId,
    privateKey,
    http,
    offset,
    earlierOffsetMs: (clock) => EARLIER_OFFSETS_MS.get(clock),
    log: testLog,
  });
}

function asAnswer(outcome: SendOutcome): WebhookAnswer {
  switch (outcome.kind) {
    case 'settled':
      return { status: 200, body: { accepted: 0, duplicates: 0, refused: outcome.refused } };
    case 'wrong':
      return problem(outcome.code);
    case 'later': {
      const { afterMs } = outcome;
      return problem(
        outcome.code,
        afterMs === undefined ? {} : { 'retry-after': String(afterMs / 1_000) },
      );
    }
    default:
      return outcome satisfies never;
  }
}

itSendsEvents('events by webhook', async () => {
  const hub = new FakeHub();
  const sender = await webhookTo(hub);
  return {
    sender,
    arrived: () => hub.events.map(({ seq }) => seq),
    answerWith: (outcome) => (hub.onWebhook = () => asAnswer(outcome)),
  };
});

itSendsEvents('events in memory', async () => {
  await Promise.resolve();
  const sender = new MemorySender();
  return {
    sender,
    arrived: () => sender.received.map(({ seq }) => seq),
    answerWith: (outcome) => (sender.answer = () => outcome),
  };
});

describe('a webhook', () => {
  it.each([
    ['webhook_signature_invalid', 'later'],
    ['webhook_timestamp_invalid', 'later'],
    ['base_revoked', 'later'],
    ['base_unknown', 'later'],
    ['storage_full', 'later'],
    ['malformed_json', 'wrong'],
    ['body_too_large', 'wrong'],
  ] as const)('answered with %s is tried %s', async (code, kind) => {
    const hub = new FakeHub();
    const sender = await webhookTo(hub);
    hub.onWebhook = () => problem(code);
    expect(await sender.send({ epoch, events: [eventOf(1)] })).toEqual({ kind, code });
  });

  it('answered with 200 by something that is no hub is tried later', async () => {
    const hub = new FakeHub();
    const sender = await webhookTo(hub);
    hub.onWebhook = () => ({ status: 200, body: '<html>Welcome to the hotel</html>' });
    expect(await sender.send({ epoch, events: [eventOf(1)] })).toMatchObject({ kind: 'later' });
  });

  it('is refused by a hub that does not know the key', async () => {
    const hub = new FakeHub();
    const sender = await webhookTo(hub);
    hub.publicKey = createPublicKey(readPrivateKey(newPrivateKeyPem()));
    expect(await sender.send({ epoch, events: [eventOf(1)] })).toEqual({
      kind: 'later',
      code: 'webhook_signature_invalid',
    });
  });

  it('tells events by the clock that they were stored by', async () => {
    const hub = new FakeHub();
    const sender = await webhookTo(hub);
    await sender.send({ epoch, events: [eventOf(1, 7)] });
    await sender.send({ epoch, events: [eventOf(2)] });
    expect(hub.clockOffsetsMs).toEqual([-86_400_000, null]);
  });

  it('goes over TLS to the pinned CA, and to no other', async () => {
    const [ours, other]: TestCertificates[] = [
      await makeTestCertificates(),
      await makeTestCertificates(),
    ];
    if (!ours || !other) throw new Error();
    const trusted = new FakeHub(ours);
    const sender = await webhookTo(trusted, ours.caPem);
    expect(await sender.send({ epoch, events: [eventOf(1)] })).toMatchObject({ kind: 'settled' });
    const stranger = new FakeHub(other);
    const wary = await webhookTo(stranger, ours.caPem);
    expect(await wary.send({ epoch, events: [eventOf(1)] })).toEqual({
      kind: 'later',
      code: 'hub_unreachable',
    });
    expect(stranger.events).toEqual([]);
  });
});
