import type { Db, Tx } from './schema.ts';

/** Settings of the hub, one row each. */
export type SettingKey =
  'setup_code_hash' | 'channel_key' | 'tls_authority' | 'bus_key' | 'webhook_key';

export async function getSetting(db: Db, key: SettingKey): Promise<string | undefined> {
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', key)
    .executeTakeFirst();
  return row?.value;
}

export async function putSetting(tx: Tx, key: SettingKey, value: string): Promise<void> {
  await tx
    .insertInto('settings')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}

export async function dropSetting(tx: Tx, key: SettingKey): Promise<void> {
  await tx.deleteFrom('settings').where('key', '=', key).execute();
}
