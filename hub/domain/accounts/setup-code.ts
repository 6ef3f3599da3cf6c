import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import { dropSetting, getSetting, putSetting } from '../../store/settings.ts';
import type { Db, Tx } from '../../store/schema.ts';
import { anyUser } from '../../store/users.ts';
import { hashSecret, matchesHash, newSecret } from './secrets.ts';

/** Of hubs that start together on one database, each has its own. */
const MAX_CODES = 5;

/**
 * The one-time code for the first account: whoever can read the hub's output owns the
 * hub. Only its hash is stored, so each start creates a new one, until there is an
 * account.
 *
 * @param hubs whether others run, which have printed theirs.
 * @returns undefined when there is an account.
 */
export async function renewSetupCode(
  unitOfWork: UnitOfWork,
  hubs: { readonly isAlone: boolean },
): Promise<string | undefined> {
  const code = newSecret(15);
  return await unitOfWork.run(async ({ tx, hold }) => {
    await hold('hub');
    if (await anyUser(tx)) return undefined;
    const others = hubs.isAlone ? [] : await setupCodeHashes(tx);
    const hashes = [hashSecret(code), ...others].slice(0, MAX_CODES);
    await putSetting(tx, 'setup_code_hash', hashes.join(' '));
    return code;
  }, WRITERS.hub);
}

/** Whether this is a code in force. */
export async function isSetupCode(db: Db, code: string): Promise<boolean> {
  return (await setupCodeHashes(db)).some((hash) => matchesHash(code, hash));
}

/** Uses up the code, and those of other hubs; false when it is none. */
export async function claimSetupCode(tx: Tx, code: string): Promise<boolean> {
  if (!(await isSetupCode(tx, code))) return false;
  await dropSetting(tx, 'setup_code_hash');
  return true;
}

async function setupCodeHashes(db: Db): Promise<string[]> {
  return (await getSetting(db, 'setup_code_hash'))?.split(' ') ?? [];
}
