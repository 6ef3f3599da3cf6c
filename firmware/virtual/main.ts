import { randomInt } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { LIMITS } from '#protocol/limits.ts';
import { parseLinkKey } from '#protocol/noise/link-key.ts';
import type { NoiseCrypto } from '#protocol/noise/noise-crypto.ts';
import { DEFAULT_UNIT_PORT } from '#protocol/unit-address.ts';
import { systemClock } from '#platform/clock.ts';
import { commandLog } from './command-log.ts';
import type { LampState } from './lamp.ts';
import { loadLampState, saveLampState } from './lamp-state-file.ts';
import { buildUnit, UNIT_KINDS } from './unit-kinds.ts';
import { UnitServer } from './unit-server.ts';
import type { UnitEncryption, VirtualUnit } from './virtual-unit.ts';

const HELP = `usage: signalbox-unit --unit ${UNIT_KINDS.join('|')} --id HARDWARE-ID (--key-file PATH | --plain) [options]
  --port N                    TCP port, 0 picks a free one (default ${DEFAULT_UNIT_PORT})
  --bind ADDRESS              address to listen on (default 127.0.0.1)
  --key-file PATH             the unit's key, 44 characters of base64; then it requires encryption
  --plain                     unencrypted, open to anyone
  --name TEXT                 shown in the log
  --seed N                    seed of the simulated measurements (default 1)
  --illuminance-period-ms N   pace of the light sensor (default 200)
  --state-file PATH           keeps the lamp's state across restarts
`;

const Options = z
  .object({
    unit: z.enum(UNIT_KINDS),
    id: z.string().regex(/^\S+$/).max(LIMITS.unitLink.hardwareIdChars),
    port: z.coerce.number().int().min(0).max(65_535).default(DEFAULT_UNIT_PORT),
    bind: z.string().default('127.0.0.1'),
    name: z.string().max(64).default(''),
    seed: z.coerce.number().int().min(0).max(0xffff_ffff).default(1),
    'illuminance-period-ms': z.coerce.number().int().min(1).max(3_600_000).default(200),
    'state-file': z.string().min(1).optional(),
    'key-file': z.string().min(1).optional(),
    plain: z.boolean().default(false),
  })
  .refine((options) => options.plain === (options['key-file'] === undefined));
type Options = z.infer<typeof Options>;

/** Exit codes: 0 stopped in good order, 2 cannot listen, 64 wrong usage. */
export async function runVirtualUnit(
  argv: readonly string[],
  stop: AbortSignal,
  crypto: NoiseCrypto,
): Promise<number> {
  const options = readOptions(argv);
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (options === undefined) {
    process.stderr.write(HELP);
    return 64;
  }
  const keyFile = options['key-file'];
  const key = keyFile === undefined ? undefined : readKey(keyFile);
  if (typeof key === 'string') {
    process.stderr.write(`signalbox-unit: ${key}\n`);
    return 64;
  }
  const unit = await unitOf(options, key && { key, crypto });
  const { bind: host, port } = options;
  const server = new UnitServer({ unit, host, port });
  let listening: number;
  try {
    listening = await server.start();
  } catch (cause) {
    process.stderr.write(`signalbox-unit: cannot listen on ${host}:${port}: ${reasonOf(cause)}\n`);
    return 2;
  }
  process.stdout.write(
    `listening ${host}:${listening} unit=${options.unit} id=${options.id} boot=${unit.bootId} model=${unit.model}\n`,
  );
  await untilAborted(stop);
  await server.close();
  return 0;
}

/** The key in a file that nobody else can read, or what is wrong with it. */
function readKey(path: string): Uint8Array | string {
  try {
    if ((statSync(path).mode & 0o077) !== 0) return `${path} can be read by others: chmod 600 it`;
    return (
      parseLinkKey(readFileSync(path, 'utf8')) ?? `${path} contains no key: 44 characters of base64`
    );
  } catch (cause) {
    return `cannot read ${path}: ${reasonOf(cause)}`;
  }
}

async function unitOf(
  options: Options,
  encryption: UnitEncryption | undefined,
): Promise<VirtualUnit> {
  const stateFile = options['state-file'];
  const initial = stateFile === undefined ? undefined : await loadLampState(stateFile);
  return buildUnit({
    kind: options.unit,
    hardwareId: options.id,
    clock: systemClock,
    observer: commandLog((line) => {
      process.stderr.write(`${line}\n`);
    }),
    newBootId: () => randomInt(1, 2 ** 32),
    periodMs: options['illuminance-period-ms'],
    seed: options.seed,
    ...(encryption ? { encryption } : {}),
    lamp: {
      ...(initial ? { initial } : {}),
      settled: (state) => {
        if (stateFile !== undefined) void keep(stateFile, state);
      },
    },
  });
}

/** A lamp that cannot remember still shines. */
async function keep(stateFile: string, state: LampState): Promise<void> {
  try {
    await saveLampState(stateFile, state);
  } catch (cause) {
    process.stderr.write(`signalbox-unit: lamp state not stored: ${reasonOf(cause)}\n`);
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function readOptions(argv: readonly string[]): Options | 'help' | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        unit: { type: 'string' },
        id: { type: 'string' },
        port: { type: 'string' },
        bind: { type: 'string' },
        name: { type: 'string' },
        seed: { type: 'string' },
        'illuminance-period-ms': { type: 'string' },
        'state-file': { type: 'string' },
        'key-file': { type: 'string' },
        plain: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) return 'help';
    return Options.safeParse(values).data;
  } catch {
    return undefined;
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
