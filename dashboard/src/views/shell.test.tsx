import { expect, it } from 'vitest';
import { FakeSite } from '../../testing/fake-site.ts';
import { markupInSite, textOf } from '../../testing/render-in-site.tsx';
import { Shell } from './shell.tsx';

/** The places that the bar marks at an address, and how. */
function markedAt(path: string): string[] {
  const site = new FakeSite('Home');
  const markup = markupInSite(site, <Shell sites={[site.site]}>{null}</Shell>, path);
  return [...markup.matchAll(/<a [^>]*aria-current="(\w+)"[^>]*>(.*?)<\/a>/g)].map(
    ([, how = '', content = '']) => `${textOf(content)}: ${how}`,
  );
}

it.each([
  ['/', 'Board: page'],
  ['/units/01', 'Board: true'],
  ['/bases/01', 'Board: true'],
  ['/commands/01', 'Board: true'],
  ['/add', 'Add: page'],
  ['/add/unit', 'Add: true'],
  ['/activity', 'Activity: page'],
  ['/settings', 'Settings: page'],
  ['/firmware', 'Settings: true'],
  ['/connect', 'Settings: true'],
])('marks in the bar where %s belongs', (path, marked) => {
  expect(markedAt(path)).toEqual([marked]);
});

it('marks no place for an address that leads nowhere', () => {
  expect(markedAt('/nowhere')).toEqual([]);
});
