import { z } from 'zod';

/** Longest name in MQTT 3.1 clients that are in the field. */
const MAX_CHARS = 40;

/** First levels of topics that belong to the site, the hub, or a convention. */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ...['site', 'server', 'shared', 'sb'],
  ...['homie', 'homeassistant', 'tasmota', 'zigbee2mqtt'],
]);

/**
 * The name under which a device connects: its MQTT client id, its user name, and the first
 * level of its topics. Ids that differ only in case are one.
 */
export const ClientId = z
  .string()
  .regex(
    new RegExp(`^[A-Za-z0-9][A-Za-z0-9_-]{0,${MAX_CHARS - 1}}$`),
    'must be up to 40 letters, digits, _ and -',
  )
  .refine((id) => !RESERVED_NAMES.has(id.toLowerCase()), 'is reserved');
export type ClientId = z.infer<typeof ClientId>;

/** What is compared where client ids have to differ. */
export function clientKeyOf(clientId: string): string {
  return clientId.toLowerCase();
}

/** Names topics that several devices of a site have in common. */
export const TopicSpace = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be up to 40 small letters, digits, _ and -');
export type TopicSpace = z.infer<typeof TopicSpace>;

export const CredentialKind = z.enum(['certificate', 'password']);
export type CredentialKind = z.infer<typeof CredentialKind>;

const MAX_READABLE_CHARS = 24;

/**
 * A client id that begins like the name of the device.
 *
 * @param random what makes it unique and hard to guess: letters and digits, up to 15.
 */
export function clientIdFrom(name: string, random: string): ClientId {
  const readable = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_READABLE_CHARS)
    .replaceAll(/^-+|-+$/g, '');
  return `${readable === '' ? 'device' : readable}-${random}`;
}
