import { describe, expect, it } from 'vitest';
import { SiteId, UnitId, newId } from '#protocol/ids.ts';
import { MemoryPublisher } from '../testing/memory-publisher.ts';
import type { Publisher, SiteCursor } from '../kernel/publisher.ts';
import { SitePublisher } from './site-publisher.ts';

interface Subject {
  readonly publisher: Publisher;
  readonly seen: (siteId: SiteId) => readonly { name: string; delta: SiteCursor }[];
}

const subjects: Readonly<Record<string, () => Subject>> = {
  'in memory': () => {
    const publisher = new MemoryPublisher();
    return { publisher, seen: (siteId) => publisher.of(siteId) };
  },
  'to rooms': () => {
    const publisher = new SitePublisher();
    const sent: { room: string; name: string; delta: SiteCursor }[] = [];
    publisher.connect((room, name, delta) => {
      sent.push({ room, name, delta: { ...publisher.cursor(siteOf(room)), ...delta } });
    });
    return {
      publisher,
      seen: (siteId) => sent.filter(({ room }) => room === `private-site.${siteId}`),
    };
  },
};

const siteOf = (room: string): SiteId => SiteId.parse(room.replace('private-site.', ''));

describe.each(Object.entries(subjects))('a publisher %s', (_name, make) => {
  it('counts by one per site within one epoch, and its cursor is the last count', () => {
    const { publisher, seen } = make();
    const [here, there] = [newId(SiteId), newId(SiteId)];
    expect(publisher.cursor(here).rev).toBe(0);
    for (const siteId of [here, there, here]) {
      publisher.publish(siteId, 'unit.removed', { unitId: newId(UnitId) });
    }
    expect(seen(here).map(({ delta }) => delta.rev)).toEqual([1, 2]);
    expect(seen(there).map(({ delta }) => delta.rev)).toEqual([1]);
    expect(publisher.cursor(here).rev).toBe(2);
    const epochs = [...seen(here), ...seen(there)].map(({ delta }) => delta.epoch);
    expect(new Set(epochs)).toEqual(new Set([publisher.cursor(here).epoch]));
  });

  it('passes name and body on as they are', () => {
    const { publisher, seen } = make();
    const [siteId, unitId] = [newId(SiteId), newId(UnitId)];
    publisher.publish(siteId, 'unit.removed', { unitId });
    expect(seen(siteId)).toMatchObject([{ name: 'unit.removed', delta: { unitId } }]);
  });
});
