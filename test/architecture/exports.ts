import ts from 'typescript';
import { importedPath } from './areas.ts';
import { parsed } from './parsed.ts';
import type { Source } from './source.ts';

/** Every name of a module is imported: `import * as`, `export *`, `import()`. */
const ALL = '*';

/** What a file exports, and what it imports of others. */
interface Module {
  readonly path: string;
  readonly exports: readonly Export[];
  readonly uses: readonly { readonly path: string; readonly name: string }[];
}

interface Export {
  readonly name: string;
  /** Whether it is a type that another export of the file mentions: part of what that one promises. */
  readonly isMentioned: () => boolean;
}

/**
 * The exports that no other file imports, as sentences. A type may be exported for the sake
 * of an export that mentions it; a value may not.
 *
 * @param entries files that are loaded by their path, with exports that no import names
 */
export function unusedExports(
  sources: readonly Source[],
  entries: ReadonlySet<string> = new Set(),
): string[] {
  const modules = sources.map(moduleOf);
  const used = new Set(
    modules.flatMap(({ uses }) => uses.map(({ path, name }) => key(path, name))),
  );
  return modules
    .filter(({ path }) => !entries.has(path) && !used.has(key(path, ALL)))
    .flatMap(({ path, exports }) =>
      exports
        .filter(({ name, isMentioned }) => !used.has(key(path, name)) && !isMentioned())
        .map(({ name }) => `${path}: exports ${name}, which no other file imports`),
    );
}

function key(path: string, name: string): string {
  return `${path} ${name}`;
}

function moduleOf(source: Source): Module {
  const { path } = source;
  const file = parsed(source);
  const uses: { path: string; name: string }[] = [];
  const visit = (node: ts.Node): void => {
    const [specifier, names] = importOf(node);
    const target = specifier === undefined ? undefined : importedPath(path, specifier);
    if (target !== undefined) uses.push(...names.map((name) => ({ path: target, name })));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, exports: exportsOf(file), uses };
}

/** The module that a node imports, and the names of it. */
function importOf(node: ts.Node): readonly [specifier: string | undefined, names: string[]] {
  if (ts.isImportDeclaration(node)) {
    const { name, namedBindings } = node.importClause ?? {};
    const names = name ? ['default'] : [];
    if (namedBindings && ts.isNamespaceImport(namedBindings)) names.push(ALL);
    if (namedBindings && ts.isNamedImports(namedBindings)) {
      names.push(...namedBindings.elements.map(nameThere));
    }
    return [textOf(node.moduleSpecifier), names];
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    const { exportClause } = node;
    const named = exportClause && ts.isNamedExports(exportClause) ? exportClause : undefined;
    return [textOf(node.moduleSpecifier), named ? named.elements.map(nameThere) : [ALL]];
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    return [argument && textOf(argument), [ALL]];
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const { qualifier } = node;
    const name = qualifier && ts.isIdentifier(qualifier) ? qualifier.text : ALL;
    return [textOf(node.argument.literal), [name]];
  }
  return [undefined, []];
}

function nameThere({ name, propertyName }: ts.ImportSpecifier | ts.ExportSpecifier): string {
  return (propertyName ?? name).text;
}

function textOf(node: ts.Node): string | undefined {
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

function exportsOf(file: ts.SourceFile): Export[] {
  const exported = file.statements.filter(isExported);
  const values = new Set(exported.filter((statement) => !isType(statement)).flatMap(namesOf));
  const isMentioned = (name: string) =>
    !values.has(name) &&
    exported.some((statement) => !namesOf(statement).includes(name) && mentions(statement, name));
  const listed = file.statements.flatMap((statement) =>
    ts.isExportDeclaration(statement) && !statement.moduleSpecifier ? listedIn(statement) : [],
  );
  const declared = [...new Set(exported.flatMap(namesOf))];
  return [
    ...declared.map((name) => ({ name, isMentioned: () => isMentioned(name) })),
    ...listed.map((name) => ({ name, isMentioned: () => false })),
  ];
}

function listedIn({ exportClause }: ts.ExportDeclaration): string[] {
  if (!exportClause || !ts.isNamedExports(exportClause)) return [];
  return exportClause.elements.map(({ name }) => name.text);
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  const kinds = modifiers.map(({ kind }) => kind);
  return (
    kinds.includes(ts.SyntaxKind.ExportKeyword) && !kinds.includes(ts.SyntaxKind.DefaultKeyword)
  );
}

function isType(statement: ts.Statement): boolean {
  return ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  }
  if (
    isTypeOf(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement)
  ) {
    return statement.name ? [statement.name.text] : [];
  }
  return [];
}

function isTypeOf(
  statement: ts.Statement,
): statement is ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  return isType(statement);
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isBindingElement(element) ? boundNames(element.name) : [],
  );
}

function mentions(node: ts.Node, name: string): boolean {
  if (ts.isIdentifier(node) && node.text === name) return true;
  return ts.forEachChild(node, (child) => mentions(child, name) || undefined) ?? false;
}
