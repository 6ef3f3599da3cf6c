import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { BaseId, SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { DEFAULT_UNIT_PORT, UnitAddress } from '#protocol/unit-address.ts';
import { HubUrl } from './hub-url.ts';

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/**
 * `base.json`, the one file a base is configured by. Pairing writes it; a
 * person may add `units` and change the rest.
 */
export const BaseConfig = z.strictObject({
  hubUrl: HubUrl,
  baseId: BaseId,
  siteId: SiteId,
  name: z.string().max(LIMITS.nameChars),
  /** Units besides those that were added on the dashboard. */
  units: z
    .array(
      z.strictObject({
        name: z.string().trim().min(1).max(LIMITS.nameChars),
        address: UnitAddress.extend({ port: UnitAddress.shape.port.default(DEFAULT_UNIT_PORT) }),
      }),
    )
    .max(LIMITS.unitsPerBase)
    .default([]),
  logLevel: z.enum(LOG_LEVELS).default('info'),
  /** How often a sensor's value is asked for at most. */
  sensorIntervalMs: z.int().min(0).max(3_600_000).default(1_000),
});
export type BaseConfig = z.infer<typeof BaseConfig>;

/** Flags win over the environment, and that over the file. */
const Overrides = z.object({
  hubUrl: HubUrl.optional(),
  logLevel: z.enum(LOG_LEVELS).optional(),
  sensorIntervalMs: z.coerce.number().int().min(0).max(3_600_000).optional(),
});

export const OVERRIDE_VARIABLES = {
  hubUrl: 'SIGNALBOX_BASE_HUB_URL',
  logLevel: 'SIGNALBOX_BASE_LOG_LEVEL',
  sensorIntervalMs: 'SIGNALBOX_BASE_SENSOR_INTERVAL_MS',
} as const;

export type OverrideName = keyof typeof OVERRIDE_VARIABLES;

export interface ConfigSources {
  readonly path: string;
  readonly flags: Readonly<Partial<Record<OverrideName, string | undefined>>>;
  readonly env: NodeJS.ProcessEnv;
}

/** @throws AppError `not_found` before pairing, `bad_request` naming what is wrong. */
export function loadConfig({ path, flags, env }: ConfigSources): BaseConfig {
  const file = BaseConfig.safeParse(readJson(path));
  if (!file.success) throw wrong(path, file.error);
  const fromEnv = Object.fromEntries(
    Object.entries(OVERRIDE_VARIABLES).map(([name, variable]) => [name, env[variable]]),
  );
  const given = Object.entries({ ...fromEnv, ...definedOf(flags) });
  const overrides = Overrides.safeParse(Object.fromEntries(given));
  if (!overrides.success) throw wrong('flag or environment', overrides.error);
  return { ...file.data, ...definedOf(overrides.data) };
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
