import { describe, expect, it } from 'vitest';
import { fileImports } from './architecture/file-imports.ts';
import { circleIn, ROOMS } from './architecture/rooms.ts';
import { violationsOf } from './architecture/rules.ts';

describe('the architecture', () => {
  it.each(Object.entries(ROOMS))('has no circle among the rooms of %s', (_program, rooms) => {
    expect(circleIn(rooms ?? {})).toBeUndefined();
  });
});

describe('the architecture test itself', () => {
  it('finds a circle of rooms', () => {
    expect(circleIn({ a: [], b: ['c'], c: ['a', 'd'], d: ['b'] })).toEqual(['b', 'c', 'd', 'b']);
  });

  it('finds a circle of files', () => {
    const sources = [
      { path: 'hub/a.ts', text: "import { B } from './b.ts';\nexport const a = new B();" },
      { path: 'hub/b.ts', text: "import type { A } from '../hub/c.ts';\nexport class B {}" },
      { path: 'hub/c.ts', text: "export type A = typeof import('./a.ts');" },
    ];
    expect(circleIn(fileImports(sources))).toEqual([
      'hub/a.ts',
      'hub/b.ts',
      'hub/c.ts',
      'hub/a.ts',
    ]);
  });

  const broken: readonly [name: string, path: string, text: string, sentence: string][] = [
    [
      'an import between two programs',
      'hub/domain/commands/command-service.ts',
      "import { Outbox } from '../../../base-unit/hub-link/outbox.ts';",
      'hub must not import ../../../base-unit/hub-link/outbox.ts',
    ],
    [
      'a type import between two programs',
      'dashboard/src/live.ts',
      "import type { Hub } from '../../hub/app.ts';",
      'dashboard must not import ../../hub/app.ts',
    ],
    [
      'a dynamic import between two programs',
      'base-unit/app.ts',
      "export const load = () => import('../hub/app.ts');",
      'base-unit must not import ../hub/app.ts',
    ],
    [
      'an import type expression between two programs',
      'firmware/virtual/session.ts',
      "export type Base = import('../../base-unit/app.ts').Base;",
      'firmware/virtual must not import ../../base-unit/app.ts',
    ],
    [
      'an arrow against its direction',
      'protocol/ids.ts',
      "export { newId } from '../hub/ids.ts';\nexport const a = 1;",
      'protocol must not import ../hub/ids.ts',
    ],
    [
      'a program that uses the command line',
      'hub/main.ts',
      "import { main } from '../cli/main.ts';",
      'hub must not import ../cli/main.ts',
    ],
    [
      'code that imports a test',
      'cli/demo.ts',
      "import { startSystem } from '../test/harness/system.ts';",
      'only tests may import test/',
    ],
    [
      'a path into protocol that is not a subpath import',
      'hub/app.ts',
      "import { LIMITS } from '../protocol/limits.ts';",
      'say #protocol/limits.ts',
    ],
    [
      'a service that knows the web framework',
      'hub/domain/commands/command-service.ts',
      "import type { FastifyRequest } from 'fastify';",
      'a service must not import fastify',
    ],
    [
      'a service that opens sockets',
      'base-unit/commands/command-router.ts',
      "import { connect } from 'node:net';",
      'a service must not import node:net',
    ],
    [
      'an edge that speaks SQL',
      'hub/edges/http/routes/units.ts',
      "import { sql } from 'kysely';",
      'only store/ may import kysely',
    ],
    [
      'a service that speaks SQL',
      'hub/domain/units/unit-service.ts',
      "import { sql } from 'kysely';",
      'only store/ may import kysely',
    ],
    [
      'a service that writes past the unit of work',
      'hub/domain/units/unit-service.ts',
      "import { GroupCommit } from '../../store/engine/sqlite/group-commit.ts';",
      'which only store/ may: unitOfWork.run writes',
    ],
    [
      'a composition root that writes past the unit of work',
      'hub/app.ts',
      "import { GroupCommit } from './store/engine/sqlite/group-commit.ts';",
      'which only store/ may: unitOfWork.run writes',
    ],
    [
      'an edge that reaches into the store',
      'hub/edges/http/routes/units.ts',
      "import { findUnit } from '../../../store/units.ts';",
      'hub/edges/http/routes must not import hub/store',
    ],
    [
      'a noun that knows an engine',
      'hub/domain/units/unit-service.ts',
      "import { databaseFile } from '../../store/engine/sqlite/database.ts';",
      'hub/domain/units must not import hub/store/engine/sqlite',
    ],
    [
      'a query that knows an engine',
      'hub/store/units.ts',
      "import { POSTGRES_DIALECT } from './engine/postgres/dialect.ts';",
      'hub/store must not import hub/store/engine/postgres',
    ],
    [
      'an engine that knows the queries',
      'hub/store/engine/sqlite/open-store.ts',
      "import { migrate } from '../../migrations.ts';",
      'hub/store/engine/sqlite must not import hub/store',
    ],
    [
      'a noun that imports one after it',
      'hub/domain/bases/base-service.ts',
      "import type { UnitService } from '../units/unit-service.ts';",
      'hub/domain/bases must not import hub/domain/units',
    ],
    [
      'an edge that knows another',
      'hub/edges/channels/socket-auth.ts',
      "import { guards } from '../http/guards.ts';",
      'hub/edges/channels must not import hub/edges/http',
    ],
    [
      'a folder without a row in the table',
      'hub/attic/old-service.ts',
      'export const a = 1;',
      'stands in no room',
    ],
    [
      'a folder without a row within one that has one',
      'hub/store/attic/old-rows.ts',
      'export const a = 1;',
      'stands in no room',
    ],
    [
      'an API call that knows the channels',
      'protocol/http/sites.ts',
      "import { SiteDelta } from '../hub-link/site-channel.ts';",
      'protocol/http must not import protocol/hub-link',
    ],
    [
      'state of the dashboard that knows how it is shown',
      'dashboard/src/state/site-store.ts',
      "import type { Tile } from '../components/tile.tsx';",
      'dashboard/src/state must not import dashboard/src/components',
    ],
    [
      'a unit of the command line that knows the demo',
      'cli/unit/run-unit.ts',
      "import { Demo } from '../demo/demo.ts';",
      'cli/unit must not import cli/demo',
    ],
    [
      'code that imports a fake',
      'hub/kernel/publisher.ts',
      "import { ManualClock } from '../testing/manual-clock.ts';",
      'which only tests may',
    ],
  ];

  it.each(broken)('finds %s', (_name, path, text, sentence) => {
    expect(violationsOf({ path, text }).join('\n')).toContain(sentence);
  });

  it('finds nothing in code that keeps the rules', () => {
    const text = [
      "import { connect } from 'node:net';",
      "import { FrameDecoder } from '#protocol/frame/frame-decoder.ts';",
      "import type { Clock } from '#platform/clock.ts';",
      'export function open(clock: Clock) { let tries = 0; tries += 1; return [clock, tries, connect, FrameDecoder]; }',
    ].join('\n');
    expect(violationsOf({ path: 'base-unit/drivers/transport/tcp-transport.ts', text })).toEqual(
      [],
    );
  });

  it('lets a service check addresses, which opens nothing', () => {
    const text = "import { isIP, isIPv6 } from 'node:net';\nexport const check = [isIP, isIPv6];";
    expect(violationsOf({ path: 'hub/tls/names.ts', text })).toEqual([]);
  });

  it('lets a test import the harness', () => {
    const text = "import { until } from '../../../test/harness/until.ts';";
    expect(violationsOf({ path: 'hub/edges/http/server.test.ts', text })).toEqual([]);
  });

  it('lets the tests of any program use one clock, and their programs nothing of it', () => {
    const text = "import { ManualClock } from '#platform/testing/manual-clock.ts';";
    expect(violationsOf({ path: 'dashboard/src/state/ticker.test.ts', text })).toEqual([]);
    expect(violationsOf({ path: 'dashboard/testing/render-in-site.tsx', text })).toEqual([]);
    expect(violationsOf({ path: 'dashboard/src/state/ticker.ts', text }).join()).toContain(
      'dashboard must not import #platform/testing/manual-clock.ts',
    );
  });
});
