import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parsed } from './parsed.ts';
import { isTest, REPOSITORY, type Source } from './source.ts';

/** Where domain objects are known, and no rows. */
const ABOVE_THE_STORE =
  /^(hub\/(domain|ingest|delivery|edges)|base-unit\/(?!store\/)[^/]+)(\/|\.ts$)/;

/** The base's tables, in the steps that made them. */
const BASE_TABLES = join(REPOSITORY, 'base-unit/store/migrations.ts');
/** A column of a step, or its new name. */
const BASE_COLUMN = /(?:^ {4}|ADD COLUMN |RENAME COLUMN \w+ TO )([a-z\d]+(?:_[a-z\d]+)+)\b/gm;

/** The interfaces of the hub's tables, one file per group of tables. */
const TABLES = ['accounts', 'bases', 'commands', 'events', 'firmware', 'sites', 'units'].map(
  (group) => join(REPOSITORY, 'hub/store/schema', `${group}.ts`),
);

/** The beginnings of Kysely's queries, whatever the handle is called. */
const QUERIES = new Set(['selectFrom', 'insertInto', 'updateTable', 'deleteFrom', 'executeQuery']);

/** What of the stores ends there: table types, JSON columns, savepoints; tables that a service has no use for. */
const STORE_ONLY =
  /\/store\/(schema\/[a-z]+|json-column|engine\/savepoint|engine\/prepared|row|migrations|outbox\/event-table)\.ts$/;

/** Columns with an underscore: a name without one does not reveal its origin. */
export function columnNames(): ReadonlySet<string> {
  const names = TABLES.flatMap((path) => namesIn(path, /^ {2}([a-z\d]+(?:_[a-z\d]+)+): /gm));
  return new Set([...names, ...namesIn(BASE_TABLES, BASE_COLUMN)]);
}

function namesIn(path: string, column: RegExp): string[] {
  return [...readFileSync(path, 'utf8').matchAll(column)].map(([, name = '']) => name);
}

/** What a file above the store knows of rows, in sentences; empty when it knows nothing. */
export function rowViolations(source: Source, columns: ReadonlySet<string>): string[] {
  if (!ABOVE_THE_STORE.test(source.path) || isTest(source.path)) return [];
  const file = parsed(source);
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    const sentence = sentenceOf(node, columns);
    if (sentence !== undefined) found.add(sentence);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...found].map((sentence) => `${source.path}: ${sentence}`);
}

function sentenceOf(node: ts.Node, columns: ReadonlySet<string>): string | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const { text } = node.moduleSpecifier;
    return STORE_ONLY.test(text) ? `imports ${text}, which only store/ may` : undefined;
  }
  if ((ts.isIdentifier(node) || ts.isStringLiteralLike(node)) && columns.has(node.text)) {
    return `knows the column ${node.text}`;
  }
  if (ts.isIdentifier(node) && QUERIES.has(node.text)) return `makes a query: ${node.text}`;
  if (isFlag(node)) return `knows a flag as a number: ${node.getText()}`;
  return undefined;
}

/** `row.is_live === 1`, `isLive ? 1 : 0`. */
function isFlag(node: ts.Node): boolean {
  if (ts.isConditionalExpression(node)) {
    return isNumber(node.whenTrue, '1') && isNumber(node.whenFalse, '0');
  }
  if (!ts.isBinaryExpression(node) || !EQUALITY.has(node.operatorToken.kind)) return false;
  const { left, right } = node;
  return isNumber(right, '1') && ts.isPropertyAccessExpression(left) && !isCount(left.name.text);
}

const EQUALITY: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);

function isNumber(node: ts.Node, text: string): boolean {
  return ts.isNumericLiteral(node) && node.text === text;
}

function isCount(name: string): boolean {
  return name === 'length' || name === 'size';
}
