import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { AppError } from '#protocol/errors.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import type { FoundUnit } from '../discovery/announcements.ts';
import { discoveryOf } from '../discovery/discovery-of.ts';
import { DiscoveryMode } from '../config/config.ts';
import { dataFolderAt } from '../config/data-folder.ts';
import { explainAt } from './explain-at.ts';
import { openStore } from '../store/store.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { withArguments } from './with-arguments.ts';

const DISCOVER_HELP = `usage: signalbox base discover [options]
  --discovery HOW            on (default), or the IPv4 address of an interface (SIGNALBOX_BASE_DISCOVERY)
  --json                     for programs
  --data FOLDER              data folder of this base (SIGNALBOX_BASE_DATA, default ~/.signalbox/base)

Lists the units that announce themselves on this network, and which of them
this base has. Announcements can be forged: only a unit's key proves its identity.
`;
/** Units answer within half a second (RFC 6762 section 6). */
const LISTEN_MS = 3_000;

/** Prints who announces a unit in this network. */
export async function discoverUnits(argv: readonly string[], stop: AbortSignal): Promise<number> {
  return withArguments(argv, { help: DISCOVER_HELP }, async ({ values }) => {
    const folder = dataFolderAt(values.data);
    try {
      const mode = values.discovery ?? process.env['SIGNALBOX_BASE_DISCOVERY'] ?? 'on';
      const found = await listen(mode, stop);
      const known = knownUnits(folder.database);
      const rows = found.map((unit) => ({ ...unit, name: known.get(unit.hardwareId) ?? null }));
      process.stdout.write(values.json ? `${JSON.stringify(rows)}\n` : format(rows));
      return EXIT.ok;
    } catch (error) {
      process.stderr.write(terminalLines([`signalbox base: ${explainAt(error, folder)}`]));
      return EXIT.failure;
    }
  });
}

async function listen(text: string, stop: AbortSignal): Promise<FoundUnit[]> {
  const mode = DiscoveryMode.safeParse(text);
  const discovery = mode.success
    ? discoveryOf(mode.data, pino({ level: 'warn' }, pino.destination(2)))
    : undefined;
  if (!discovery) {
    const details = {
      source: 'base discover',
      field: '--discovery',
      reason: 'must be on or an address',
    };
    throw new AppError('bad_request', { details });
  }
  discovery.start();
  try {
    discovery.query();
    await sleep(LISTEN_MS, undefined, { signal: stop }).catch(() => undefined);
    return discovery.found();
  } finally {
    await discovery.close();
  }
}

/** The names of this base's units by their hardware. */
function knownUnits(database: string): Map<string, string> {
  if (!existsSync(database)) return new Map();
  const store = openStore({ path: database });
  try {
    return new Map(
      store.units
        .all()
        .flatMap(({ hardwareId, name }): [string, string][] =>
          hardwareId === null ? [] : [[hardwareId, name]],
        ),
    );
  } finally {
    store.close();
  }
}

function format(rows: readonly (FoundUnit & { readonly name: string | null })[]): string {
  if (rows.length === 0) return 'No unit announces itself on this network.\n';
  const lines = rows.map(({ hardwareId, model, isEncrypted, hostName, address, name }) => {
    const whose = name === null ? 'not a unit of this base' : `"${name}"`;
    const link = isEncrypted ? 'encrypted' : 'plain';
    return `${hardwareId} (${model}, ${link}) at ${address.host}:${address.port}, ${hostName}: ${whose}`;
  });
  return terminalLines(lines.sort());
}
