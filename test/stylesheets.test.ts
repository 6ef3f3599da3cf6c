import { describe, expect, it } from 'vitest';
import { readSources } from './architecture/source.ts';
import { classesOnElements, classesWithRules, unmatchedClasses } from './architecture/styles.ts';

const sources = readSources().filter(({ path }) => path.startsWith('dashboard/src/'));

describe('the stylesheets of the dashboard', () => {
  it('name no class that no element has, and every class that one has', () => {
    expect(unmatchedClasses(sources)).toEqual({ withoutElement: [], withoutRule: [] });
  });

  it('are read as they are written', () => {
    const css =
      '/* .gone */ .a > .b-c[data-x]:hover,\n.d { width: 1.5rem } @media (x) { .e::after {} }';
    expect([...classesWithRules(css)]).toEqual(['a', 'b-c', 'd', 'e']);
    const tsx = '<i className="a b-c" /><i className={`d ${x}`} /><i className={`e-${x}`} />';
    expect(classesOnElements(tsx)).toEqual({ whole: ['a', 'b-c', 'd'], prefixes: ['e-'] });
  });
});
