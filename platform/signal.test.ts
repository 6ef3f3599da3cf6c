import { expect, it } from 'vitest';
import { Signal } from './signal.ts';

it('reaches all who follow it, in the order in which they came', () => {
  const signal = new Signal<number>();
  const heard: string[] = [];
  signal.emit(1);
  signal.follow((value) => heard.push(`a ${value}`));
  signal.follow((value) => heard.push(`b ${value}`));
  signal.emit(2);
  expect(heard).toEqual(['a 2', 'b 2']);
});
