import { describe, expect, it } from 'vitest';
import { unusedExports } from './architecture/exports.ts';

describe('the check of exports', () => {
  const find = (...texts: readonly string[]) =>
    unusedExports(texts.map((text, index) => ({ path: `hub/${index}.ts`, text })));

  it.each([
    ['a constant', 'export const a = 1;', 'a'],
    ['a name that is taken out of an object', 'export const { a, b: [c] } = d;', 'c'],
    ['a function', 'export async function f() {}', 'f'],
    ['a class', 'export class A {}', 'A'],
    ['a type', 'export type A = string;', 'A'],
    ['an interface', 'export interface A {}', 'A'],
    ['a name in a list', 'const a = 1;\nexport { a };', 'a'],
    [
      'a schema, though its type is mentioned',
      'export const A = 1;\nexport type A = typeof A;',
      'A',
    ],
    [
      'a type that only a private function mentions',
      'export type A = 1;\nfunction f(a: A) {}',
      'A',
    ],
  ])('finds %s that no other file imports', (_kind, text, name) => {
    expect(find(text)).toContain(`hub/0.ts: exports ${name}, which no other file imports`);
  });

  it.each([
    ['its name', "import { a } from './0.ts';"],
    ['its type', "import type { a } from './0.ts';"],
    ['it under another name', "import { a as b } from './0.ts';"],
    ['the whole module', "import * as all from './0.ts';"],
    ['the module when it is needed', "export default () => import('./0.ts');"],
    ['it in a type', "type A = import('./0.ts').a;"],
    ['it in order to pass it on', "export { a } from './0.ts';\nimport './1.ts';"],
  ])('is content where another file imports %s', (_what, text) => {
    expect(find('export const a = 1;', text).join()).not.toContain('hub/0.ts');
  });

  it('lets a type be exported for what mentions it', () => {
    const text = 'export interface Deps {}\nexport class A { constructor(deps: Deps) {} }';
    expect(find(text, "import { A } from './0.ts';")).toEqual([]);
  });

  it('leaves out what is loaded by its path', () => {
    const source = { path: 'test/setup.ts', text: 'export const setup = 1;' };
    expect(unusedExports([source], new Set(['test/setup.ts']))).toEqual([]);
  });
});
