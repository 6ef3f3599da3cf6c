import { expect, it } from 'vitest';
import { takeEntryCode } from './entry-code.ts';

function take(hash: string) {
  const replaced: unknown[] = [];
  const entry = takeEntryCode(
    { hash, pathname: '/welcome', search: '' },
    { replaceState: (_state, _title, url) => replaced.push(url) },
  );
  return { entry, replaced };
}

it('takes the code out of the fragment and out of the address bar', () => {
  expect(take('#code=K7M2P-4T9XQ')).toEqual({
    entry: { code: 'K7M2P-4T9XQ' },
    replaced: ['/welcome'],
  });
});

it('takes an invitation likewise', () => {
  expect(take('#invitation=abc%2Bd').entry).toEqual({ invitation: 'abc+d' });
});

it('leaves an address without a code alone', () => {
  expect(take('#members')).toEqual({ entry: {}, replaced: [] });
});
