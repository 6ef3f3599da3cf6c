import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator, sql } from 'kysely';
import { AppError } from '#protocol/errors.ts';
import * as firstLight from './migrations/0001-first-light.ts';
import * as firmware from './migrations/0002-firmware.ts';
import * as proof from './migrations/0003-proof.ts';
import * as sourceOrder from './migrations/0004-source-order.ts';
import * as lives from './migrations/0005-lives.ts';
import * as tokenSites from './migrations/0006-token-sites.ts';
import * as deviceLogins from './migrations/0007-device-logins.ts';
import * as events from './migrations/0008-events.ts';
import * as commandColumns from './migrations/0009-command-columns.ts';
import * as eventFilters from './migrations/0010-event-filters.ts';
import * as fieldWords from './migrations/0011-field-words.ts';
import * as eventBases from './migrations/0012-event-bases.ts';
import * as unitEndpoints from './migrations/0013-unit-endpoints.ts';
import * as hubs from './migrations/0014-hubs.ts';
import * as readingRollups from './migrations/0015-reading-rollups.ts';
import * as devices from './migrations/0018-devices.ts';
import * as sharedSecrets from './migrations/0019-shared-secrets.ts';
import * as mqtt from './migrations/0020-mqtt.ts';
import * as firmwareImages from './migrations/0021-firmware-images.ts';
import * as mqttRetained from './migrations/0022-mqtt-retained.ts';
import * as mappedUnits from './migrations/0023-mapped-units.ts';
import * as consumerClaims from './migrations/0024-consumer-claims.ts';
import * as announcements from './migrations/0025-announcements.ts';
import * as readingPositions from './migrations/0028-reading-positions.ts';
import * as libpyiotcloud from './migrations/0030-libpyiotcloud.ts';
import * as webhooks from './migrations/0031-webhooks.ts';
import { type EngineAdapter, engineOf } from './engine/adapter.ts';
import * as postgresBaseline from './migrations/postgres/0012-event-bases.ts';
import * as postgresUnitEndpoints from './migrations/postgres/0013-unit-endpoints.ts';
import * as postgresHubs from './migrations/postgres/0014-hubs.ts';
import * as postgresReadingRollups from './migrations/postgres/0015-reading-rollups.ts';
import * as postgresDevices from './migrations/postgres/0018-devices.ts';
import * as postgresSharedSecrets from './migrations/postgres/0019-shared-secrets.ts';
import * as postgresMqtt from './migrations/postgres/0020-mqtt.ts';
import * as postgresFirmwareImages from './migrations/postgres/0021-firmware-images.ts';
import * as postgresMqttRetained from './migrations/postgres/0022-mqtt-retained.ts';
import * as postgresMappedUnits from './migrations/postgres/0023-mapped-units.ts';
import * as postgresConsumerClaims from './migrations/postgres/0024-consumer-claims.ts';
import * as postgresAnnouncements from './migrations/postgres/0025-announcements.ts';
import * as postgresReadingPositions from './migrations/postgres/0028-reading-positions.ts';
import * as postgresLibpyiotcloud from './migrations/postgres/0030-libpyiotcloud.ts';
import * as postgresWebhooks from './migrations/postgres/0031-webhooks.ts';
import type { Db } from './schema.ts';

/** All migrations by name, in the order of their names. A released one never changes. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first-light': firstLight,
  '0002-firmware': firmware,
  '0003-proof': proof,
  '0004-source-order': sourceOrder,
  '0005-lives': lives,
  '0006-token-sites': tokenSites,
  '0007-device-logins': deviceLogins,
  '0008-events': events,
  '0009-command-columns': commandColumns,
  '0010-event-filters': eventFilters,
  '0011-field-words': fieldWords,
  '0012-event-bases': eventBases,
  '0013-unit-endpoints': unitEndpoints,
  '0014-hubs': hubs,
  '0015-reading-rollups': readingRollups,
  '0018-devices': devices,
  '0019-shared-secrets': sharedSecrets,
  '0020-mqtt': mqtt,
  '0021-firmware-images': firmwareImages,
  '0022-mqtt-retained': mqttRetained,
  '0023-mapped-units': mappedUnits,
  '0024-consumer-claims': consumerClaims,
  '0025-announcements': announcements,
  '0028-reading-positions': readingPositions,
  '0030-libpyiotcloud': libpyiotcloud,
  '0031-webhooks': webhooks,
};

/** The last step, on either engine. */
export const NEWEST_MIGRATION = Object.keys(MIGRATIONS).at(-1) ?? '';

/**
 * A PostgreSQL database begins where that engine was added: its first step creates what all
 * steps up to the one of the same name create in SQLite.
 */
export const POSTGRES_MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0012-event-bases': postgresBaseline,
  '0013-unit-endpoints': postgresUnitEndpoints,
  '0014-hubs': postgresHubs,
  '0015-reading-rollups': postgresReadingRollups,
  '0018-devices': postgresDevices,
  '0019-shared-secrets': postgresSharedSecrets,
  '0020-mqtt': postgresMqtt,
  '0021-firmware-images': postgresFirmwareImages,
  '0022-mqtt-retained': postgresMqttRetained,
  '0023-mapped-units': postgresMappedUnits,
  '0024-consumer-claims': postgresConsumerClaims,
  '0025-announcements': postgresAnnouncements,
  '0028-reading-positions': postgresReadingPositions,
  '0030-libpyiotcloud': postgresLibpyiotcloud,
  '0031-webhooks': postgresWebhooks,
};

const BY_ENGINE: Readonly<Record<EngineAdapter['engine'], Readonly<Record<string, Migration>>>> = {
  sqlite: MIGRATIONS,
  postgres: POSTGRES_MIGRATIONS,
};

/** Brings the database to the newest version; does nothing if it has it. */
export async function migrate(
  db: Db,
  migrations: Readonly<Record<string, Migration>> = BY_ENGINE[engineOf(db).engine],
): Promise<readonly string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error instanceof AppError) throw error;
  if (error !== undefined) throw new AppError('internal', { cause: error });
  return (results ?? []).map((result) => result.migrationName);
}

/** Names of the steps that this program knows, in order. */
export function knownMigrations(db: Pick<Db, 'getExecutor'>): readonly string[] {
  return Object.keys(BY_ENGINE[engineOf(db).engine]);
}

/** Names of the steps that were applied to this database; none in an empty one. */
export async function appliedMigrations(db: Db): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return [];
  const table = sql.table(DEFAULT_MIGRATION_TABLE);
  const { rows } = await sql<{ name: string }>`select name from ${table} order by name`.execute(db);
  return rows.map(({ name }) => name);
}
