import { Role, TokenScope } from '#protocol/access/roles.ts';
import { ARROWS, areaOf, importedPackage, importedPath } from './areas.ts';
import { ROOMS, roomOf } from './rooms.ts';
import { isTest, isTypeScript, type Source } from './source.ts';
import { type ModuleUse, readSyntax, type Syntax } from './syntax.ts';

/** Where the code of an edge lives, and the few files that put programs together. */
const EDGES = /^(hub\/(edges|delivery)|base-unit\/(hub-link|drivers|discovery|status))\//;
/** Where SQL and a database's engine may be known. */
const STORES = /^(hub|base-unit)\/store\//;
/** Asks PostgreSQL for no data: it passes messages on. */
const NOTIFIES = /^hub\/cluster\/notify-transport\.ts$/;
const MIGRATIONS = /\/store\/migrations(\/|\.ts$)/;
/** What begins transactions: writes use `unitOfWork.run`, and consistent reads have a port. */
const WRITER = /^hub\/store\/engine\/[^/]+\/(group-commit|writer-pool)\.ts$/;
const BEGINS = /\.(transaction|startTransaction)\s*\(/;
/** What decides is a column, and not found in the text of one. */
const SEARCHES_TEXT = /->>?\s*'\$|\bjson_(extract|each|tree)\s*\([^$]|\b(not\s+)?(like|glob)\s+'/i;
const COMPOSITION = /^(hub|base-unit)\/(app|main)(\/|\.ts$|-)/;

const SERVERS = /^(fastify|@fastify\/.+|fastify-type-provider-zod|socket\.io|socket\.io-client)$/;
const SQL = /^(kysely|better-sqlite3|pg)$/;

/** What `protocol/` may not know of: it runs in Node.js and in browsers alike. */
const PLATFORM_NAMES = [
  'Buffer',
  'process',
  'require',
  '__dirname',
  '__filename',
  'window',
  'document',
  'navigator',
  'localStorage',
  'fetch',
  'WebSocket',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'console',
];
const PROTOCOL_PACKAGES = new Set(['zod', '@bufbuild/protobuf']);

/** Records whose keys come from a unit, and could be `constructor`. */
const OTHERS_WORDS = ['reported', 'desired', 'properties', 'actions', 'events', 'sparklines'];

/** Permission data that only protocol/access/ may inspect. */
const RIGHTS = /(^|[a-z._])(role|scope)$/i;
const RIGHTS_WORDS: ReadonlySet<string> = new Set([...Role.options, ...TokenScope.options]);

const MAX_LINES = 500;
const VAGUE_NAME = /(^|[/.-])(utils?|helpers?)([/.-]|$)/;

/** The violations of one file, in sentences; empty if there are none. */
export function violationsOf(source: Source): string[] {
  const found = [...formRules(source), ...roomRules(source), ...storeRules(source)];
  if (isTypeScript(source.path)) {
    const syntax = readSyntax(source);
    found.push(
      ...syntax.imports.flatMap((use) => importRules(source.path, use)),
      ...moduleRules(source.path, syntax),
    );
  }
  return found.map((sentence) => `${source.path}: ${sentence}`);
}

function formRules({ path, text }: Source): string[] {
  const found: string[] = [];
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES) found.push(`has ${lines} lines, more than ${MAX_LINES}`);
  if (VAGUE_NAME.test(path)) found.push('has a name that does not say what it does');
  if (/(^|\/)index\.tsx?$/.test(path)) found.push('is a barrel by its name');
  return found;
}

function roomRules({ path }: Source): string[] {
  const rooms = ROOMS[areaOf(path)];
  if (!rooms || isTest(path) || roomOf(rooms, path) !== undefined) return [];
  return ['stands in no room of test/architecture/rooms.ts'];
}

function storeRules({ path, text }: Source): string[] {
  const area = areaOf(path);
  if ((area !== 'hub' && area !== 'base-unit') || isTest(path) || !isTypeScript(path)) return [];
  const found: string[] = [];
  if (!STORES.test(path) && BEGINS.test(text)) {
    found.push('begins a transaction, which only store/ may: unitOfWork.run writes');
  }
  if (!MIGRATIONS.test(path) && SEARCHES_TEXT.test(text)) {
    found.push('searches in JSON or text: what decides something is a column');
  }
  return found;
}

function importRules(path: string, { specifier, names }: ModuleUse): string[] {
  const target = importedPath(path, specifier);
  if (target !== undefined) return arrowRules(path, specifier, target);
  const name = importedPackage(specifier) ?? specifier;
  const found: string[] = [];
  const area = areaOf(path);
  if (area === 'protocol' && !isTest(path) && !PROTOCOL_PACKAGES.has(name)) {
    found.push(`protocol/ is pure and must not import ${name}`);
  }
  if ((area === 'hub' || area === 'base-unit') && !isTest(path)) {
    const isEdge = EDGES.test(path);
    const opensSockets = name === 'node:net' && !(names.length > 0 && names.every(isAddressCheck));
    if (!isEdge && !COMPOSITION.test(path) && (SERVERS.test(name) || opensSockets)) {
      found.push(`a service must not import ${name}`);
    }
    if (!STORES.test(path) && !NOTIFIES.test(path) && SQL.test(name))
      found.push(`only store/ may import ${name}`);
  }
  return found;
}

/** What of node:net only looks at text. */
function isAddressCheck(name: string): boolean {
  return /^(isIP(v[46])?|BlockList)$/.test(name);
}

function arrowRules(path: string, specifier: string, target: string): string[] {
  const from = areaOf(path);
  const to = areaOf(target);
  if (from === 'elsewhere') return [];
  if (from === to) return isTest(path) ? [] : entryRules(path, specifier, target);
  if (to === 'test') return isTest(path) ? [] : ['only tests may import test/'];
  const found: string[] = [];
  if (!ARROWS[from].includes(to) && !isTestTool(path, target)) {
    found.push(`${from} must not import ${specifier}`);
  }
  if ((to === 'protocol' || to === 'platform' || to === 'client') && !specifier.startsWith('#')) {
    found.push(`imports ${specifier} by its place; say #${target}`);
  }
  return found;
}

/** The clock and the conditions of tests are one, whatever a program may import. */
function isTestTool(path: string, target: string): boolean {
  return isTest(path) && target.startsWith('platform/testing/');
}

/** Between the rooms of one program. */
function entryRules(path: string, specifier: string, target: string): string[] {
  const rooms = ROOMS[areaOf(path)];
  if (!rooms) return [];
  if (isTest(target)) return [`imports ${specifier}, which only tests may`];
  const from = roomOf(rooms, path);
  const to = roomOf(rooms, target);
  if (WRITER.test(target) && !STORES.test(path)) {
    return [`imports ${specifier}, which only store/ may: unitOfWork.run writes`];
  }
  if (from === undefined || to === undefined || from === to) return [];
  return rooms[from]?.includes(to) ? [] : [`${from} must not import ${to} (${specifier})`];
}

function moduleRules(path: string, syntax: Syntax): string[] {
  const found: string[] = [];
  if (syntax.onlyReexports) found.push('is a barrel: it only passes on what others export');
  if (isTest(path)) return found;
  if (areaOf(path) !== 'test') {
    found.push(...syntax.mutableNames.map((name) => `keeps state in the module: ${name}`));
  }
  if (path.startsWith('dashboard/src/')) {
    const names = OTHERS_WORDS.filter((name) => syntax.indexedNames.has(name));
    found.push(...names.map((name) => `looks ${name} up without own() of state/own.ts`));
  }
  if (!path.startsWith('protocol/access/')) {
    found.push(
      ...syntax.comparisons
        .filter(({ subject, word }) => RIGHTS.test(subject) && RIGHTS_WORDS.has(word))
        .map(({ subject, word }) => `compares ${subject} with '${word}': ask protocol/access`),
    );
  }
  if (areaOf(path) === 'protocol') {
    const names = PLATFORM_NAMES.filter((name) => syntax.freeNames.has(name));
    found.push(...names.map((name) => `protocol/ is pure and must not use ${name}`));
  }
  return found;
}
