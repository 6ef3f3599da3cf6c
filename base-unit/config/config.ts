import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { BaseId, SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { parseLinkKey } from '#protocol/noise/link-key.ts';
import { DEFAULT_UNIT_PORT, UnitAddress } from '#protocol/unit-address.ts';
import { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import { HubUrl } from './hub-url.ts';
import { DEFAULT_OUTBOX_BOUNDS } from '../store/store.ts';

const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

const LinkKey = z
  .string()
  .trim()
  .refine((text) => parseLinkKey(text) !== undefined, 'must be 32 bytes in base64');

/** A configured unit: with its key, inline or in a file, or explicitly without one. */
const ConfiguredUnit = z
  .strictObject({
    name: z.string().trim().min(1).max(LIMITS.nameChars),
    address: UnitAddress.extend({ port: UnitAddress.shape.port.default(DEFAULT_UNIT_PORT) }),
    link: UnitLinkKind.default('frames'),
    key: LinkKey.optional(),
    /** From the folder of the configuration; 44 characters of base64. */
    keyFile: z.string().min(1).optional(),
    /** Uses an unencrypted link to the unit. */
    plain: z.literal(true).optional(),
  })
  .refine(
    ({ key, keyFile, plain }) =>
      [key, keyFile, plain].filter((one) => one !== undefined).length < 2,
    'accepts only one of key, keyFile and plain',
  )
  .refine(
    ({ link, key, keyFile }) => link === 'frames' || (key ?? keyFile) === undefined,
    'has no key: a line unit cannot encrypt',
  );

export const DiscoveryMode = z.union([z.enum(['on', 'off']), z.ipv4()]);

/**
 * `base.json`, the base's only configuration file. Pairing writes it; a person may add
 * `units` and change the rest.
 */
export const BaseConfig = z.strictObject({
  hubUrl: HubUrl,
  baseId: BaseId,
  siteId: SiteId,
  name: z.string().max(LIMITS.nameChars),
  /** Units besides those that were added on the dashboard. */
  units: z.array(ConfiguredUnit).max(LIMITS.unitsPerBase).default([]),
  logLevel: z.enum(LOG_LEVELS).default('info'),
  /** Allows unencrypted links to units without a key. */
  plainUnits: z.boolean().default(false),
  /**
   * Connects to units at addresses of this machine and at link-local ones also
   * where the hub names them; those in `units` it connects to in any case.
   */
  localUnits: z.boolean().default(false),
  /** Multicast DNS: on all interfaces, on that of this IPv4 address, or not at all. */
  discovery: DiscoveryMode.default('on'),
  /** The shortest interval of a sensor's values. */
  sensorIntervalMs: z.int().min(0).max(3_600_000).default(1_000),
  /** The bound of the outbox on disk; beyond it the oldest readings are dropped, and counted. */
  outboxBytes: z.int().min(4_096).default(DEFAULT_OUTBOX_BOUNDS.maxBytes),
});
export type BaseConfig = z.infer<typeof BaseConfig>;

/** Flags win over the environment, and that over the file. */
const Overrides = z.object({
  hubUrl: HubUrl.optional(),
  logLevel: z.enum(LOG_LEVELS).optional(),
  sensorIntervalMs: z.coerce.number().int().min(0).max(3_600_000).optional(),
  plainUnits: z.stringbool().optional(),
  discovery: DiscoveryMode.optional(),
});

const OVERRIDE_VARIABLES = {
  hubUrl: 'SIGNALBOX_BASE_HUB_URL',
  logLevel: 'SIGNALBOX_BASE_LOG_LEVEL',
  sensorIntervalMs: 'SIGNALBOX_BASE_SENSOR_INTERVAL_MS',
  plainUnits: 'SIGNALBOX_BASE_PLAIN_UNITS',
  discovery: 'SIGNALBOX_BASE_DISCOVERY',
} as const;

export type OverrideName = keyof typeof OVERRIDE_VARIABLES;

export interface ConfigSources {
  readonly path: string;
  readonly flags: Readonly<Partial<Record<OverrideName, string | undefined>>>;
  readonly env: NodeJS.ProcessEnv;
}

/** @throws AppError `not_found` before pairing, `bad_request` naming the problem. */
export function loadConfig({ path, flags, env }: ConfigSources): BaseConfig {
  const file = BaseConfig.safeParse(readJson(path));
  if (!file.success) throw wrong(path, file.error);
  const fromEnv = Object.fromEntries(
    Object.entries(OVERRIDE_VARIABLES).map(([name, variable]) => [name, env[variable]]),
  );
  const given = Object.entries({ ...fromEnv, ...definedOf(flags) });
  const overrides = Overrides.safeParse(Object.fromEntries(given));
  if (!overrides.success) throw wrong('flag or environment', overrides.error);
  const units = file.data.units.map((unit, index) => withKey(unit, { path, index }));
  return { ...file.data, units, ...definedOf(overrides.data) };
}

type UnitEntry = BaseConfig['units'][number];

/** Puts the key in place of the name of its file. */
function withKey(
  { keyFile, ...unit }: UnitEntry,
  { path, index }: { readonly path: string; readonly index: number },
): UnitEntry {
  if (keyFile === undefined) return unit;
  return { ...unit, key: readKeyFile(resolve(dirname(path), keyFile), `units.${index}.keyFile`) };
}

/**
 * The key in a file, as text.
 *
 * @throws AppError `bad_request` when there is none, or others can read it.
 */
export function readKeyFile(path: string, field: string): string {
  const reason = (text: string) =>
    new AppError('bad_request', { details: { source: path, field, reason: text } });
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) throw reason('can be read by others: chmod 600 it');
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw cause instanceof AppError ? cause : reason('is not readable');
  }
  if (!parseLinkKey(text)) throw reason('contains no key: 44 characters of base64');
  return text.trim();
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('not_found', { cause, details: { path } });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('malformed_json', { cause, details: { path } });
  }
}

function wrong(source: string, error: z.ZodError): AppError {
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  return new AppError('bad_request', {
    details: { source, field, reason: issue?.message ?? 'is not valid' },
  });
}

function definedOf<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const defined: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) Object.assign(defined, { [name]: value });
  }
  return defined;
}
