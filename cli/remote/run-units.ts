import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';
import { columns } from './columns.ts';
import { snapshotsOf } from './named-units.ts';
import { valueText } from './value-text.ts';
import { withHub, withRemoteArguments } from './with-hub.ts';

const HELP = `usage: signalbox units [--hub URL] [--json]
Lists the units of your sites: name, base, presence and values.
  --json      one line of JSON per unit, for programs
`;

export async function printUnits(argv: readonly string[]): Promise<number> {
  const options = { json: { type: 'boolean' } } as const;
  return withRemoteArguments(argv, { help: HELP, options, operands: [0, 0] }, async (given) =>
    withHub(given, async (connection) => {
      const snapshots = await snapshotsOf(connection);
      if (given.flag('json')) {
        for (const unit of snapshots.flatMap(({ units }) => units)) {
          process.stdout.write(`${JSON.stringify(unit)}\n`);
        }
        return EXIT.ok;
      }
      const rows = snapshots.flatMap((snapshot) =>
        snapshot.units.map((unit) => rowOf(snapshot, unit, snapshots.length > 1)),
      );
      if (rows.length === 0) process.stderr.write(terminalLines(['There are no units yet.']));
      else process.stdout.write(terminalLines(columns([HEAD, ...rows])));
      return EXIT.ok;
    }),
  );
}

const HEAD = ['NAME', 'BASE', 'PRESENCE', 'VALUES'];

function rowOf({ site, bases }: SiteSnapshot, unit: UnitView, withSite: boolean): string[] {
  const baseId = baseIdOf(unit.endpoint);
  const base = bases.find(({ id }) => id === baseId);
  const baseName = baseId === null ? '-' : (base?.name ?? '?');
  // While its base is away, the unit's state is unknown.
  const isKnown = baseId === null || base?.presence.state === 'online';
  const presence = isKnown ? unit.presence.state : `base ${base?.presence.state ?? '?'}`;
  return [unit.name, withSite ? `${site.name}/${baseName}` : baseName, presence, valuesOf(unit)];
}

function valuesOf({ reported, description }: UnitView): string {
  const properties = new Map(Object.entries(description?.properties ?? {}));
  return Object.entries(reported)
    .filter(([name]) => properties.get(name)?.['sb:semantic']?.startsWith('diagnostic.') !== true)
    .map(([name, { value }]) => `${name}=${valueText(value, properties.get(name)?.unit)}`)
    .join('  ');
}
