import { describe, expect, it } from 'vitest';
import { violationsOf } from './architecture/rules.ts';

describe('the rules of code themselves', () => {
  const broken: readonly [name: string, path: string, text: string, sentence: string][] = [
    [
      'a look-up by words of a unit',
      'dashboard/src/components/tile.tsx',
      'export const valueOf = (unit: UnitView, name: string) => unit.reported?.[name]?.value;',
      'looks reported up without own() of state/own.ts',
    ],
    [
      'a built-in module in protocol',
      'protocol/webhook/sign.ts',
      "import { createHmac } from 'node:crypto';",
      'protocol/ is pure and must not import node:crypto',
    ],
    [
      'a global of one platform in protocol',
      'protocol/frame/encode.ts',
      'export const encode = (text: string) => Buffer.from(text);',
      'protocol/ is pure and must not use Buffer',
    ],
    [
      'a service that begins a transaction',
      'hub/domain/units/unit-service.ts',
      'export const f = (db: Db) => db.transaction().execute(work);',
      'begins a transaction, which only store/ may',
    ],
    [
      'a service of the base that begins a transaction',
      'base-unit/outbox/event-writer.ts',
      'export const f = (database: Database) => database.transaction(() => work())();',
      'begins a transaction, which only store/ may',
    ],
    [
      'a search in the JSON of a column',
      'base-unit/store/outbox/event-table.ts',
      "export const QUERY = `UPDATE outbox SET is_kept = 0 WHERE event ->> '$.type' = ?`;",
      'searches in JSON or text',
    ],
    [
      'a search in the text of a column',
      'hub/store/commands.ts',
      "export const QUERY = sql`trace like '%cancel asked%'`;",
      'searches in JSON or text',
    ],
    [
      'a role that is compared',
      'hub/domain/sites/site-service.ts',
      "export const mayInvite = (member: Member) => member.role === 'owner';",
      "compares role with 'owner'",
    ],
    [
      'a scope that is compared in a list',
      'dashboard/src/views/shell.tsx',
      "export const isQuiet = (scope: string) => ['read', 'metrics'].includes(scope);",
      "compares scope with 'metrics'",
    ],
    [
      'a role that a switch decides by',
      'hub/edges/http/guards.ts',
      "export function f(role: Role) { switch (role) { case 'guest': return 1; default: return 2; } }",
      "compares role with 'guest'",
    ],
    [
      'a role in a query',
      'hub/store/sites.ts',
      "export const owners = (db: Db) => db.selectFrom('members').where('members.role', '=', 'owner');",
      "compares members.role with 'owner'",
    ],
    [
      'a barrel by its name',
      'hub/store/index.ts',
      'export const a = 1;',
      'is a barrel by its name',
    ],
    [
      'a barrel under another name',
      'hub/store/all.ts',
      "export * from './units.ts';",
      'is a barrel: it only passes on what others export',
    ],
    [
      'a name that says nothing',
      'hub/edges/http/string-utils.ts',
      'export const a = 1;',
      'has a name that does not say what it does',
    ],
    [
      'a file that is too long',
      'firmware/core/session.cpp',
      '\n'.repeat(501),
      'has 501 lines, more than 500',
    ],
    [
      'state in a module',
      'base-unit/units/counter.ts',
      'export let count = 0;',
      'keeps state in the module: count',
    ],
  ];

  it.each(broken)('finds %s', (_name, path, text, sentence) => {
    expect(violationsOf({ path, text }).join('\n')).toContain(sentence);
  });

  it('lets a migration read what earlier text says, and a query unpack its own parameter', () => {
    const migration = "export const STEP = `UPDATE outbox SET type = event ->> '$.type'`;";
    expect(violationsOf({ path: 'base-unit/store/migrations.ts', text: migration })).toEqual([]);
    const query = 'export const f = (a: string) => sql`select value ->> 0 from json_each(${a})`;';
    expect(violationsOf({ path: 'hub/store/readings.ts', text: query })).toEqual([]);
  });
});
