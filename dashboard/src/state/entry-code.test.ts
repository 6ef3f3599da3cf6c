import { expect, it } from 'vitest';
import { consumeEntryCode } from './entry-code.ts';

function consume(hash: string) {
  const replaced: unknown[] = [];
  const entry = consumeEntryCode(
    { hash, pathname: '/welcome', search: '' },
    { replaceState: (_state, _title, url) => replaced.push(url) },
  );
  return { entry, replaced };
}

it('reads the code from the fragment and removes it from the address bar', () => {
  expect(consume('#code=K7M2P-4T9XQ')).toEqual({
    entry: { code: 'K7M2P-4T9XQ' },
    replaced: ['/welcome'],
  });
});

it('treats an invitation likewise', () => {
  expect(consume('#invitation=abc%2Bd').entry).toEqual({ invitation: 'abc+d' });
});

it('leaves an address without a code alone', () => {
  expect(consume('#members')).toEqual({ entry: {}, replaced: [] });
});
