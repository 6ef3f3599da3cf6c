import { describe, expect, it } from 'vitest';
import { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { draftsOf, mappingOf, suggestionsIn } from './mapping-draft.ts';

describe('what a message could mean', () => {
  it('is each of its values, under a name that a property may have', () => {
    const said = suggestionsIn('tele/SENSOR', '{"t": 21.4, "ENERGY": {"Power": 7}, "on": "ON"}');
    expect(said.map(({ name, type, pointer, shown }) => [name, type, pointer, shown])).toEqual([
      ['t', 'number', '/t', '21.4'],
      ['power', 'number', '/ENERGY/Power', '7'],
      ['on', 'boolean', '/on', '"ON"'],
    ]);
  });

  it('is the whole payload where that is no JSON object', () => {
    expect(suggestionsIn('stat/POWER', 'ON')).toMatchObject([
      { name: 'power', type: 'boolean', pointer: '', topic: 'stat/POWER' },
    ]);
    expect(suggestionsIn('room temperature', '21.4')).toMatchObject([
      { name: 'roomTemperature', type: 'number' },
    ]);
  });
});

describe('a mapping by hand', () => {
  it('is none while something is missing, and comes back as it was typed', () => {
    const [draft] = suggestionsIn('t', '{"t": 1}');
    if (!draft) throw new Error('nothing suggested');
    const { shown: _shown, ...typed } = draft;
    const rest = { actions: [], events: [] };
    expect(mappingOf('M', [{ ...typed, name: 'Not a name' }], rest)).toBeUndefined();
    expect(mappingOf('M', [{ ...typed, topic: '' }], rest)).toBeUndefined();
    const mapping = mappingOf('M', [{ ...typed, unit: '°C', setTopic: 'set' }], rest);
    expect(mapping && draftsOf(mapping)).toEqual([{ ...typed, unit: '°C', setTopic: 'set' }]);
  });

  it('is not shown where it says more than can be typed', () => {
    const mapping = DeviceMapping.parse({
      ...{ model: 'M', actions: [], events: [] },
      properties: [
        {
          ...{ name: 'on', schema: { type: 'boolean' } },
          source: { topic: 'a', form: { kind: 'text', words: { X: true } } },
        },
      ],
    });
    expect(draftsOf(mapping)).toBeUndefined();
  });
});
