import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { LIMITS } from '#protocol/limits.ts';
import { DEFAULT_UNIT_PORT } from '#protocol/unit-address.ts';
import { systemUnitClock } from './clock.ts';
import type { LampState } from './lamp.ts';
import { loadLampState, saveLampState } from './lamp-state-file.ts';
import { buildUnit, UNIT_KINDS } from './unit-kinds.ts';
import { UnitServer } from './unit-server.ts';
import type { VirtualUnit } from './virtual-unit.ts';

const HELP = `usage: signalbox-unit --unit ${UNIT_KINDS.join('|')} --id HARDWARE-ID [options]
  --port N                    TCP port, 0 picks a free one (default ${DEFAULT_UNIT_PORT})
  --bind ADDRESS              address to listen on (default 127.0.0.1)
  --name TEXT                 shown in the log
  --seed N                    seed of the simulated measurements (default 1)
  --illuminance-period-ms N   pace of the light sensor (default 200)
  --state-file PATH           keeps the lamp's state over restarts
`;

const Options = z.object({
  unit: z.enum(UNIT_KINDS),
  id: z.string().regex(/^\S+$/).max(LIMITS.unitLink.hardwareIdChars),
  port: z.coerce.number().int().min(0).max(65_535).default(DEFAULT_UNIT_PORT),
  bind: z.string().default('127.0.0.1'),
  name: z.string().max(64).default(''),
  seed: z.coerce.number().int().min(0).max(0xffff_ffff).default(1),
  'illuminance-period-ms': z.coerce.number().int().min(1).max(3_600_000).default(200),
  'state-file': z.string().min(1).optional(),
});
type Options = z.infer<typeof Options>;

/** Exit codes: 0 stopped in good order, 2 cannot listen, 64 wrong usage. */
export async function runVirtualUnit(argv: readonly string[], stop: AbortSignal): Promise<number> {
  const options = readOptions(argv);
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (options === undefined) {
    process.stderr.write(HELP);
    return 64;
  }
  const unit = await unitOf(options);
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
    `listening ${host}:${listening} unit=${options.unit} id=${options.id} boot=${unit.bootId}\n`,
  );
  await untilAborted(stop);
  await server.close();
  return 0;
}

async function unitOf(options: Options): Promise<VirtualUnit> {
  const stateFile = options['state-file'];
  const initial = stateFile === undefined ? undefined : await loadLampState(stateFile);
  return buildUnit({
    kind: options.unit,
    hardwareId: options.id,
    clock: systemUnitClock,
    newBootId: () => randomInt(1, 2 ** 32),
    periodMs: options['illuminance-period-ms'],
    seed: options.seed,
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
    process.stderr.write(`signalbox-unit: lamp state not kept: ${reasonOf(cause)}\n`);
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
