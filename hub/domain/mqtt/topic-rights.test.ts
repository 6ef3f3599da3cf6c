import { describe, expect, it } from 'vitest';
import { may, MqttSite } from '../../testing/mqtt-site.ts';

/** Two devices of one site. */
async function twoDevices() {
  const site = await MqttSite.open();
  const [a, b] = [await site.register('dev-a'), await site.register('dev-b')];
  const [grantA, grantB] = [await site.grantOf(a), await site.grantOf(b)];
  return { site, a, b, grantA, grantB };
}

/** How everybody names the topics of device A. */
const topicsOfA = (site: string) => [
  `site/${site}/dev-a/temperature`,
  `site/${site}/server/dev-a/x`,
  `site/${site}/sb/1/${site}/dev-a/p/on`,
];

describe('rights at topics', () => {
  it('1: a wide filter of a device brings nothing of another one', async () => {
    const { site, grantA, grantB } = await twoDevices();
    const ofA = ['temperature', 'dev-a/x', 'server/dev-a/x', 'a/b/c'].map((name) =>
      grantA.locate(name),
    );
    for (const place of ofA) {
      expect(place && grantA.mayReceive(place)).toBe(true);
      expect(place && grantB.mayReceive(place)).toBe(false);
    }
    for (const filter of ['#', '+/+', '+', 'dev-b/#']) {
      const place = grantB.locate(filter);
      expect(place?.topic.startsWith('dev-b/'), filter).toBe(true);
      expect(place && grantB.maySubscribe(place)).toBe(true);
    }
    for (const filter of [
      ...['sb/1/#', 'sb/#', 'server/#', 'server/+/x', 'shared/#', 'site/#', 'site/+/dev-a/#'],
      ...[`site/${site.siteId}/#`, `site/${site.siteId}/+/temperature`, `sb/1/${site.siteId}/#`],
    ]) {
      expect(may(grantB, 'maySubscribe', filter), filter).toBe(false);
    }
  });

  it('2: nobody names what belongs to a broker', async () => {
    const { site, grantA } = await twoDevices();
    const app = await site.services.topicRights.grantOf(await site.app('owner', 'app'));
    const names = ['$SYS/#', '$CONTROL/#', '$queue/x', '$exclusive/x', '$share//x', '$share/g/x'];
    for (const name of names) {
      expect(grantA.locate(name), name).toBeUndefined();
      expect(app.locate(name), name).toBeUndefined();
    }
  });

  it('3: of ten filters each has an answer of its own', async () => {
    const { site, grantB } = await twoDevices();
    const filters = topicsOfA(site.siteId).flatMap((name) => [name, `${name}/#`, `${name}/+`]);
    filters.splice(4, 0, 'dev-b/x');
    const answers = filters.map((filter) => may(grantB, 'maySubscribe', filter));
    expect(answers).toEqual(filters.map((_, index) => index === 4));
  });

  it('4: a right that was withdrawn is announced, and not given again', async () => {
    const { site, a, b } = await twoDevices();
    const verdicts = [await site.connect(a), await site.connect(b)];
    const principals = verdicts.flatMap((verdict) => (verdict?.ok ? [verdict.principal] : []));
    const concerned: (readonly boolean[])[] = [];
    site.services.topicRights.onChange((concerns) => concerned.push(principals.map(concerns)));
    await site.unregister(a);
    await site.revokeAll(b);
    // Each of the two, by both who listen: one for devices, one for people.
    expect(concerned.filter((some) => some.includes(true))).toEqual([
      [true, false],
      [false, true],
    ]);
    for (const principal of principals) {
      const grant = await site.services.topicRights.grantOf(principal);
      expect(may(grant, 'mayPublish', 'x') || may(grant, 'maySubscribe', '#')).toBe(false);
      expect(grant.mayReceive({ site: site.siteId, topic: 'dev-a/x', prefix: '' })).toBe(false);
      expect(grant.mayReceive({ site: site.siteId, topic: 'dev-b/x', prefix: '' })).toBe(false);
    }
  });

  it('5, 6, 13: a device publishes nothing at the topics of another one: no will, no response either', async () => {
    const { site, grantA, grantB } = await twoDevices();
    for (const name of topicsOfA(site.siteId)) {
      expect(may(grantA, 'mayPublish', name), name).toBe(true);
      expect(may(grantB, 'mayPublish', name), name).toBe(false);
    }
    expect(may(grantB, 'mayPublish', 'server/dev-a/x')).toBe(false);
    // What looks like a topic of A is one of its own.
    expect(grantB.locate('dev-a/temperature')?.topic).toBe('dev-b/dev-a/temperature');
  });

  it('7: what a device has left is seen by nobody else, once it is gone either', async () => {
    const { site, a, grantA, grantB } = await twoDevices();
    const place = grantA.locate('temperature');
    await site.unregister(a);
    const again = await site.grantOf(await site.register('dev-c'));
    for (const grant of [grantB, again]) expect(place && grant.mayReceive(place)).toBe(false);
  });

  it('8: ids that differ in case, or continue each other, have topics apart', async () => {
    const site = await MqttSite.open();
    const long = await site.grantOf(await site.register('dev-aa'));
    const short = await site.grantOf(await site.register('dev-a'));
    const inSite = (topic: string) => ({ site: site.siteId, topic, prefix: '' });
    for (const topic of ['dev-aa/x', 'dev-a', 'dev-a/', 'DEV-A/x', 'server/dev-aa/x', 'dev-a+/x'])
      expect(short.mayReceive(inSite(topic)), topic).toBe(false);
    expect(long.mayReceive(inSite('dev-a/x'))).toBe(false);
    const proto = await site.grantOf(await site.register('constructor'));
    expect(may(proto, 'mayPublish', 'constructor/x')).toBe(true);
  });

  it('11: empty levels stay where they are, and a name of nothing is no topic', async () => {
    const { site, grantA } = await twoDevices();
    expect(grantA.locate('/x')?.topic).toBe('dev-a//x');
    expect(grantA.locate('a//b')?.topic).toBe('dev-a/a//b');
    expect(may(grantA, 'mayPublish', `site/${site.siteId}/`)).toBe(false);
    expect(may(grantA, 'mayPublish', `site/${site.siteId}/dev-a/`)).toBe(false);
    expect(may(grantA, 'mayPublish', `site//dev-a/x`)).toBe(false);
    expect(may(grantA, 'mayPublish', '')).toBe(false);
  });

  it('reach into no other site, whoever has them', async () => {
    const { site, grantA } = await twoDevices();
    const other = await site.neighbour();
    const app = await site.services.topicRights.grantOf(await site.app('owner', 'app'));
    for (const grant of [grantA, app]) {
      for (const what of ['mayPublish', 'maySubscribe'] as const)
        expect(may(grant, what, `site/${other.siteId}/dev-a/x`)).toBe(false);
      const place = { site: other.siteId, topic: 'dev-a/x', prefix: '' };
      expect(grant.mayReceive(place)).toBe(false);
    }
  });
});

describe('a stock client', () => {
  it('keeps its own topics: they come back as it wrote them', async () => {
    const { site, grantA } = await twoDevices();
    for (const name of [
      'my/test/topic',
      'remote/gps',
      'dev-a/relay',
      'server/dev-a/x',
      '#',
      '+/x',
    ]) {
      const place = grantA.locate(name);
      const whole = `site/${site.siteId}/${place?.topic ?? ''}`;
      expect(whole.startsWith(place?.prefix ?? 'none'), name).toBe(true);
      expect(whole.slice(place?.prefix.length)).toBe(name);
      expect(place && grantA.mayPublish(place)).toBe(true);
    }
  });

  it('shares its topics with others of the same space, and nothing else', async () => {
    const { site, a, b } = await twoDevices();
    const c = await site.register('dev-c');
    await site.change(a, 'gps');
    await site.change(b, 'gps');
    const [sender, receiver, third] = [
      await site.grantOf(a),
      await site.grantOf(b),
      await site.grantOf(c),
    ];
    const place = sender.locate('remote/gps');
    expect(place).toEqual({
      site: site.siteId,
      topic: 'shared/gps/remote/gps',
      prefix: `site/${site.siteId}/shared/gps/`,
    });
    expect(place && receiver.mayReceive(place)).toBe(true);
    expect(place && third.mayReceive(place)).toBe(false);
    expect(may(third, 'maySubscribe', 'shared/gps/#')).toBe(false);
    // Its own remain its own.
    expect(may(sender, 'mayPublish', 'dev-a/x')).toBe(true);
    expect(receiver.mayReceive({ site: site.siteId, topic: 'dev-a/x', prefix: '' })).toBe(false);
  });

  it('has the topics of its new space as soon as it is given one', async () => {
    const { site, a } = await twoDevices();
    const verdict = await site.connect(a);
    if (!verdict?.ok) throw new Error('refused');
    let isAnnounced = false;
    site.services.topicRights.onChange((concerns) => {
      isAnnounced ||= concerns(verdict.principal);
    });
    await site.change(a, 'gps');
    expect(isAnnounced).toBe(true);
    const grant = await site.services.topicRights.grantOf(verdict.principal);
    expect(grant.locate('x')?.topic).toBe('shared/gps/x');
  });
});

describe('software with a token', () => {
  it.each([
    ['owner', 'app', true, true],
    ['manager', 'device', true, true],
    ['member', 'app', false, false],
    ['member', 'control', true, true],
    ['guest', 'control', false, true],
    ['guest', 'read', false, true],
    ['owner', 'read', false, true],
    ['owner', 'metrics', false, false],
  ] as const)('of a person who is %s, of scope %s', async (role, scope, mayWrite, mayRead) => {
    const site = await MqttSite.open();
    const grant = await site.services.topicRights.grantOf(await site.app(role, scope));
    expect(may(grant, 'mayPublish', 'dev-a/set')).toBe(mayWrite);
    expect(may(grant, 'maySubscribe', '#')).toBe(mayRead);
    expect(may(grant, 'mayReceive', 'dev-a/x')).toBe(mayRead);
  });

  it('loses its rights with its person’s role', async () => {
    const site = await MqttSite.open();
    const principal = await site.app('owner', 'app');
    const { userId } = principal;
    const { topicRights, unitOfWork, revocations } = site.services;
    let isAnnounced = false;
    topicRights.onChange((concerns) => {
      isAnnounced ||= concerns(principal);
    });
    await unitOfWork.run(
      ({ tx }) => tx.deleteFrom('members').where('user_id', '=', userId).execute(),
      'test',
    );
    revocations.announce({ kind: 'member', userId, siteId: site.siteId });
    expect(isAnnounced).toBe(true);
    const grant = await topicRights.grantOf(principal);
    expect(may(grant, 'mayReceive', `site/${site.siteId}/dev-a/x`)).toBe(false);
  });
});
