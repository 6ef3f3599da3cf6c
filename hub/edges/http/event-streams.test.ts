import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { Epoch, newId } from '#protocol/ids.ts';
import { type LampSite, addUnit, startLampSite } from '../../testing/lamp-site.ts';
import { signUpOther } from '../../testing/test-hub.ts';

interface Followed {
  readonly response: Response;
  readonly text: () => string;
  readonly messages: () => { id: string; event: string; data: Record<string, unknown> }[];
  readonly isOver: () => boolean;
  readonly leave: () => void;
}

const streams = (site: LampSite): number => site.hub.gauges()['services.eventStreams'] ?? -1;

/** Reads the events of a site as a program does, until it leaves or is cut. */
async function follow(site: LampSite, headers: Record<string, string>, query = '') {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const path = `/api/sites/${site.owner.siteId}/events${query}`;
  const response = await fetch(site.hub.addresses.http + path, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: leaving.signal,
  });
  let text = '';
  let isOver = false;
  const decoder = new TextDecoder();
  void (async () => {
    try {
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk);
    } catch {
      // Cut, or left.
    }
    isOver = true;
  })();
  const messages = () =>
    text.split('\n\n').flatMap((message) => {
      const [, id = '', event = '', data = ''] =
        /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(message) ?? [];
      return data === ''
        ? []
        : [{ id, event, data: z.record(z.string(), z.unknown()).parse(JSON.parse(data)) }];
    });
  const followed: Followed = {
    response,
    text: () => text,
    messages,
    isOver: () => isOver,
    leave: () => leaving.abort(),
  };
  return followed;
}

const cookieOf = (site: LampSite) => ({ cookie: site.owner.client.cookie ?? '' });

async function tokenOf(site: LampSite, body: object) {
  return await site.owner.client.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'follower', ...body },
  });
}

it('streams events as they happen, and resumes without a gap', async () => {
  const site = await startLampSite({ online: false });
  const first = await follow(site, cookieOf(site));
  expect(first.response.headers.get('content-type')).toBe('text/event-stream');
  await until('opened', () => first.messages().length === 1);
  const [opened] = first.messages();
  await addUnit(site, '192.0.2.60');
  await until('an event', () => first.messages().length === 2);
  const last = first.messages()[1];
  const rev = Number(opened?.data['rev']);
  expect(last).toMatchObject({
    id: `${String(opened?.data['epoch'])}/${rev + 1}`,
    event: 'unit.added',
    data: { rev: rev + 1, type: 'unit.added' },
  });
  expect(streams(site)).toBe(1);
  first.leave();
  await until('gone', () => streams(site) === 0);
  for (const host of [61, 62, 63]) await addUnit(site, `192.0.2.${host}`);
  const again = await follow(site, { ...cookieOf(site), 'last-event-id': last?.id ?? '' });
  await addUnit(site, '192.0.2.64');
  await until('all of them', () => again.messages().length === 5);
  expect(again.messages().map(({ event, data }) => [event, data['rev']])).toEqual([
    ['opened', rev + 4],
    ...[2, 3, 4, 5].map((more) => ['unit.added', rev + more]),
  ]);
  again.leave();
  await until('gone', () => streams(site) === 0);
});

it('goes through more than may wait for a reader at once', async () => {
  const site = await startLampSite({ online: false });
  for (let host = 1; host <= 60; host += 1) await addUnit(site, `198.51.100.${host}`);
  const all = await follow(site, cookieOf(site), '?after=0&type=unit.added');
  await until('all of them', () => all.messages().length === 62);
  const revs = all
    .messages()
    .slice(1)
    .map(({ data }) => Number(data['rev']));
  expect(new Set(revs).size).toBe(61);
  expect(revs).toEqual([...revs].sort((a, b) => a - b));
});

it('says why it cannot resume, and continues from what is kept', async () => {
  const site = await startLampSite({ online: false });
  const lost = await follow(site, { ...cookieOf(site), 'last-event-id': `${newId(Epoch)}/1` });
  await until('refused', () => lost.messages().length === 1);
  expect(lost.messages()[0]).toMatchObject({ event: 'not-recovered', data: { reason: 'epoch' } });
  await addUnit(site, '192.0.2.60');
  await until('an event', () => lost.messages()[1]?.event === 'unit.added');
  const wrong = await follow(site, { ...cookieOf(site), 'last-event-id': 'yesterday' });
  expect(wrong.response.status).toBe(400);
});

it('streams nothing without permission, and holds no resources', async () => {
  const site = await startLampSite({ online: false });
  const otherUser = await signUpOther(site.hub, site.owner);
  const other = await tokenOf(site, { scope: 'metrics' });
  const answers = [
    await follow(site, {}),
    await follow(site, { cookie: otherUser.cookie ?? '' }),
    await follow(site, { authorization: `Bearer ${other.secret}` }),
  ];
  expect(answers.map(({ response }) => response.status)).toEqual([401, 404, 403]);
  expect(streams(site)).toBe(0);
});

it('ends a stream whose token is revoked or runs out, and at shutdown', async () => {
  const clock = new ManualClock(Date.now());
  const site = await startLampSite({ online: false, clock });
  const revoked = await tokenOf(site, { scope: 'read' });
  const expiring = await tokenOf(site, { scope: 'read', expiresInDays: 1 });
  const [first, second, third] = [
    await follow(site, { authorization: `Bearer ${revoked.secret}` }),
    await follow(site, { authorization: `Bearer ${expiring.secret}` }),
    await follow(site, cookieOf(site)),
  ];
  expect(streams(site)).toBe(3);
  await site.owner.client.done({
    method: 'DELETE',
    path: `/api/account/tokens/${revoked.token.id}`,
  });
  await until('cut', () => first.isOver());
  expect([second.isOver(), third.isOver(), streams(site)]).toEqual([false, false, 2]);
  clock.advance(15_000);
  await until('a heartbeat', () => third.text().includes(': heartbeat'));
  await site.hub.close();
  await until('all cut', () => second.isOver() && third.isOver());
  expect(streams(site)).toBe(0);
});

it('excludes streams from the bound on unread answers', async () => {
  const site = await startLampSite({ online: false, loadBounds: { answerBytes: 1_000 } });
  const followed = await follow(site, cookieOf(site));
  for (let count = 0; count < 5; count += 1) {
    await site.owner.client.done({ path: `/api/sites/${site.owner.siteId}/snapshot` });
  }
  const { 'http.requests': requests, 'http.unreadBytes': unread } = site.hub.gauges();
  expect([followed.isOver(), streams(site), requests, unread]).toEqual([false, 1, 0, 0]);
});
