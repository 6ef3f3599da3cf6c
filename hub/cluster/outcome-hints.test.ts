import { describe, expect, it } from 'vitest';
import { SiteEvent } from '#protocol/events/site-event.ts';
import type { SitePart } from '#protocol/hub-link/site-channel.ts';
import { Epoch, newId, SiteId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { NOTHING_STORED, type Outcome } from '../kernel/outcome.ts';
import { MAX_MESSAGE_BYTES } from './bus.ts';
import { hintsOf } from './outcome-hints.ts';

const site = newId(SiteId);
const unitId = newId(UnitId);

function outcomeWith(part: SitePart): Outcome {
  const event = SiteEvent.parse({
    ...{ site, epoch: newId(Epoch), rev: 7, type: 'site.changed', v: 1, at: toInstant(0) },
    actor: { kind: 'hub' },
    data: { name: 'House' },
  });
  return { ...NOTHING_STORED, events: [event], live: [{ siteId: site, part }] };
}

function unitEvent(data: string): SitePart {
  return { name: 'unit.event', body: { unitId, event: 'pressed', data, atMs: 0 } };
}

describe('hints of a commit', () => {
  it('show a part before they say that the site has gone on', () => {
    const part = unitEvent('short');
    const hints = hintsOf(outcomeWith(part), () => true);
    expect(hints).toMatchObject([{ parts: [part] }, { events: { from: 7, rev: 7 } }]);
    expect(hints[1]).not.toHaveProperty('isIncomplete');
  });

  it('say that a part is missing, where it is too large or nobody seemed to watch', () => {
    const large = outcomeWith(unitEvent('x'.repeat(MAX_MESSAGE_BYTES)));
    expect(hintsOf(large, () => true)).toMatchObject([{ events: { rev: 7 }, isIncomplete: true }]);
    const unseen = hintsOf(outcomeWith(unitEvent('short')), () => false);
    expect(unseen).toMatchObject([{ events: { rev: 7 }, isIncomplete: true }]);
  });
});
