import { expect, it } from 'vitest';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { LAMP_THING, THERMOMETER_THING } from '../../testing/fake-things.ts';
import { boardFacts, groupServices, isFactRead } from './board-services.ts';

const act = (semantic: string | undefined, pid: number) => ({
  'sb:pid': pid,
  idempotent: true,
  ...(semantic === undefined ? {} : { 'sb:semantic': semantic }),
});

it('groups what the board does by what it is about, and leaves out what the unit is for', () => {
  const thing: ThingDescription = {
    ...LAMP_THING,
    actions: {
      reset: act('board.reset', 1),
      macSet: act('board.macSet', 2),
      gpioWrite: act('board.gpioWrite', 3),
      uartWrite: act('board.uartWrite', 4),
      timeSet: act('board.timeSet', 5),
      selfDestruct: act('board.selfDestruct', 6),
      blink: act('light.blink', 7),
      plain: act(undefined, 8),
    },
  };
  const groups = groupServices(thing).map(({ title, actions }) => [
    title,
    actions.map(([name]) => name),
  ]);
  expect(groups).toEqual([
    ['Pins', ['gpioWrite']],
    ['Serial port', ['uartWrite']],
    ['Network', ['macSet']],
    ['Clock', ['timeSet']],
    ['Restart and reset', ['reset', 'selfDestruct']],
  ]);
});

it('has nothing to show for a unit without a board, or without a description', () => {
  expect(groupServices(null)).toEqual([]);
  expect(boardFacts(null)).toEqual([]);
  expect(groupServices({ ...THERMOMETER_THING, actions: {} })).toEqual([]);
});

it('requests readable facts about the board', () => {
  const names = boardFacts(LAMP_THING).map(([name]) => name);
  expect(names).toContain('rssi');
  expect(names).not.toContain('color');
});

it('distinguishes queries from actions, and from failures', () => {
  const read = { operation: 'readproperty', affordance: 'rssi', state: 'succeeded' } as const;
  expect(isFactRead(read, LAMP_THING)).toBe(true);
  expect(isFactRead({ ...read, state: 'running' }, LAMP_THING)).toBe(true);
  expect(isFactRead({ ...read, state: 'failed' }, LAMP_THING)).toBe(false);
  expect(isFactRead({ ...read, affordance: 'color' }, LAMP_THING)).toBe(false);
  expect(isFactRead({ ...read, affordance: 'gone' }, LAMP_THING)).toBe(false);
  expect(isFactRead(read, null)).toBe(false);
});
