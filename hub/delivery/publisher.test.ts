import { describe, expect, it } from 'vitest';
import type { SiteDelta } from '#protocol/hub-link/site-channel.ts';
import { Epoch, SiteId, UnitId, newId } from '#protocol/ids.ts';
import { MemoryPublisher } from '../testing/memory-publisher.ts';
import type { Publisher } from '../kernel/publisher.ts';
import { SitePublisher } from './site-publisher.ts';

interface Subject {
  readonly publisher: Publisher;
  readonly seen: (siteId: SiteId) => readonly SiteDelta[];
}

const subjects: Readonly<Record<string, () => Subject>> = {
  'in memory': () => {
    const publisher = new MemoryPublisher();
    return { publisher, seen: (siteId) => publisher.of(siteId) };
  },
  'to rooms': () => {
    const publisher = new SitePublisher();
    const sent: { readonly room: string; readonly delta: SiteDelta }[] = [];
    publisher.connect({
      send: (room, delta) => sent.push({ room, delta }),
      hasAnybody: () => true,
      names: () => new Set(sent.map(({ room }) => room)),
    });
    const of = (siteId: SiteId) => sent.filter(({ room }) => room === `private-site.${siteId}`);
    return { publisher, seen: (siteId) => of(siteId).map(({ delta }) => delta) };
  },
};

describe.each(Object.entries(subjects))('a publisher %s', (_name, make) => {
  it('passes deltas on to the watchers of their site, as they are and in order', () => {
    const { publisher, seen } = make();
    const [here, there] = [newId(SiteId), newId(SiteId)];
    const deltas = [1, 2, 3].map((rev): SiteDelta => ({
      place: { epoch: newId(Epoch), after: rev - 1, rev },
      parts: [{ name: 'unit.removed', body: { unitId: newId(UnitId) } }],
    }));
    for (const [index, delta] of deltas.entries())
      publisher.publish(index === 1 ? there : here, delta);
    expect(publisher.isWatched(here)).toBe(true);
    expect(publisher.watchedSites()).toEqual([here, there]);
    expect(seen(here)).toEqual([deltas[0], deltas[2]]);
    expect(seen(there)).toEqual([deltas[1]]);
  });
});
