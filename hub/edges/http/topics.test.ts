import { describe, expect, it, onTestFinished } from 'vitest';
import { TOPIC_LIMITS, TopicNews, type TopicState } from '#protocol/http/topics.ts';
import { until } from '#platform/testing/until.ts';
import { passwordOf, registerDevice } from '../../testing/device-site.ts';
import { startMqttHub, type MqttHub } from '../../testing/raw-mqtt.ts';
import { addMember } from '../../testing/rollout-site.ts';

/** Follows the topics as a page does. */
async function follow({ hub, siteId, owner }: MqttHub, query = '', cookie = owner.client.cookie) {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const response = await fetch(`${hub.addresses.http}/api/sites/${siteId}/topics${query}`, {
    headers: { accept: 'text/event-stream', cookie: cookie ?? '' },
    signal: leaving.signal,
  });
  const states: TopicState[] = [];
  let isOver = false;
  let hidden = 0;
  let rest = '';
  void (async () => {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        rest += decoder.decode(chunk, { stream: true });
        const events = rest.split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) {
          const data = /^event: topics\ndata: (.*)$/s.exec(event)?.[1];
          if (data === undefined) continue;
          const news = TopicNews.parse(JSON.parse(data));
          states.push(...news.topics);
          hidden += news.hidden;
        }
      }
    } catch {
      // Left, or cut.
    }
    isOver = true;
  })();
  return {
    status: response.status,
    states,
    isOver: () => isOver,
    leave: () => leaving.abort(),
    hidden: () => hidden,
    last: (topic: string) => states.findLast((one) => one.topic === topic),
  };
}

const textOf = (state: TopicState | undefined) =>
  state && Buffer.from(state.payload, 'base64').toString();

describe('the topics of a site', () => {
  it('are shown as they come, with what was retained before, and who published it', async () => {
    const site = await startMqttHub();
    const { device, ...made } = await registerDevice(site.owner, { clientId: 'boiler' });
    const client = await site.connected(passwordOf({ device, ...made }), {
      ...{ clientId: 'boiler', username: 'boiler' },
    });
    const say = async (topic: string, payload: string, retain: boolean) => {
      const packet = { cmd: 'publish', topic, payload, retain, qos: 1, dup: false } as const;
      client.send({ ...packet, messageId: 1 });
      await client.next('puback');
    };
    await say('mode', 'eco', true);
    const page = await follow(site);
    await until('retained', () => page.last('boiler/mode'));
    expect(page.last('boiler/mode')).toMatchObject({ isRetained: true, count: 0 });
    await say('temperature', '21.4', false);
    const shown = await until('live', () => page.last('boiler/temperature'));
    expect(shown).toMatchObject({ qos: 1, isRetained: false, count: 1, deviceId: device.id });
    expect(textOf(shown)).toBe('21.4');
    client.send({
      ...{ cmd: 'publish', topic: 'temperature', payload: 'x'.repeat(5_000) },
      ...{ qos: 0, dup: false, retain: false },
    });
    const long = await until('long', () => page.states.find(({ bytes }) => bytes === 5_000));
    expect(textOf(long)).toHaveLength(TOPIC_LIMITS.shownBytes);
    page.leave();
    await until('nobody looks', () => site.hub.gauges()['services.topicStreams'] === 0);
  });

  it('are shown to whoever may see the site, and no longer than that', async () => {
    const site = await startMqttHub();
    const guest = await addMember(site.hub, site.owner, 'guest');
    const page = await follow(site, '', guest.cookie);
    expect(page.status).toBe(200);
    const publish = {
      path: `/api/sites/${site.siteId}/topics/publish`,
      body: { topic: 'a', payload: '' },
    };
    expect((await guest.call(publish)).status).toBe(403);
    await guest.call({ method: 'POST', path: '/api/sign-out', body: {} });
    await until('cut', () => page.isOver());
  });

  it('are published at by people, with QoS and retained, and heard by clients', async () => {
    const site = await startMqttHub();
    const reader = await site.connected(await site.token('read'));
    reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 1 }] });
    await reader.next('suback');
    const page = await follow(site, '?under=plug');
    const path = `/api/sites/${site.siteId}/topics/publish`;
    for (const qos of [0, 1] as const) {
      const body = { topic: 'plug/set', payload: `q${qos}`, qos, isRetained: qos === 1 };
      expect((await site.owner.client.call({ path, body })).status).toBe(204);
      const { payload } = await reader.next('publish');
      expect(payload.toString()).toBe(`q${qos}`);
    }
    const body = { topic: 'elsewhere', payload: 'x' };
    await site.owner.client.call({ path, body });
    await until('seen', () => page.last('plug/set')?.isRetained);
    expect(page.states.map(({ topic }) => topic)).not.toContain('elsewhere');
    for (const topic of ['a/#', '+', '$SYS/x']) {
      const refused = await site.owner.client.call({ path, body: { topic, payload: '' } });
      expect(refused.body).toMatchObject({ code: 'input_invalid' });
    }
  });

  it('are bounded: of a flood of topics so many are shown, and the rest is counted', async () => {
    const site = await startMqttHub();
    const client = await site.connected(await site.token('control'));
    const page = await follow(site);
    const count = TOPIC_LIMITS.topics + 300;
    for (let index = 0; index < count; index += 1) {
      const packet = { cmd: 'publish', topic: `flood/${index}`, payload: 'x' } as const;
      client.send({ ...packet, qos: 0, dup: false, retain: false });
    }
    await client.untilQuiet();
    const topics = () => new Set(page.states.map(({ topic }) => topic)).size;
    // They come in several pieces; what is hidden is said with the first.
    await until('shown', () => topics() >= TOPIC_LIMITS.topics);
    expect([topics(), page.hidden()]).toEqual([TOPIC_LIMITS.topics, 300]);
  });
});
