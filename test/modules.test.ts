import { describe, expect, it } from 'vitest';
import { BASE_MODULES, HUB_NOUNS } from './architecture/rooms.ts';
import { readSources } from './architecture/source.ts';

describe('the modules of the hub and of the base', () => {
  const sources = new Map(readSources().map(({ path, text }) => [path, text]));

  it('stand in app.ts in the order of the nouns, one for each', () => {
    const added = [...(sources.get('hub/app.ts') ?? '').matchAll(/\.add\((\w+)Module\)/g)].map(
      ([, name = '']) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    );
    expect(added).toEqual(['store', ...HUB_NOUNS, 'ingest', 'delivery', 'cluster']);
    for (const noun of HUB_NOUNS)
      expect(sources.has(`hub/domain/${noun}/module.ts`), noun).toBe(true);
  });

  it('stand in the base in the order of its table, one for each', () => {
    const text = sources.get('base-unit/app.ts') ?? '';
    const folders = new Map(
      [...text.matchAll(/(\w+Module) } from '\.\/(.+)\/module\.ts'/g)].map(
        ([, name = '', folder = '']) => [name, `base-unit/${folder}`],
      ),
    );
    const added = [...text.matchAll(/\.add\((\w+)\)/g)].map(([, name = '']) => folders.get(name));
    expect(added).toEqual(BASE_MODULES);
  });

  it('leave no hole for something that comes later', () => {
    const compositions = [...sources].filter(([path]) =>
      /^(hub|base-unit)\/(.+\/module|app|listeners)\.ts$/.test(path),
    );
    const holes = compositions.filter(([, text]) => /^\s*let \w|!:/m.test(text));
    expect(holes.map(([path]) => path)).toEqual([]);
    expect(compositions.length).toBeGreaterThan(HUB_NOUNS.length + BASE_MODULES.length);
  });
});
