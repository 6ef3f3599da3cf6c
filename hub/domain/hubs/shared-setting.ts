import { getSetting, putSetting, type SettingKey } from '../../store/settings.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';

export interface SharedSettingDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
}

/** What all hubs on one database have in common; the first to come makes it. */
export async function sharedSetting(
  { db, unitOfWork }: SharedSettingDeps,
  key: SettingKey,
  make: () => Promise<string>,
): Promise<string> {
  const known = await getSetting(db, key);
  if (known !== undefined) return known;
  const made = await make();
  return await unitOfWork.run(async ({ tx, hold }) => {
    await hold('hub');
    const first = await getSetting(tx, key);
    if (first === undefined) await putSetting(tx, key, made);
    return first ?? made;
  }, WRITERS.hub);
}
