import { expect, it } from 'vitest';
import { KeyedCells } from './keyed-cells.ts';

it('notifies the watchers of a row, and only them', () => {
  const table = new KeyedCells<string, number>();
  const heard: string[] = [];
  table.at('a').subscribe(() => heard.push('a'));
  table.at('b').subscribe(() => heard.push('b'));
  table.set('a', 1);
  table.set('a', 1);
  expect(heard).toEqual(['a']);
});

it('gives a watched row the same identity each time, so that nothing resubscribes', () => {
  const table = new KeyedCells<string, number>();
  const row = table.at('a');
  row.subscribe(() => undefined);
  expect(table.at('a')).toBe(row);
  table.set('a', 1);
  expect(table.at('a')).toBe(row);
});

it('keeps the watchers of a row that is removed and returns', () => {
  const table = new KeyedCells<string, number>();
  const seen: (number | undefined)[] = [];
  const row = table.at('a');
  row.subscribe(() => seen.push(row.get()));
  table.set('a', 1);
  table.delete('a');
  table.set('a', 2);
  table.replaceAll([]);
  table.replaceAll([['a', 3]]);
  expect(seen).toEqual([1, undefined, 2, undefined, 3]);
});

it('notifies through a row that was handed out before it was dropped', () => {
  const table = new KeyedCells<string, number>();
  table.set('a', 1);
  const before = table.at('a');
  table.delete('a');
  table.set('a', 2);
  let heard = 0;
  before.subscribe(() => (heard += 1));
  table.set('a', 3);
  expect([before.get(), heard]).toEqual([3, 1]);
});

it('keeps nothing of removed rows without watchers', () => {
  const table = new KeyedCells<string, number>();
  for (let count = 0; count < 1_000; count += 1) {
    const end = table.at(`watched ${count}`).subscribe(() => undefined);
    table.set(`row ${count}`, count);
    table.delete(`row ${count}`);
    end();
  }
  expect(table.size).toBe(0);
});
