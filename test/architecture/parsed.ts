import ts from 'typescript';
import type { Source } from './source.ts';

const trees = new WeakMap<Source, ts.SourceFile>();

/** The syntax tree of a file. Several rules look at each: it is made once. */
export function parsed(source: Source): ts.SourceFile {
  const known = trees.get(source);
  if (known) return known;
  const tree = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ES2023, true);
  trees.set(source, tree);
  return tree;
}
