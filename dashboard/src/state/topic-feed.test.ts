import { describe, expect, it } from 'vitest';
import { TopicFeed, type TopicSource } from './topic-feed.ts';
import { topicTree } from './topic-tree.ts';

function fixture() {
  let nowMs = 0;
  let say: (event: MessageEvent<string>) => void = () => undefined;
  let isClosed = false;
  const source: TopicSource = {
    ...{ onopen: null, onerror: null },
    addEventListener: (_type, listener) => {
      say = listener;
    },
    close: () => {
      isClosed = true;
    },
  };
  const feed = new TopicFeed({ open: () => source, nowMs: () => nowMs });
  const news = (topic: string, more: object = {}) => {
    const state = { topic, payload: btoa('1'), bytes: 1, qos: 0, isRetained: false };
    const topics = [{ ...state, atMs: nowMs, deviceId: null, count: 1, ...more }];
    say(new MessageEvent('topics', { data: JSON.stringify({ topics, hidden: 0 }) }));
  };
  return {
    ...{ feed, news, source, isClosed: () => isClosed },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the topics of a site', () => {
  it('have their last message, their number and their rate', () => {
    const { feed, news, pass } = fixture();
    feed.start();
    news('a/b');
    for (let second = 0; second < 5; second += 1) {
      pass(1_000);
      news('a/b', { count: 10 });
    }
    const seen = feed.seen.get().topics.get('a/b');
    expect(seen).toMatchObject({ total: 51 });
    expect(seen?.rate).toBeCloseTo(10);
  });

  it('stay retained when something else comes, until that is removed', () => {
    const { feed, news } = fixture();
    feed.start();
    news('mode', { isRetained: true, count: 0 });
    news('mode');
    expect(feed.seen.get().topics.get('mode')?.isRetained).toBe(true);
    news('mode', { isRetained: true, bytes: 0, payload: '' });
    expect(feed.seen.get().topics.get('mode')?.isRetained).toBe(false);
  });

  it('are followed until they are stopped, and go on where they were', () => {
    const { feed, news, source, isClosed } = fixture();
    feed.start();
    expect(feed.seen.get().kind).toBe('connecting');
    source.onerror?.(new Event('error'));
    expect(feed.seen.get().kind).toBe('lost');
    news('a');
    expect(feed.seen.get().kind).toBe('live');
    feed.stop();
    expect([isClosed(), feed.seen.get().kind]).toEqual([true, 'stopped']);
    news('b');
    expect([...feed.seen.get().topics.keys()]).toEqual(['a']);
  });

  it('are a tree, with levels that have a message of their own', () => {
    const { feed, news } = fixture();
    feed.start();
    for (const topic of ['a/b/c', 'a', '/x', 'a/b']) news(topic);
    const [empty, a] = topicTree(feed.seen.get().topics);
    expect([empty?.name, empty?.children.map(({ path }) => path)]).toEqual(['', ['/x']]);
    expect(a).toMatchObject({ path: 'a', topics: 3 });
    expect(a?.own?.topic).toBe('a');
    expect(a?.children[0]?.children[0]?.path).toBe('a/b/c');
  });
});
