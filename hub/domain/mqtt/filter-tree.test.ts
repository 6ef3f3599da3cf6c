import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterTree } from './filter-tree.ts';
import { isFilter, isTopic, literalStart, matches, parseSubscription } from './topic-names.ts';

describe('a filter', () => {
  // MQTT 5 section 4.7.
  it.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'a/b', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/a', false],
    ['+/monitor/Clients', '$SYS/monitor/Clients', false],
    ['a//b', 'a//b', true],
    ['a/+/b', 'a//b', true],
    ['Accounts', 'ACCOUNTS', false],
  ])('%s and the topic %s: %s', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
    const tree = new FilterTree<string>();
    tree.add(filter, 'x');
    expect(tree.matching(topic)).toEqual(expected ? ['x'] : []);
  });

  it.each(['sport/tennis#', 'a/#/b', 'sport+', 'a/+b', '', 'a\0', '#/a', `${'a/'.repeat(100)}b`])(
    '%j is none',
    (filter) => expect(isFilter(filter)).toBe(false),
  );

  it('and a topic have a hundred levels at most, empty ones included', () => {
    const levels = (count: number) => Array.from({ length: count }, () => 'a').join('/');
    expect([isTopic(levels(100)), isTopic(levels(101))]).toEqual([true, false]);
    expect([isTopic('/'.repeat(99)), isTopic('/'.repeat(100))]).toEqual([true, false]);
    expect([isTopic('a/+'), isTopic('a/#'), isTopic(''), isTopic('a\0b')]).not.toContain(true);
  });

  it.each([
    ['$share/g/a/#', { share: 'g', filter: 'a/#' }],
    ['$share/g//a', { share: 'g', filter: '/a' }],
    ['a/b', { share: null, filter: 'a/b' }],
    ['$share//x', undefined],
    ['$share/g', undefined],
    ['$share/g/', undefined],
    ['$share/+/x', undefined],
    ['$share/g/$share/h/x', undefined],
    ['$queue/x', undefined],
    ['$exclusive/x', undefined],
    ['$SYS/#', undefined],
    ['$CONTROL/#', undefined],
  ])('%s is read as %j', (name, expected) => expect(parseSubscription(name)).toEqual(expected));
});

const level = fc.constantFrom('a', 'b', '', '$x', 'é');
const topicName = fc.array(level, { minLength: 1, maxLength: 5 }).map((all) => all.join('/'));
const filterName = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([all, isOpen]) => [...all, ...(isOpen ? ['#'] : [])].join('/'));

describe('the tree of filters', () => {
  it('finds exactly the filters that match, whatever was added and removed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(filterName, fc.nat(5), fc.boolean()), { maxLength: 40 }),
        topicName,
        (changes, topic) => {
          const tree = new FilterTree<number>();
          const kept = new Map<string, { filter: string; value: number }>();
          for (const [filter, value, isRemoval] of changes) {
            if (isRemoval) {
              tree.remove(filter, value);
              kept.delete(`${filter} ${value}`);
            } else {
              tree.add(filter, value);
              kept.set(`${filter} ${value}`, { filter, value });
            }
          }
          const expected = [...kept.values()]
            .filter(({ filter }) => matches(filter, topic))
            .map(({ value }) => value);
          expect(tree.matching(topic).toSorted()).toEqual(expected.toSorted());
          expect(tree.size).toBe(kept.size);
        },
      ),
    );
  });

  it('and the matcher agree with the standard as a regular expression', () => {
    fc.assert(
      fc.property(filterName, topicName, (filter, topic) => {
        const escaped = filter.replace(/[$\\^.*()[\]{}|?]/g, '\\$&');
        const text = escaped
          .replace(/(^|\/)#$/, (_all, slash: string) => (slash === '' ? '.*' : '(?:/.*)?'))
          .replaceAll('+', '[^/]*');
        const isHidden = topic.startsWith('$') && /^[+#]/.test(filter);
        expect(matches(filter, topic)).toBe(!isHidden && new RegExp(`^${text}$`, 's').test(topic));
        if (matches(filter, topic)) expect(topic.startsWith(literalStart(filter))).toBe(true);
      }),
    );
  });
});
