import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { MessageId, newId } from '#protocol/ids.ts';
import { parseSecret, verifyWebhook } from '#protocol/webhook/standard-webhooks.ts';
import { type ResolveName, TargetPolicy } from '../../domain/webhooks/target-policy.ts';
import { startReceiver } from '../../testing/webhook-site.ts';
import { WebhookSender } from './webhook-sender.ts';

const SECRETS = ['a secret of twenty-four bytes', 'another one of such a length'].map((text) =>
  Buffer.from(text),
);

function senderFor(options: {
  readonly networks?: readonly string[];
  readonly resolve?: ResolveName;
  readonly timeoutMs?: number;
}) {
  const {
    networks = ['loopback'],
    resolve = () => Promise.resolve([]),
    timeoutMs = 5_000,
  } = options;
  const policy = new TargetPolicy({ networks, resolve });
  const sender = new WebhookSender({ policy, timeoutMs, clock: systemClock });
  onTestFinished(() => sender.close());
  const messageId = newId(MessageId);
  const send = (url: string, body = '{"type":"webhook.test"}') =>
    sender.send({ url, messageId, body, secrets: SECRETS, stop: new AbortController().signal });
  return { send, messageId };
}

it('signs with each secret, so that a receiver with either of them accepts it', async () => {
  const receiver = await startReceiver();
  const { send, messageId } = senderFor({});
  const body = '{"type":"a","data":"ä € 𝄞"}';
  expect(await send(receiver.url, body)).toMatchObject({ status: 204, code: null });
  const [received] = receiver.received;
  expect(received?.body).toBe(body);
  expect(received?.headers['content-type']).toBe('application/json');
  for (const secret of SECRETS) {
    const verdict = verifyWebhook({
      headers: received?.headers ?? {},
      body: Buffer.from(body),
      nowSeconds: Date.now() / 1_000,
      toleranceSeconds: 5,
      verifiers: [
        {
          version: 'v1',
          verify: (content, signature) =>
            createHmac('sha256', secret).update(content).digest().equals(signature),
        },
      ],
    });
    expect(verdict).toMatchObject({ ok: true, id: messageId });
  }
});

it('signs the published vector as published', () => {
  const secret = parseSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_');
  const content = 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}';
  const signature = createHmac('sha256', secret ?? '')
    .update(content)
    .digest('base64');
  expect(signature).toBe('g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

it.each([
  [200, null],
  [299, null],
  [301, 'redirected'],
  [307, 'redirected'],
  [400, 'answered'],
  [410, 'answered'],
  [500, 'answered'],
])('has %s as %s', async (status, code) => {
  const receiver = await startReceiver();
  const elsewhere = await startReceiver();
  receiver.answer = () => ({ status, headers: { location: elsewhere.url }, body: 'why' });
  const answer = await senderFor({}).send(receiver.url);
  expect(answer).toMatchObject({ status, code, answer: 'why', isCut: false });
  // Redirects are not followed.
  expect(elsewhere.received).toEqual([]);
});

it('keeps the first 4 KiB of an answer, without characters that a database refuses', async () => {
  const receiver = await startReceiver();
  receiver.answer = () => ({ status: 500, body: `a\u0000b${'x'.repeat(100_000)}` });
  const { answer, isCut } = await senderFor({}).send(receiver.url);
  expect([answer.length, isCut, answer.slice(0, 3)]).toEqual([4_096, true, 'a\ufffdb']);
});

it('reads what the endpoint requests to wait, as seconds or as a date', async () => {
  const receiver = await startReceiver();
  const { send } = senderFor({});
  const waitFor = async (text: string): Promise<number> => {
    receiver.answer = () => ({ status: 503, headers: { 'retry-after': text } });
    return (await send(receiver.url)).retryAfterMs;
  };
  expect(await waitFor('120')).toBe(120_000);
  const inAMinute = await waitFor(new Date(Date.now() + 60_000).toUTCString());
  expect(inAMinute).toBeGreaterThan(50_000);
  expect(inAMinute).toBeLessThanOrEqual(60_000);
  expect(await waitFor('soon')).toBe(0);
});

it('gives up an endpoint that does not answer in time', async () => {
  const receiver = await startReceiver();
  receiver.answer = () => undefined;
  const answer = await senderFor({ timeoutMs: 50 }).send(receiver.url);
  expect(answer).toMatchObject({ status: null, code: 'timed_out' });
});

it('counts the status of an endpoint whose body never ends', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const answer = await senderFor({ timeoutMs: 100 }).send(`http://127.0.0.1:${port}/`);
  expect(answer).toMatchObject({ status: 200, code: null, answer: 'abc', isCut: true });
});

it('connects to no address that became a private one after it was checked', async () => {
  const receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  const answers = [['93.184.216.34'], ['127.0.0.1']];
  const policy = new TargetPolicy({
    networks: [],
    resolve: () => Promise.resolve(answers.shift() ?? []),
  });
  const url = `https://rebind.example:${port}/`;
  expect(await policy.check(url)).toMatchObject({ ok: true });
  const sender = new WebhookSender({ policy, clock: systemClock });
  onTestFinished(() => sender.close());
  const stop = new AbortController().signal;
  const request = { url, messageId: newId(MessageId), body: '{}', secrets: SECRETS, stop };
  expect(await sender.send(request)).toMatchObject({ status: null, code: 'address_refused' });
  expect([receiver.received, answers]).toEqual([[], []]);
});

it('connects to the address that was checked, whatever the name says to others', async () => {
  const receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  const looked: string[] = [];
  const { send } = senderFor({
    resolve: (name) => {
      looked.push(name);
      return Promise.resolve(['127.0.0.1']);
    },
  });
  // No resolver but this one knows it.
  expect(await send(`http://made-up.invalid:${port}/a`)).toMatchObject({ code: null });
  expect(receiver.received[0]?.headers.host).toBe(`made-up.invalid:${port}`);
  expect(looked).toEqual(['made-up.invalid']);
});

it('refuses literals at the connection as well', async () => {
  const receiver = await startReceiver();
  const closed = senderFor({ networks: [] });
  const { port } = new URL(receiver.url);
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '[::1]']) {
    for (const scheme of ['http', 'https']) {
      const answer = await closed.send(`${scheme}://${host}:${port}/`);
      expect([host, answer.code]).toEqual([host, 'address_refused']);
    }
  }
  expect(receiver.received).toEqual([]);
});

it('says where a name is unknown, and where nothing listens', async () => {
  const { send } = senderFor({});
  expect(await send('http://nobody.invalid/')).toMatchObject({ code: 'name_unknown' });
  expect(await send('http://127.0.0.1:1/')).toMatchObject({ code: 'connection_failed' });
});
