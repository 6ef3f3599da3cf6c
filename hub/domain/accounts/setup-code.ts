import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import { dropSetting, getSetting, putSetting } from '../../store/settings.ts';
import type { Db, Tx } from '../../store/schema.ts';
import { anyUser } from '../../store/users.ts';
import { hashSecret, matchesHash, newSecret } from './secrets.ts';

/**
 * The one-time code for the first account: whoever can read the hub's output owns the
 * hub. Only its hash is stored, so each start creates a new one, until there is an
 * account.
 *
 * @returns undefined when there is an account.
 */
export async function renewSetupCode(unitOfWork: UnitOfWork): Promise<string | undefined> {
  const code = newSecret(15);
  return await unitOfWork.run(async ({ tx, hold }) => {
    await hold('hub');
    if (await anyUser(tx)) return undefined;
    await putSetting(tx, 'setup_code_hash', hashSecret(code));
    return code;
  }, WRITERS.hub);
}

/** Whether this is the code in force. */
export async function isSetupCode(db: Db, code: string): Promise<boolean> {
  const hash = await getSetting(db, 'setup_code_hash');
  return hash !== undefined && matchesHash(code, hash);
}

/** Uses the code up; false when it is not the one. */
export async function claimSetupCode(tx: Tx, code: string): Promise<boolean> {
  if (!(await isSetupCode(tx, code))) return false;
  await dropSetting(tx, 'setup_code_hash');
  return true;
}
