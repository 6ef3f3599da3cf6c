import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { AppError } from '#protocol/errors.ts';
import type { UnitId } from '#protocol/ids.ts';
import { formatLinkKey, parseLinkKey } from '#protocol/noise/link-key.ts';
import { KEY_BYTES } from '#protocol/noise/noise-crypto.ts';
import { readKeyFile } from '../config/config.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import type { UnitProtection } from '../store/unit-protection.ts';

export interface UnitKeyRequest {
  /** Name, `host:port` or id. */
  readonly unit: string;
  readonly plain: boolean;
  readonly keyFile: string | undefined;
  readonly units: {
    readonly all: () => StoredUnit[];
    readonly protect: (unitId: UnitId, protection: UnitProtection) => void;
  };
}

/**
 * Stores a key for a unit, or allows an unencrypted link.
 *
 * @returns the message for the person: with the key itself only if it is stored nowhere
 * else.
 * @throws AppError `unit_unknown`, or `bad_request` for an ambiguous name or a bad key
 * file.
 */
export function unitKey({ unit, plain, keyFile, units }: UnitKeyRequest): string {
  const found = units.all().filter((one) => namesOf(one).includes(unit));
  const [{ unitId, name } = { unitId: undefined, name: '' }] = found;
  if (unitId === undefined) throw new AppError('unit_unknown', { details: { unit } });
  if (found.length > 1) {
    const reason = `is the name of ${found.length} units; use the address`;
    throw new AppError('bad_request', { details: { source: 'unit', field: unit, reason } });
  }
  if (plain) {
    units.protect(unitId, { kind: 'plain' });
    return `"${name}" is used without encryption from now on.\n`;
  }
  const text = keyFile === undefined ? newKey() : keyIn(keyFile);
  const key = parseLinkKey(text);
  if (!key) throw new AppError('internal');
  units.protect(unitId, { kind: 'encrypted', key });
  key.fill(0);
  return keyFile === undefined
    ? `${text}\n`
    : `"${name}" is used with the key in ${keyFile} from now on.\n`;
}

function namesOf({ unitId, name, address }: StoredUnit): string[] {
  return [unitId, name, `${address.host}:${address.port}`];
}

function newKey(): string {
  return formatLinkKey(randomBytes(KEY_BYTES));
}

/** The key of a file, which is made where there is none. */
function keyIn(path: string): string {
  if (!existsSync(path)) writeFileSync(path, `${newKey()}\n`, { mode: 0o600, flag: 'wx' });
  return readKeyFile(path, '--key-file');
}
