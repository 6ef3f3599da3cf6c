import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ZodError } from 'zod';
import { LIMITS } from '#protocol/limits.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import {
  type FirmwareImage,
  parseFirmwareFile,
  writeFirmwareFile,
} from '#protocol/update/firmware-file.ts';
import {
  firmwareKeyId,
  formatKeyId,
  isIntact,
  isSignedBy,
  newFirmwareKeyPair,
  parsePublicKey,
  signFirmware,
} from '#protocol/update/firmware-signature.ts';
import { UNIT_LINK_VERSION } from '#protocol/version.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { readPrivateKey, writeKeyFiles } from './firmware-keys.ts';

const KEYGEN_HELP = `Usage: signalbox firmware keygen <file>

Creates a key for signing firmware: the private key in <file>, to be kept safe,
and the public one in <file>.pub, which units are built to trust.
`;
const SIGN_HELP = `Usage: signalbox firmware sign <image> --key FILE --model MODEL --platform PLATFORM
                               --firmware-version X.Y.Z --out FILE.sbfw [options]

Creates a signed firmware file from an image.

  --key FILE              the private key
  --model MODEL           the units' model, as they report it: rgb-lamp
  --platform PLATFORM     the platform: esp8266, linux-x64
  --firmware-version V    its version: three numbers
  --min-version V         the oldest version it may replace (default: any)
  --protocol-min N        the unit-link versions it supports (default ${UNIT_LINK_VERSION})
  --protocol-max N
  --allow-downgrade       it may replace a newer firmware
  --out FILE
`;
const INSPECT_HELP = `Usage: signalbox firmware inspect <file.sbfw> [options]

Shows what a firmware file contains; fails if it is corrupt.

  --key FILE.pub          also fails if this key did not sign it
`;

type Options = NonNullable<ParseArgsConfig['options']>;

/** `signalbox firmware keygen`. */
export async function makeFirmwareKey(argv: readonly string[]): Promise<number> {
  const given = read(argv, {});
  if (given?.values['help'] === true) return explain(KEYGEN_HELP);
  const [path, ...more] = given?.positionals ?? [];
  if (path === undefined || more.length > 0) return refuse(KEYGEN_HELP);
  return attempt(async () => {
    const keys = await newFirmwareKeyPair();
    writeKeyFiles(path, keys);
    process.stdout.write(
      `Key ${formatKeyId(await firmwareKeyId(keys.publicKey))}: ${path}, public in ${path}.pub\n`,
    );
    return EXIT.ok;
  });
}

/** `signalbox firmware sign`. */
export async function signFirmwareFile(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const given = read(argv, {
    key: text,
    model: text,
    platform: text,
    'firmware-version': text,
    'min-version': text,
    'protocol-min': text,
    'protocol-max': text,
    'allow-downgrade': { type: 'boolean' },
    out: text,
  });
  if (given?.values['help'] === true) return explain(SIGN_HELP);
  const [path, ...more] = given?.positionals ?? [];
  const option = (name: string) => {
    const value = given?.values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [key, out] = [option('key'), option('out')];
  if (path === undefined || more.length > 0 || key === undefined || out === undefined) {
    return refuse(SIGN_HELP);
  }
  return attempt(async () => {
    const image = readBounded(path, LIMITS.firmwareImageBytes);
    if (!image) return fail(`${path} is larger than ${LIMITS.firmwareImageBytes} bytes.`);
    const keys = readPrivateKey(key);
    if (!keys) return fail(`${key} contains no P-256 key.`);
    const firmware = await signFirmware({
      manifest: {
        model: option('model') ?? '',
        platform: option('platform') ?? '',
        version: option('firmware-version') ?? '',
        minVersion: option('min-version') ?? null,
        protocolMin: Number(option('protocol-min') ?? UNIT_LINK_VERSION),
        protocolMax: Number(option('protocol-max') ?? UNIT_LINK_VERSION),
        allowsDowngrade: given?.values['allow-downgrade'] === true,
      },
      image,
      keys,
    });
    writeFileSync(out, writeFirmwareFile(firmware));
    process.stdout.write(describe(firmware));
    return EXIT.ok;
  });
}

/** `signalbox firmware inspect`. */
export async function inspectFirmwareFile(argv: readonly string[]): Promise<number> {
  const given = read(argv, { key: { type: 'string' } });
  if (given?.values['help'] === true) return explain(INSPECT_HELP);
  const [path, ...more] = given?.positionals ?? [];
  if (path === undefined || more.length > 0) return refuse(INSPECT_HELP);
  return attempt(async () => {
    const file = readBounded(path, LIMITS.firmwareFileBytes);
    const firmware = file && parseFirmwareFile(file);
    if (!firmware || !(await isIntact(firmware))) {
      return fail(`${path} is no firmware file, or it is corrupt.`);
    }
    process.stdout.write(describe(firmware));
    const keyPath = given?.values['key'];
    if (typeof keyPath !== 'string') return EXIT.ok;
    const key = await parsePublicKey(readFileSync(keyPath, 'utf8'));
    if (!key) return fail(`${keyPath} contains no public key.`);
    if (!(await isSignedBy([key], firmware))) return fail(`${keyPath} did not sign it.`);
    process.stdout.write('signature   good\n');
    return EXIT.ok;
  });
}

function describe({ manifest, keyId }: FirmwareImage): string {
  const rows: readonly (readonly [name: string, value: string])[] = [
    ['model', manifest.model],
    ['platform', manifest.platform],
    ['version', manifest.version],
    ['replaces', manifest.minVersion === null ? 'any' : `${manifest.minVersion} and later`],
    ['downgrades', manifest.allowsDowngrade ? 'allowed' : 'refused'],
    ['protocol', `${manifest.protocolMin} to ${manifest.protocolMax}`],
    ['size', `${manifest.size} bytes`],
    ['sha256', manifest.sha256],
    ['key', formatKeyId(keyId)],
  ];
  return terminalLines(rows.map(([name, value]) => `${name.padEnd(11)} ${value}`));
}

/** Undefined when it is larger. */
function readBounded(path: string, maxBytes: number): Uint8Array | undefined {
  return statSync(path).size > maxBytes ? undefined : readFileSync(path);
}

interface Given {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

function read(argv: readonly string[], options: Options): Given | undefined {
  try {
    const given = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
    });
    return { values: { ...given.values }, positionals: given.positionals };
  } catch {
    return undefined;
  }
}

function explain(help: string): number {
  process.stdout.write(help);
  return EXIT.ok;
}

function refuse(help: string): number {
  process.stderr.write(help);
  return EXIT.usage;
}

function fail(sentence: string): number {
  process.stderr.write(`signalbox firmware: ${sentence}\n`);
  return EXIT.failure;
}

async function attempt(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ZodError) {
      const [issue] = error.issues;
      return fail(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
    }
    return fail(error instanceof Error ? error.message : String(error));
  }
}
