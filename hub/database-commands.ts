import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { systemClock } from '#platform/clock.ts';
import { folderInUse } from '#platform/files/folder-fault.ts';
import { lockFolder } from '#platform/files/folder-lock.ts';
import { makeOwnFolder } from '#platform/files/private-folder.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { LOCK_FILE } from './app.ts';
import { loadConfig } from './config/config.ts';
import { databaseInUse } from './store/engine/postgres/database-fault.ts';
import { DatabaseLock } from './store/engine/postgres/database-lock.ts';
import { storeFault, type StorePlace } from './store/open-store.ts';
import { checkStore } from './store/transfer/check-store.ts';
import { copyStore, type CopyProgress } from './store/transfer/copy-store.ts';

const log = pino({ level: 'silent' });
const REPORT_EVERY_MS = 1_000;

const COPY_USAGE = `Usage: signalbox db copy <from> <to>

Copies the data of a hub into an empty database of the other engine. Each of the two is the
data folder of a hub on SQLite, or postgres://... (the password rather in PGPASSWORD or
~/.pgpass). The hub must be stopped; what is copied from is only read. docs/scale.md
`;

/** Copies a hub's data to the other engine; answers the exit code. */
export async function copyDatabase(argv: readonly string[], stop: AbortSignal): Promise<number> {
  const places = readPlaces(argv);
  if (places === 'help') return printed(process.stdout, COPY_USAGE, EXIT.ok);
  if (!places) return printed(process.stderr, COPY_USAGE, EXIT.usage);
  const locks = new Locks();
  try {
    for (const place of places) {
      const refusal = await locks.lock(place);
      if (refusal !== undefined) return complain(refusal);
    }
    const [from, to] = places;
    const progress = progressTo(process.stderr);
    const outcome = await copyStore({ from, to, log, stop, progress });
    if (!outcome.ok) return complain(outcome.message);
    process.stdout.write(
      `Copied ${outcome.rows} rows in ${outcome.tables} tables, and compared them. The source is as it was.\n`,
    );
    return EXIT.ok;
  } catch (error) {
    const message = places.map((place) => storeFault(error, place)).find(Boolean);
    if (message === undefined) throw error;
    return complain(message);
  } finally {
    await locks.release();
  }
}

/** Prints what is wrong with a hub's data, a sentence each; answers the exit code. */
export async function checkDatabase(argv: readonly string[]): Promise<number> {
  const loaded = loadConfig(argv, process.env);
  if (loaded.kind === 'help') return printed(process.stdout, `${loaded.text}\n`, EXIT.ok);
  if (loaded.kind === 'problem') {
    return complain(loaded.message, loaded.of === 'arguments' ? EXIT.usage : EXIT.cannotStart);
  }
  const { config } = loaded;
  try {
    const findings = await checkStore(config, log);
    for (const finding of findings) process.stdout.write(`${finding}\n`);
    if (findings.length > 0) return EXIT.failure;
    return printed(process.stdout, 'Nothing is wrong.\n', EXIT.ok);
  } catch (error) {
    const message = storeFault(error, config);
    if (message === undefined) throw error;
    return complain(message);
  }
}

function readPlaces(
  argv: readonly string[],
): readonly [StorePlace, StorePlace] | 'help' | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) return 'help';
    const [from, to, ...rest] = positionals;
    if (from === undefined || to === undefined || rest.length > 0) return undefined;
    return [placeAt(from), placeAt(to)];
  } catch {
    return undefined;
  }
}

function placeAt(text: string): StorePlace {
  const isUrl = /^postgres(ql)?:\/\//.test(text);
  return isUrl ? { dataFolder: '', database: text } : { dataFolder: resolve(text) };
}

/** No hub may run on either place, and no other copy. */
class Locks {
  readonly #releases: (() => Promise<void> | void)[] = [];

  /** @returns why it is not to be had. */
  async lock({ dataFolder, database }: StorePlace): Promise<string | undefined> {
    if (database === undefined) {
      makeOwnFolder(dataFolder);
      const lock = lockFolder(dataFolder, LOCK_FILE);
      if (!lock) return folderInUse('hub', dataFolder);
      this.#releases.push(() => lock.release());
      return undefined;
    }
    const lock = await DatabaseLock.acquire({
      mode: 'exclusive',
      url: database,
      clock: systemClock,
      log,
    });
    if (!lock) return databaseInUse(database);
    this.#releases.push(() => lock.release());
    return undefined;
  }

  async release(): Promise<void> {
    for (const release of this.#releases) await release();
  }
}

function progressTo(output: NodeJS.WritableStream): (step: CopyProgress) => void {
  let reportedMs = -Infinity;
  return ({ step, table, rows, of }) => {
    const nowMs = performance.now();
    const isLast = rows >= of;
    if (!isLast && nowMs - reportedMs < REPORT_EVERY_MS) return;
    reportedMs = nowMs;
    output.write(`${step} ${table}: ${rows} of ${of} rows\n`);
  };
}

function complain(message: string, code: number = EXIT.cannotStart): number {
  return printed(process.stderr, `signalbox db: ${message}\n`, code);
}

function printed(output: NodeJS.WritableStream, text: string, code: number): number {
  output.write(text);
  return code;
}
