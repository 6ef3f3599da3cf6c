import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { AppError } from '#protocol/errors.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { buildBaseUnit } from './app.ts';
import { readPrivateKey } from './pairing/base-key.ts';
import type { BaseArguments } from './cli/command-line.ts';
import { type Clock, steadyClock, systemClock, wallMinusMonotonicMs } from '#platform/clock.ts';
import { type BaseConfig, loadConfig } from './config/config.ts';
import { type DataFolder, claimDataFolder, dataFolderAt } from './config/data-folder.ts';
import { discoveryOf } from './discovery/discovery-of.ts';
import { explainAt } from './cli/explain-at.ts';
import { HubUrl } from './config/hub-url.ts';
import { pair } from './pairing/pair.ts';
import { isPaired, savePairing } from './pairing/save-pairing.ts';
import { readSecret } from '#platform/terminal/read-secret.ts';
import { formatStatus } from './status/format-status.ts';
import { readStatus } from './status/status-client.ts';
import { DEFAULT_OUTBOX_BOUNDS, openStore, type Store } from './store/store.ts';
import { checkPaired } from './cli/register-unit.ts';
import { AddressPolicy, ownAddresses } from './drivers/transport/address-policy.ts';
import { CheckedTransport, nameResolver } from './drivers/transport/checked-transport.ts';
import { TcpTransport } from './drivers/transport/tcp-transport.ts';
import { BASE_VERSION } from './config/version.ts';
import { logOptions } from '#platform/logging/log-options.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { untilAborted } from '#platform/until-aborted.ts';
import { withArguments } from './cli/with-arguments.ts';

const RUN_HELP = `usage: signalbox base run [options]
  --data FOLDER              data folder of this base (SIGNALBOX_BASE_DATA, default ~/.signalbox/base)
  --hub-url URL              the hub's address, instead of the paired one (SIGNALBOX_BASE_HUB_URL)
  --log-level LEVEL          fatal, error, warn, info, debug or trace (SIGNALBOX_BASE_LOG_LEVEL)
  --sensor-interval-ms N     minimum interval between a sensor's readings (SIGNALBOX_BASE_SENSOR_INTERVAL_MS)
  --discovery HOW            multicast DNS: on, off, or the IPv4 address of an interface (SIGNALBOX_BASE_DISCOVERY)
  --plain-units              allows unencrypted links to units without a key (SIGNALBOX_BASE_PLAIN_UNITS)
`;
const PAIR_HELP = `usage: signalbox base pair <hub-url> <claim-code> [options]
       signalbox base pair <hub-url> --claim-file FILE [options]
  --claim-file FILE          read the claim code from a file, or from the input: -
  --data FOLDER              data folder of this base (SIGNALBOX_BASE_DATA, default ~/.signalbox/base)
  --force                    replace the existing pairing
`;
const STATUS_HELP = `usage: signalbox base status [options]
  --data FOLDER              data folder of this base (SIGNALBOX_BASE_DATA, default ~/.signalbox/base)
  --json                     for programs
`;

/** Runs a paired base until it is asked to stop. */
export async function runBase(argv: readonly string[], stop: AbortSignal): Promise<number> {
  return withArguments(argv, { help: RUN_HELP }, async ({ values }) => {
    const folder = dataFolderAt(values.data);
    try {
      return await serve(folder, values, stop);
    } catch (error) {
      const reason = explainAt(error, folder);
      process.stderr.write(terminalLines([`signalbox base: ${reason}`]));
      return EXIT.cannotStart;
    }
  });
}

async function serve(
  folder: DataFolder,
  flags: BaseArguments['values'],
  stop: AbortSignal,
): Promise<number> {
  checkPaired(folder);
  const config = loadConfig({ path: folder.config, flags, env: process.env });
  const lock = claimDataFolder(folder);
  try {
    return await serveLocked({ folder, config, stop });
  } finally {
    lock.release();
  }
}

async function serveLocked({
  folder,
  config,
  stop,
}: {
  readonly folder: DataFolder;
  readonly config: BaseConfig;
  readonly stop: AbortSignal;
}): Promise<number> {
  const log = pino(logOptions('base', config.logLevel));
  const outbox = { ...DEFAULT_OUTBOX_BOUNDS, maxBytes: config.outboxBytes };
  const store = openStore({ path: folder.database, outbox });
  const clock = clockOf(store, log);
  const discovery = discoveryOf(config.discovery, log);
  const base = buildBaseUnit({
    config,
    store,
    log,
    privateKey: readPrivateKey(readFileSync(folder.privateKey, 'utf8')),
    ...(config.hubUrl.startsWith('https:') ? { hubCa: readFileSync(folder.hubCa, 'utf8') } : {}),
    clock,
    random: Math.random,
    transport: new CheckedTransport({
      clock: systemClock,
      transport: new TcpTransport(systemClock),
      resolve: nameResolver(discovery),
      policy: new AddressPolicy({
        allowsLocal: config.localUnits,
        named: config.units.map(({ address }) => address),
        own: ownAddresses,
      }),
    }),
    statusSocket: folder.statusSocket,
    ...(discovery ? { discovery } : {}),
    firmwareFolder: folder.firmware,
  });
  try {
    await base.start();
    log.info({ baseId: config.baseId, hubUrl: config.hubUrl }, 'base ready');
    await untilAborted(stop);
    log.info('base stopping');
  } finally {
    await base.close();
    store.close();
  }
  return EXIT.ok;
}

/** That of this run of the machine; on a full disk that of this process, which is as good as long as it runs. */
function clockOf(store: Store, log: Logger): Clock {
  const startMs = wallMinusMonotonicMs();
  try {
    return steadyClock(store.commit(() => store.clocks.begin(startMs)));
  } catch (error) {
    log.warn({ err: error }, 'clock not stored');
    return steadyClock(startMs);
  }
}

/** Joins this base to a hub. */
export async function pairBase(
  argv: readonly string[],
  stdin: Readable = process.stdin,
): Promise<number> {
  const expected = ({ claimFile }: BaseArguments['values']) => (claimFile === undefined ? 2 : 1);
  return withArguments(argv, { help: PAIR_HELP, expected }, async ({ values, operands }) => {
    const folder = dataFolderAt(values.data);
    const [address = '', typed = ''] = operands;
    const hubUrl = HubUrl.safeParse(address);
    if (!hubUrl.success) {
      process.stderr.write(`signalbox base: ${address} is not an https:// address of a hub.\n`);
      return EXIT.usage;
    }
    try {
      if (isPaired(folder) && !values.force) {
        process.stderr.write(
          `signalbox base: ${folder.path} is already paired. Use --force to replace the pairing.\n`,
        );
        return EXIT.failure;
      }
      // What a running base has open must not be removed from under it.
      const lock = claimDataFolder(folder);
      try {
        const claimCode =
          values.claimFile === undefined
            ? typed
            : (await readSecret(values.claimFile, stdin, 'claim_code_malformed')).trim();
        const pairing = await pair({ hubUrl: hubUrl.data, claimCode, version: BASE_VERSION });
        await savePairing(folder, pairing, hubUrl.data);
        process.stdout.write(
          terminalLines([`Paired as "${pairing.claimed.name}" with ${hubUrl.data}.`]),
        );
        process.stdout.write(noteOnClock(pairing.clockOffsetMs ?? 0));
        return EXIT.ok;
      } finally {
        lock.release();
      }
    } catch (error) {
      const reason = explainAt(error, folder);
      process.stderr.write(terminalLines([`signalbox base: ${reason}`]));
      return EXIT.failure;
    }
  });
}

/** A base goes by the hub's clock, so this is for the person only. */
function noteOnClock(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  if (minutes < 5) return '';
  const [amount, unit] =
    minutes < 48 * 60 ? [minutes, 'min'] : [Math.round(minutes / 1_440), 'days'];
  const side = offsetMs > 0 ? 'behind' : 'ahead of';
  return `Note: the clock of this machine is ${amount} ${unit} ${side} the hub's. The base uses the hub's time.\n`;
}

/** Prints how the base of a data folder is doing; fails when none runs there. */
export async function printBaseStatus(argv: readonly string[]): Promise<number> {
  return withArguments(argv, { help: STATUS_HELP }, async ({ values }) => {
    const folder = dataFolderAt(values.data);
    try {
      const status = await readStatus(folder.statusSocket);
      process.stdout.write(
        values.json ? `${JSON.stringify(status)}\n` : formatStatus(status, Date.now()),
      );
      return EXIT.ok;
    } catch (error) {
      const isDown = error instanceof AppError && error.code === 'not_ready';
      const reason = isDown ? `no base is running on ${folder.path}.` : explainAt(error, folder);
      process.stderr.write(terminalLines([`signalbox base: ${reason}`]));
      return EXIT.failure;
    }
  });
}
