import type { Kysely, Transaction } from 'kysely';
import type {
  ApiTokensTable,
  AttemptsTable,
  DeviceLoginsTable,
  SessionsTable,
  SettingsTable,
  UsersTable,
} from './schema/accounts.ts';
import type {
  BaseLogTable,
  BasesTable,
  ClaimCodesTable,
  EventRangesTable,
  UsedAssertionsTable,
} from './schema/bases.ts';
import type { CommandsTable, IdempotencyKeysTable } from './schema/commands.ts';
import type {
  DeviceCommandsTable,
  DeviceAnnouncementsTable,
  DeviceCredentialsTable,
  DevicesTable,
  MappedUnitsTable,
} from './schema/devices.ts';
import type {
  AccountEventsTable,
  EventCursorsTable,
  EventDirtyTable,
  SiteEventsTable,
} from './schema/events.ts';
import type {
  FirmwareImagesTable,
  FirmwareKeysTable,
  FirmwareTable,
  RolloutsTable,
  UnitUpdatesTable,
} from './schema/firmware.ts';
import type { HubsTable } from './schema/hubs.ts';
import type {
  MqttMessagesTable,
  MqttQueueTable,
  MqttReceivedTable,
  MqttRetainedTable,
  MqttSessionsTable,
  MqttSitesTable,
  MqttSubscriptionsTable,
} from './schema/mqtt.ts';
import type {
  BoardAnswersTable,
  BoardCallsTable,
  KeptCertificatesTable,
  LibpyiotcloudAccountsTable,
} from './schema/libpyiotcloud.ts';
import type { InvitationsTable, MembersTable, SitesTable } from './schema/sites.ts';
import type {
  DesiredTable,
  DirtyHoursTable,
  LateReadingsTable,
  PropertiesTable,
  ReadingBucketsTable,
  ReadingGapsTable,
  ReadingPositionsTable,
  ReadingsTable,
  UnitsTable,
} from './schema/units.ts';
import type {
  WebhookAttemptsTable,
  WebhookDeliveriesTable,
  WebhookMessagesTable,
  WebhooksTable,
} from './schema/webhooks.ts';

/**
 * The tables as queries see them (hub/store/migrations creates them). Times are milliseconds
 * since 1970. Columns that hold JSON are marked, and parsed by the file of their noun. Integer
 * keys replace ids where there are many rows.
 */
export interface Tables {
  hubs: HubsTable;
  settings: SettingsTable;
  users: UsersTable;
  sessions: SessionsTable;
  api_tokens: ApiTokensTable;
  device_logins: DeviceLoginsTable;
  attempts: AttemptsTable;
  sites: SitesTable;
  members: MembersTable;
  invitations: InvitationsTable;
  claim_codes: ClaimCodesTable;
  bases: BasesTable;
  base_log: BaseLogTable;
  used_assertions: UsedAssertionsTable;
  event_ranges: EventRangesTable;
  devices: DevicesTable;
  device_announcements: DeviceAnnouncementsTable;
  device_credentials: DeviceCredentialsTable;
  units: UnitsTable;
  mapped_units: MappedUnitsTable;
  device_commands: DeviceCommandsTable;
  properties: PropertiesTable;
  desired: DesiredTable;
  readings: ReadingsTable;
  reading_minutes: ReadingBucketsTable;
  reading_hours: ReadingBucketsTable;
  dirty_hours: DirtyHoursTable;
  late_readings: LateReadingsTable;
  reading_gaps: ReadingGapsTable;
  reading_positions: ReadingPositionsTable;
  commands: CommandsTable;
  idempotency_keys: IdempotencyKeysTable;
  firmware: FirmwareTable;
  firmware_images: FirmwareImagesTable;
  firmware_keys: FirmwareKeysTable;
  rollouts: RolloutsTable;
  unit_updates: UnitUpdatesTable;
  site_events: SiteEventsTable;
  account_events: AccountEventsTable;
  event_cursors: EventCursorsTable;
  event_dirty: EventDirtyTable;
  mqtt_sites: MqttSitesTable;
  mqtt_messages: MqttMessagesTable;
  mqtt_retained: MqttRetainedTable;
  mqtt_sessions: MqttSessionsTable;
  mqtt_subscriptions: MqttSubscriptionsTable;
  mqtt_queue: MqttQueueTable;
  mqtt_received: MqttReceivedTable;
  libpyiotcloud_accounts: LibpyiotcloudAccountsTable;
  kept_certificates: KeptCertificatesTable;
  board_answers: BoardAnswersTable;
  board_calls: BoardCallsTable;
  webhooks: WebhooksTable;
  webhook_messages: WebhookMessagesTable;
  webhook_deliveries: WebhookDeliveriesTable;
  webhook_attempts: WebhookAttemptsTable;
}

/** Either the database itself or a transaction on it: for reading. */
export type Db = Kysely<Tables>;
/** A transaction, which is the only way to write. */
export type Tx = Transaction<Tables>;
