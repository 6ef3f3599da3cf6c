import { describe, expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { groupTiles, moveTile, neighbourOf } from './tile-groups.ts';

const unit = (name: string, place: string) => ({ id: newId(UnitId), name, place });
const strip = unit('Strip', 'Kitchen');
const lamp = unit('Lamp', 'Kitchen');
const pump = unit('Pump', 'Garden');
const loose = unit('Anything', '');
const all = [loose, strip, lamp, pump];

describe('the groups of the board', () => {
  it('hold units by place, by name, those without a place last', () => {
    expect(groupTiles(all, [], '')).toEqual([
      { place: 'Kitchen', unitIds: [lamp.id, strip.id] },
      { place: 'Garden', unitIds: [pump.id] },
      { place: '', unitIds: [loose.id] },
    ]);
  });

  it('follow the order of the user, new units behind it', () => {
    expect(groupTiles(all, [pump.id, strip.id], '')).toEqual([
      { place: 'Garden', unitIds: [pump.id] },
      { place: 'Kitchen', unitIds: [strip.id, lamp.id] },
      { place: '', unitIds: [loose.id] },
    ]);
  });

  it('hold only what a search finds, by name or place, in any case', () => {
    expect(groupTiles(all, [], 'kit LAM')).toEqual([{ place: 'Kitchen', unitIds: [lamp.id] }]);
    expect(groupTiles(all, [], 'nothing')).toEqual([]);
  });

  it('move a tile to the place of another within its group only', () => {
    const groups = groupTiles(all, [], '');
    expect(moveTile(groups, strip.id, lamp.id)[0]?.unitIds).toEqual([strip.id, lamp.id]);
    expect(moveTile(groups, strip.id, pump.id)).toEqual(groups);
  });

  it('know the neighbours of a tile', () => {
    const groups = groupTiles(all, [], '');
    expect(neighbourOf(groups, lamp.id, 1)).toBe(strip.id);
    expect(neighbourOf(groups, strip.id, 1)).toBeUndefined();
    expect(neighbourOf(groups, lamp.id, -1)).toBeUndefined();
  });
});
