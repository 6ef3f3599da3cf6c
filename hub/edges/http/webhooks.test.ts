import { describe, expect, it } from 'vitest';
import { until } from '#platform/testing/until.ts';
import {
  DeliveryDetail,
  DeliveryPage,
  type DeliveryView,
  ReplayAnswer,
  WebhookSecret,
  WebhookView,
} from '#protocol/http/webhooks.ts';
import type { DeliveryState } from '#protocol/webhook/webhook-state.ts';
import { type Owner, signUpOwner, startTestHub } from '../../testing/test-hub.ts';
import { addWebhook, type Receiver, startReceiver } from '../../testing/webhook-site.ts';

/** The schedule of ten attempts, in milliseconds. */
const RETRIES = Array.from({ length: 9 }, (_, index) => (index + 1) / 1_000);

async function arrange(config: object = {}) {
  const hub = await startTestHub({
    config: { webhookNetworks: ['loopback'], webhookRetries: RETRIES, ...config },
  });
  const owner = await signUpOwner(hub);
  const receiver = await startReceiver();
  return { hub, owner, receiver };
}

async function rename(owner: Owner, name: string): Promise<void> {
  await owner.client.done({ method: 'PATCH', path: `/api/sites/${owner.siteId}`, body: { name } });
}

async function logOf(owner: Owner, id: string): Promise<DeliveryView[]> {
  const path = `/api/webhooks/${id}/deliveries`;
  return (await owner.client.request(DeliveryPage, { path })).deliveries;
}

async function untilState(owner: Owner, id: string, state: DeliveryState): Promise<DeliveryView> {
  return await until(`a delivery that is ${state}`, async () =>
    (await logOf(owner, id)).find((one) => one.state === state),
  );
}

async function viewOf(owner: Owner, id: string): Promise<WebhookView> {
  return await owner.client.request(WebhookView, { path: `/api/webhooks/${id}` });
}

const idsAt = ({ received }: Receiver) => received.map(({ headers }) => headers['webhook-id']);
const namesAt = ({ received }: Receiver): unknown[] => received.map(({ body }) => nameIn(body));

function nameIn(body: string): unknown {
  const parsed: unknown = JSON.parse(body);
  if (typeof parsed !== 'object' || parsed === null || !('data' in parsed)) return undefined;
  const { data } = parsed;
  return typeof data === 'object' && data !== null && 'name' in data ? data.name : undefined;
}

describe('a webhook', () => {
  it('is sent the events that it wants, from its addition on, and shows what became of them', async () => {
    const { owner, receiver } = await arrange();
    await rename(owner, 'before');
    const webhook = await addWebhook(owner, { url: receiver.url, events: ['site.changed'] });
    await rename(owner, 'after');
    const { id } = await untilState(owner, webhook.id, 'delivered');
    expect(namesAt(receiver)).toEqual(['after']);
    const [request] = receiver.received;
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      ...{ type: 'site.changed', data: { name: 'after' }, site: owner.siteId, v: 1 },
      actor: { kind: 'person', name: 'Ada' },
    });
    const detail = await owner.client.request(DeliveryDetail, {
      path: `/api/webhook-deliveries/${id}`,
    });
    expect(detail).toMatchObject({
      delivery: { type: 'site.changed', attempts: 1, status: 204, code: null },
      body: request?.body,
      attempts: [{ status: 204, code: null }],
    });
    expect(detail.delivery.messageId).toBe(request?.headers['webhook-id']);
    const view = await viewOf(owner, webhook.id);
    expect(view).toMatchObject({ waiting: 0, failingSince: null, state: 'enabled' });
    expect(view.lastDeliveredAt).not.toBeNull();
  });

  it('gets the same message again until it answers with a success', async () => {
    const { owner, receiver } = await arrange();
    const webhook = await addWebhook(owner, { url: receiver.url });
    let failures = 3;
    receiver.answer = () => ({ status: (failures -= 1) >= 0 ? 500 : 200, body: 'busy' });
    await rename(owner, 'a');
    const { attempts, id } = await untilState(owner, webhook.id, 'delivered');
    expect(attempts).toBe(4);
    expect(new Set(idsAt(receiver)).size).toBe(1);
    const detail = await owner.client.request(DeliveryDetail, {
      path: `/api/webhook-deliveries/${id}`,
    });
    expect(detail.attempts.map(({ status, answer }) => [status, answer])).toEqual([
      [500, 'busy'],
      [500, 'busy'],
      [500, 'busy'],
      [200, 'busy'],
    ]);
  });

  it('gets ten attempts and no more, and can be resent and replayed with the same id', async () => {
    const { owner, receiver } = await arrange();
    const webhook = await addWebhook(owner, { url: receiver.url });
    receiver.answer = () => ({ status: 503 });
    await rename(owner, 'a');
    const exhausted = await untilState(owner, webhook.id, 'exhausted');
    expect([exhausted.attempts, receiver.received.length]).toEqual([10, 10]);
    receiver.answer = () => ({ status: 200 });
    const path = `/api/webhook-deliveries/${exhausted.id}`;
    await owner.client.done({ method: 'POST', path: `${path}/resend` });
    await untilState(owner, webhook.id, 'delivered');
    const since = '2020-01-01T00:00:00.000Z';
    const replay = { path: `/api/webhooks/${webhook.id}/replay`, body: { since } };
    const nothing = await owner.client.request(ReplayAnswer, replay);
    expect(nothing).toEqual({ count: 0, isMore: false });
    const body = { since, which: 'all' };
    expect(await owner.client.request(ReplayAnswer, { ...replay, body })).toMatchObject({
      count: 1,
    });
    await until('it came again', () => receiver.received.length === 12);
    expect(new Set(idsAt(receiver)).size).toBe(1);
  });

  it('keeps the order where that is requested, past what was given up', async () => {
    const { owner, receiver } = await arrange({ webhookRetries: [0.001, 0.001] });
    const webhook = await addWebhook(owner, { url: receiver.url, isOrdered: true });
    receiver.answer = ({ body }) => ({ status: nameIn(body) === '2' ? 500 : 200 });
    for (const name of ['1', '2', '3', '4']) await rename(owner, name);
    await until('all of them', () => receiver.received.length === 6);
    expect(namesAt(receiver)).toEqual(['1', '2', '2', '2', '3', '4']);
    await untilState(owner, webhook.id, 'exhausted');
  });

  it('can be rid of what waits, so that the next comes', async () => {
    const { owner, receiver } = await arrange({ webhookRetries: [3_600] });
    const webhook = await addWebhook(owner, { url: receiver.url, isOrdered: true });
    receiver.answer = ({ body }) => ({ status: nameIn(body) === '1' ? 500 : 200 });
    for (const name of ['1', '2']) await rename(owner, name);
    const { id } = await untilState(owner, webhook.id, 'retrying');
    expect(receiver.received).toHaveLength(1);
    const path = `/api/webhook-deliveries/${id}`;
    await owner.client.done({ method: 'POST', path: `${path}/cancel` });
    await untilState(owner, webhook.id, 'delivered');
    expect(await owner.client.refused({ method: 'POST', path: `${path}/cancel` })).toBe(
      'delivery_state',
    );
  });

  it('keeps what comes while it is disabled, to be replayed', async () => {
    const { owner, receiver } = await arrange();
    const webhook = await addWebhook(owner, { url: receiver.url, events: ['site.*'] });
    const path = `/api/webhooks/${webhook.id}`;
    await owner.client.done({ method: 'PATCH', path, body: { state: 'disabled' } });
    await rename(owner, 'unsent');
    await untilState(owner, webhook.id, 'skipped');
    for (const call of ['test', 'replay']) {
      const body = call === 'replay' ? { body: { since: webhook.createdAt } } : {};
      const request = { method: 'POST', path: `${path}/${call}`, ...body };
      expect(await owner.client.refused(request)).toBe('webhook_disabled');
    }
    expect(receiver.received).toEqual([]);
    await owner.client.done({ method: 'PATCH', path, body: { state: 'enabled' } });
    const body = { since: webhook.createdAt };
    await owner.client.done({ path: `${path}/replay`, body });
    await untilState(owner, webhook.id, 'delivered');
    expect(namesAt(receiver)).toEqual(['unsent']);
  });

  it('is disabled by 410 Gone, with an event, and what waits is skipped', async () => {
    const { owner, receiver } = await arrange({ webhookRetries: [3_600] });
    const webhook = await addWebhook(owner, { url: receiver.url, events: ['site.*'] });
    receiver.answer = ({ body }) => ({ status: nameIn(body) === '2' ? 410 : 500 });
    await rename(owner, '1');
    await untilState(owner, webhook.id, 'retrying');
    await rename(owner, '2');
    await untilState(owner, webhook.id, 'skipped');
    expect(await viewOf(owner, webhook.id)).toMatchObject({ state: 'disabled', reason: 'gone' });
    const events = await owner.client.call({
      path: `/api/sites/${owner.siteId}/events?type=webhook.disabled`,
    });
    expect(events.body).toMatchObject({
      events: [{ actor: { kind: 'hub' }, data: { webhookId: webhook.id, reason: 'gone' } }],
    });
  });

  it('is not delayed by another that never answers', async () => {
    const { owner, receiver } = await arrange();
    const silent = await startReceiver();
    silent.answer = () => undefined;
    await addWebhook(owner, { url: silent.url });
    const webhook = await addWebhook(owner, { url: receiver.url, events: ['site.*'] });
    for (let index = 0; index < 20; index += 1) await rename(owner, String(index));
    await until('all at the one', () => receiver.received.length === 20);
    // At most so many at a time wait for the other.
    expect(silent.received.length).toBeLessThanOrEqual(4);
    await until('none waits', async () => (await viewOf(owner, webhook.id)).waiting === 0);
  });

  it('is sent a test message, once', async () => {
    const { owner, receiver } = await arrange();
    const webhook = await addWebhook(owner, { url: receiver.url, events: ['member.*'] });
    receiver.answer = () => ({ status: 500 });
    await owner.client.done({ method: 'POST', path: `/api/webhooks/${webhook.id}/test` });
    const { type, attempts } = await untilState(owner, webhook.id, 'exhausted');
    expect([type, attempts]).toEqual(['webhook.test', 1]);
  });

  it('is signed with the old and the new secret after a rotation', async () => {
    const { owner, receiver } = await arrange();
    const webhook = await addWebhook(owner, { url: receiver.url });
    const path = `/api/webhooks/${webhook.id}`;
    const rotated = await owner.client.request(WebhookSecret, {
      ...{ method: 'POST', path: `${path}/rotate` },
    });
    expect(rotated.secret).not.toBe(webhook.secret);
    expect(rotated.webhook.oldSecretUntil).not.toBeNull();
    await owner.client.done({ method: 'POST', path: `${path}/test` });
    const test = await until('it came', () =>
      receiver.received.find(({ body }) => body.includes('webhook.test')),
    );
    expect(String(test.headers['webhook-signature']).split(' ')).toHaveLength(2);
  });

  it('shows its secret at its addition and nowhere else', async () => {
    const { owner, receiver } = await arrange();
    const webhook = await addWebhook(owner, { url: receiver.url });
    const lists = await Promise.all([
      owner.client.call({ path: `/api/sites/${owner.siteId}/webhooks` }),
      owner.client.call({ path: `/api/webhooks/${webhook.id}` }),
      owner.client.call({ path: `/api/sites/${owner.siteId}/events` }),
    ]);
    expect(webhook.secret).toMatch(/^whsec_/);
    expect(JSON.stringify(lists.map(({ body }) => body))).not.toContain(webhook.secret);
  });

  it('goes nowhere that the hub does not send to, and to no more addresses than may be', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const add = (url: string) => ({
      path: `/api/sites/${owner.siteId}/webhooks`,
      body: { name: 'Log', url, events: ['member.*'] },
    });
    for (const url of ['http://127.0.0.1:1/', 'https://10.0.0.1/', 'https://u@93.184.216.34/']) {
      expect(await owner.client.refused(add(url))).toBe('webhook_url_refused');
    }
    for (let index = 0; index < 50; index += 1) {
      await owner.client.done(add('https://93.184.216.34/'));
    }
    expect(await owner.client.refused(add('https://93.184.216.34/'))).toBe('webhook_limit');
  });

  it('is forgotten with its log', async () => {
    const { owner, receiver } = await arrange();
    const webhook = await addWebhook(owner, { url: receiver.url });
    await rename(owner, 'a');
    const { id } = await untilState(owner, webhook.id, 'delivered');
    const path = `/api/webhooks/${webhook.id}`;
    await owner.client.done({ method: 'DELETE', path });
    expect(await owner.client.refused({ path })).toBe('webhook_unknown');
    expect(await owner.client.refused({ path: `/api/webhook-deliveries/${id}` })).toBe(
      'delivery_unknown',
    );
  });
});

it('goes on after the hub has stopped, with what was in flight', async () => {
  const { hub, owner, receiver } = await arrange();
  const webhook = await addWebhook(owner, { url: receiver.url, events: ['site.*'] });
  receiver.answer = () => undefined;
  await rename(owner, 'a');
  await until('it is in flight', () => receiver.received.length === 1);
  await hub.close();
  receiver.answer = () => ({ status: 204 });
  const { dataFolder } = hub;
  const config = { dataFolder, webhookNetworks: ['loopback'], webhookRetries: RETRIES };
  const next = await startTestHub({ config });
  const again = { ...owner, client: owner.client.at(next.addresses.http) };
  const delivered = await untilState(again, webhook.id, 'delivered');
  const [first, second] = idsAt(receiver);
  expect(second).toBe(first);
  const detail = await again.client.request(DeliveryDetail, {
    path: `/api/webhook-deliveries/${delivered.id}`,
  });
  expect(detail.attempts.map(({ code }) => code)).toEqual(['interrupted', null]);
});
