import { createPublicKey } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PROBLEM_MEDIA_TYPE, toProblem } from '#protocol/http/problem.ts';
import { Epoch, newId } from '#protocol/ids.ts';
import { newPrivateKeyPem, readPrivateKey } from '../pairing/base-key.ts';
import { systemClock } from '#platform/clock.ts';
import { FakeHub, problem, type WebhookAnswer } from '../testing/fake-hub.ts';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates.ts';
import { testLog } from '../testing/test-base.ts';
import { ClockOffset } from './clock-offset.ts';
import { eventOf, itSendsEvents } from './event-sender.contract.ts';
import type { SendOutcome } from '../outbox/event-sender.ts';
import { HubHttp } from './hub-http.ts';
import { MemorySender } from '../testing/memory-sender.ts';
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

  const html = { 'content-type': 'text/html' };
  const page = '<html>Welcome to the hotel</html>';
  const asProblem = { 'content-type': PROBLEM_MEDIA_TYPE };
  const receipt = { accepted: 1, duplicates: 0, refused: [] };
  const refused = (seq: number) => ({ seq, code: 'event_invalid' });
  it.each<[name: string, answer: WebhookAnswer]>([
    ...[200, 301, 302, 307, 400, 401, 403, 404, 413, 415, 422, 502].map(
      (status): [string, WebhookAnswer] => [
        `${status} with a page`,
        { status, body: page, headers: { ...html, location: '/login' } },
      ],
    ),
    ['400 without a body', { status: 400, body: '' }],
    ['413 with JSON of another kind', { status: 413, body: { error: 'too large' } }],
    ['our problem as plain JSON', { status: 400, body: toProblem('bad_request') }],
    ['a problem of somebody else', { status: 400, body: { status: 400 }, headers: asProblem }],
    [
      'a code that nobody knows',
      {
        status: 400,
        body: { ...toProblem('bad_request'), code: 'evil' },
        headers: asProblem,
      },
    ],
    [
      'a problem under another status',
      { status: 400, body: toProblem('body_too_large'), headers: asProblem },
    ],
    [
      'a problem that breaks off',
      {
        status: 400,
        body: JSON.stringify(toProblem('bad_request')).slice(0, -20),
        headers: asProblem,
      },
    ],
    ['a receipt that breaks off', { status: 200, body: '{"accepted":1,"dupl' }],
    ['a receipt of more events', { status: 200, body: { ...receipt, accepted: 2 } }],
    ['a receipt of no event', { status: 200, body: { ...receipt, accepted: 0 } }],
    [
      'a refusal of what was not sent',
      { status: 200, body: { ...receipt, accepted: 0, refused: [refused(2)] } },
    ],
    [
      'the same refusal twice',
      { status: 200, body: { ...receipt, accepted: 0, refused: [refused(1), refused(1)] } },
    ],
    ['an empty object', { status: 200, body: {} }],
    ['a receipt with 201', { status: 201, body: receipt }],
  ])('answered by another server with %s is retried later', async (_name, answer) => {
    const hub = new FakeHub();
    const sender = await webhookTo(hub);
    hub.onWebhook = () => answer;
    expect(await sender.send({ epoch, events: [eventOf(1)] })).toEqual({
      kind: 'later',
      code: 'hub_answer_foreign',
    });
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

  it('sends events with the clock that they were stored by', async () => {
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
    const foreign = new FakeHub(other);
    const wary = await webhookTo(foreign, ours.caPem);
    expect(await wary.send({ epoch, events: [eventOf(1)] })).toEqual({
      kind: 'later',
      code: 'hub_not_trusted',
    });
    expect(foreign.events).toEqual([]);
  });
});
