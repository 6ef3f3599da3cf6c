import { expect, it } from 'vitest';
import { ManualClock } from './testing/manual-clock.ts';
import { Timers } from './timers.ts';

function build() {
  const clock = new ManualClock();
  const heard: string[] = [];
  return { clock, heard, timers: new Timers<'retry' | 'renewal'>(clock) };
}

it('runs each timer once, and has it until then', () => {
  const { clock, heard, timers } = build();
  timers.set('retry', 100, () => heard.push(`retry, has it: ${timers.has('retry')}`));
  expect(timers.has('retry')).toBe(true);
  clock.advance(100);
  clock.advance(100);
  expect(heard).toEqual(['retry, has it: false']);
});

it('puts a timer in the place of the one before of its name alone', () => {
  const { clock, heard, timers } = build();
  timers.set('retry', 100, () => heard.push('first'));
  timers.set('renewal', 100, () => heard.push('renewal'));
  timers.set('retry', 200, () => heard.push('second'));
  clock.advance(200);
  expect(heard).toEqual(['renewal', 'second']);
});

it('can restart a timer from within it', () => {
  const { clock, heard, timers } = build();
  const again = (): void => {
    heard.push('again');
    if (heard.length < 3) timers.set('retry', 100, again);
  };
  timers.set('retry', 100, again);
  clock.advance(300);
  expect(heard).toHaveLength(3);
  expect(timers.has('retry')).toBe(false);
});

it('leaves none behind', () => {
  const { clock, timers } = build();
  timers.set('retry', 100, () => undefined);
  timers.set('renewal', 100, () => undefined);
  timers.cancel('retry');
  timers.clear();
  expect(clock.pendingTimers).toBe(0);
});
