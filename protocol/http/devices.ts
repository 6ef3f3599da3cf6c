import { z } from 'zod';
import { ClientId, CredentialKind, TopicSpace } from '../device/device.ts';
import { CredentialId, DeviceId, SiteId } from '../ids.ts';
import { Instant } from '../json.ts';
import { LIMITS } from '../limits.ts';
import { Name } from './accounts.ts';

/** What a device shows to connect; the secret itself is never shown again. */
export const CredentialView = z.object({
  id: CredentialId,
  kind: CredentialKind,
  /** SHA-256 of a certificate, as hexadecimal digits. */
  fingerprint: z.string().nullable(),
  createdAt: Instant,
  /** Of a certificate; a password has no end. */
  expiresAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
});
export type CredentialView = z.infer<typeof CredentialView>;

/** GET /api/devices/:deviceId */
export const DeviceView = z.object({
  id: DeviceId,
  siteId: SiteId,
  name: z.string(),
  clientId: z.string(),
  /** Topics that it shares with other devices; null: its own. */
  topicSpace: TopicSpace.nullable(),
  createdAt: Instant,
  presence: z.object({
    state: z.enum(['online', 'offline', 'unknown']),
    lastSeenAt: Instant.nullable(),
  }),
  credentials: z.array(CredentialView),
});
export type DeviceView = z.infer<typeof DeviceView>;

/** Where devices connect. */
export const MqttAddress = z.object({
  /** Names and addresses of the hub, the likeliest first. */
  hosts: z.array(z.string()),
  /** MQTT over TLS; null: switched off. */
  port: z.int().nullable(),
});
export type MqttAddress = z.infer<typeof MqttAddress>;

/** GET /api/sites/:siteId/devices */
export const DeviceList = z.object({ devices: z.array(DeviceView), mqtt: MqttAddress });
export type DeviceList = z.infer<typeof DeviceList>;

const CredentialRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('certificate'),
    /**
     * PKCS #10 as PEM, for a key that never leaves the device: P-256, P-384, or RSA of 2,048 to
     * 4,096 bits. Its subject is ignored. Without it the hub makes the key, and does not keep it.
     */
    csr: z.string().max(LIMITS.csrChars).optional(),
    validDays: z.int().min(1).max(LIMITS.maxCertificateDays).default(LIMITS.certificateDays),
  }),
  z.strictObject({ kind: z.literal('password') }),
]);
export type CredentialRequest = z.output<typeof CredentialRequest>;

/** POST /api/sites/:siteId/devices -> 201 DeviceCredential */
export const DeviceRequest = z.strictObject({
  name: Name,
  /** For a client that insists on one; else the hub makes one from the name. */
  clientId: ClientId.optional(),
  topicSpace: TopicSpace.nullable().default(null),
  credential: CredentialRequest,
});
export type DeviceRequest = z.output<typeof DeviceRequest>;

/** PATCH /api/devices/:deviceId */
export const DeviceChange = z
  .strictObject({ name: Name, topicSpace: TopicSpace.nullable() })
  .partial();
export type DeviceChange = z.infer<typeof DeviceChange>;

/** POST /api/devices/:deviceId/credentials -> 201 DeviceCredential */
export const DeviceRotation = z.strictObject({
  credential: CredentialRequest,
  /** True: all others are revoked at once. False: the device can be changed over first. */
  revokeOthers: z.boolean().default(false),
});
export type DeviceRotation = z.output<typeof DeviceRotation>;

/** What the device needs, shown once. */
export const DeviceCredential = z.object({
  device: DeviceView,
  credentialId: CredentialId,
  secret: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('certificate'),
      certificate: z.string(),
      /** Null where the device made its own. */
      privateKey: z.string().nullable(),
    }),
    z.object({ kind: z.literal('password'), password: z.string() }),
  ]),
  /** Of the hub, as PEM: the device verifies the hub by it. */
  ca: z.string(),
  mqtt: MqttAddress,
});
export type DeviceCredential = z.infer<typeof DeviceCredential>;
