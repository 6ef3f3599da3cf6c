import ts from 'typescript';
import { parsed } from './parsed.ts';
import type { Source } from './source.ts';

/** A module that a file names in an import, a re-export or an `import()`. */
export interface ModuleUse {
  readonly specifier: string;
  /** The names taken from it; empty where all of it is taken. */
  readonly names: readonly string[];
}

/** What is compared with a word that is written out. */
export interface Comparison {
  readonly subject: string;
  readonly word: string;
}

/** What the rules need to know of one TypeScript file. */
export interface Syntax {
  readonly imports: readonly ModuleUse[];
  /** Names declared with `let` or `var` at the top of the module. */
  readonly mutableNames: readonly string[];
  /** Names used but declared nowhere in the file: globals and, harmlessly, imports. */
  readonly freeNames: ReadonlySet<string>;
  /** Words that are compared with something: `role === 'owner'` is `{subject: 'role', word: 'owner'}`. */
  readonly comparisons: readonly Comparison[];
  /** Names of records that are indexed by something computed: `unit.reported[name]`. */
  readonly indexedNames: ReadonlySet<string>;
  /** Whether the file only re-exports. */
  readonly onlyReexports: boolean;
}

export function readSyntax(source: Source): Syntax {
  const file = parsed(source);
  const imports: ModuleUse[] = [];
  const used = new Set<string>();
  const declared = new Set<string>();
  const indexed = new Set<string>();
  const comparisons: Comparison[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = moduleSpecifierOf(node);
    if (specifier !== undefined) imports.push({ specifier, names: importedNames(node) });
    if (ts.isIdentifier(node)) {
      if (isDeclaredName(node)) declared.add(node.text);
      else if (!isMemberName(node)) used.add(node.text);
    }
    if (ts.isElementAccessExpression(node) && !ts.isLiteralExpression(node.argumentExpression)) {
      const { expression } = node;
      if (ts.isIdentifier(expression)) indexed.add(expression.text);
      if (ts.isPropertyAccessExpression(expression)) indexed.add(expression.name.text);
    }
    comparisons.push(...comparisonsIn(node));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return {
    imports,
    mutableNames: file.statements.flatMap(mutableNamesOf),
    freeNames: new Set([...used].filter((name) => !declared.has(name))),
    indexedNames: indexed,
    comparisons,
    onlyReexports:
      file.statements.length > 0 &&
      file.statements.every(
        (statement) => ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined,
      ),
  };
}

function moduleSpecifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier && textOf(node.moduleSpecifier);
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    return argument && textOf(argument);
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return textOf(node.argument.literal);
  }
  return undefined;
}

/** Equality, a `case`, a list that is asked whether it includes something, a condition of a query. */
function comparisonsIn(node: ts.Node): Comparison[] {
  if (ts.isBinaryExpression(node) && isEquality(node.operatorToken.kind)) {
    return [...compared(node.left, [node.right]), ...compared(node.right, [node.left])];
  }
  if (ts.isSwitchStatement(node)) {
    const cases = node.caseBlock.clauses.flatMap((clause) =>
      ts.isCaseClause(clause) ? [clause.expression] : [],
    );
    return compared(node.expression, cases);
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const [first, , third] = node.arguments;
  const { name, expression } = node.expression;
  if (name.text === 'includes' && first && ts.isArrayLiteralExpression(expression)) {
    return compared(first, expression.elements);
  }
  if (name.text === 'where' && first && third && ts.isStringLiteralLike(first)) {
    const values = ts.isArrayLiteralExpression(third) ? third.elements : [third];
    return wordsOf(values).map((word) => ({ subject: first.text, word }));
  }
  return [];
}

function isEquality(kind: ts.SyntaxKind): boolean {
  return [
    ts.SyntaxKind.EqualsEqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsEqualsToken,
    ts.SyntaxKind.EqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsToken,
  ].includes(kind);
}

function compared(subject: ts.Expression, values: readonly ts.Expression[]): Comparison[] {
  const name = ts.isPropertyAccessExpression(subject) ? subject.name : subject;
  if (!ts.isIdentifier(name)) return [];
  return wordsOf(values).map((word) => ({ subject: name.text, word }));
}

function wordsOf(values: readonly ts.Expression[]): string[] {
  return values.flatMap((value) => (ts.isStringLiteralLike(value) ? [value.text] : []));
}

function importedNames(node: ts.Node): string[] {
  const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return [];
  return bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
}

function textOf(node: ts.Node): string | undefined {
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

function mutableNamesOf(statement: ts.Statement): string[] {
  if (!ts.isVariableStatement(statement)) return [];
  if ((statement.declarationList.flags & ts.NodeFlags.Const) !== 0) return [];
  return statement.declarationList.declarations.map((declaration) => declaration.name.getText());
}

function isDeclaredName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isBindingElement(parent) ||
      ts.isFunctionDeclaration(parent) ||
      ts.isClassDeclaration(parent)) &&
    parent.name === node
  );
}

function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isQualifiedName(parent) && parent.right === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent)
  );
}
