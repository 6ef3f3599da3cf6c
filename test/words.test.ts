import { describe, expect, it } from 'vitest';
import { wordsOf, wordViolations } from './architecture/words.ts';

describe('the rule of names itself', () => {
  it.each([
    ['tellUnits', ['tell', 'units']],
    ['HTTPServer', ['http', 'server']],
    ['MOST_WAITING', ['most', 'waiting']],
    ['unit-whereabouts.test.ts', ['unit', 'whereabouts', 'test', 'ts']],
    ['strangers_', ['strangers']],
  ])('splits %s', (name, words) => {
    expect(wordsOf(name)).toEqual(words);
  });

  it.each([
    ['hub/a.ts', 'export const tellUnits = 1;', 'tellUnits: in place of "tell"'],
    ['hub/a.ts', 'class A { #wish = 1; }', '#wish: in place of "wish"'],
    ['hub/a.ts', 'function takeBatch() {}', 'takeBatch: in place of "take"'],
    ['hub/a.ts', 'const MOST_UNITS = 1;', 'MOST_UNITS: say MAX or MIN'],
    ['hub/a.ts', 'f({ alongWith: 1 });', 'alongWith: in place of "along with"'],
    ['firmware/core/a.h', 'int kMostKeys;', 'kMostKeys: say MAX or MIN'],
    ['firmware/core/a.cpp', 'void greet();', 'greet: in place of "greet"'],
    ['hub/a.ts', '/** Of a stranger. */', 'says "stranger" in a comment'],
    ['hub/stranger-list.ts', '', 'the file stranger-list.ts: in place of "stranger"'],
  ])('finds in %s: %s', (path, text, sentence) => {
    expect(wordViolations({ path, text }).join()).toContain(sentence);
  });

  it.each([
    ['hub/a.ts', '// as we are told', 'a comment'],
    ['hub/a.ts', "const name = 'told';", 'a text'],
    ['hub/a.ts', 'const intelligent = 1;', 'a part of a word'],
    [
      'firmware/a.cpp',
      'wifi_station(STATION_IF);'.replace('wifi_station', 'wifi'),
      'a name of others',
    ],
    ['hub/store/migrations/0001-a.ts', 'const told = 1;', 'an old migration'],
  ])('leaves in %s: %s', (path, text) => {
    expect(wordViolations({ path, text })).toEqual([]);
  });
});
