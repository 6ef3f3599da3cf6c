import { z } from 'zod';
import { ErrorCodeSchema } from '../errors.ts';
import { UnitId } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { UnitAddress } from '../unit-address.ts';
import { Refusal } from './refusal.ts';

/** Anyone on the network may have written these, and people read them: printable ASCII only. */
const Announced = z.string().regex(/^[\x21-\x7e]+$/);

/** A unit that announces itself on a base's network (docs/provisioning.md section 7). Nothing of it is proven. */
export const FoundUnit = z.object({
  hardwareId: Announced.max(LIMITS.unitLink.hardwareIdChars),
  model: Announced.max(LIMITS.unitLink.modelChars),
  hostName: Announced.max(253),
  address: UnitAddress,
  /** It has a key; false: unencrypted. */
  isEncrypted: z.boolean(),
  /** Which unit of this base it is; null: none of them. */
  unitId: UnitId.nullable(),
});
export type FoundUnit = z.infer<typeof FoundUnit>;

/**
 * Hub -> base: search the network. `revision` as in the previous answer: the base waits
 * briefly for a change.
 */
export const DiscoveryRequest = z.strictObject({ revision: z.string().max(64).nullable() });
export type DiscoveryRequest = z.infer<typeof DiscoveryRequest>;

export const DiscoveryAnswer = z.object({
  /** Names this content; it changes with any of it. */
  revision: z.string().max(64),
  /** False: the base's configuration has turned discovery off. */
  isSearching: z.boolean(),
  units: z.array(FoundUnit).max(LIMITS.foundUnits),
  /** Units that the list had no room for. */
  omitted: z.int().nonnegative(),
  /** Serial ports of the base's machine: where a new board may be plugged in. */
  serialPorts: z.array(z.string().regex(/^\/dev\/[\w.-]{1,64}$/)).max(LIMITS.serialPorts),
});
export type DiscoveryAnswer = z.infer<typeof DiscoveryAnswer>;
export const DiscoveryReply = z.union([DiscoveryAnswer.extend({ ok: z.literal(true) }), Refusal]);
export type DiscoveryReply = z.infer<typeof DiscoveryReply>;

/** Hub -> base: who answers at this address? */
export const ProbeRequest = z.strictObject({ address: UnitAddress });
export type ProbeRequest = z.infer<typeof ProbeRequest>;

/**
 * What answers at an address:
 * - `nothing`: no connection; `code` says why.
 * - `silent`: accepts connections and sends nothing, as lamps with older firmware do.
 * - `other`: answers, but is not a unit.
 * - `lines`: numbers in lines, as sensors with older firmware send them.
 * - `encrypted`: a unit that requires its key.
 * - `plain`: a unit without a key.
 * - `added`: a unit of this base, which was not contacted.
 */
export const ProbeOutcome = z.enum([
  'nothing',
  'silent',
  'other',
  'lines',
  'encrypted',
  'plain',
  'added',
]);
export type ProbeOutcome = z.infer<typeof ProbeOutcome>;

export const ProbeAnswer = z.object({
  outcome: ProbeOutcome,
  /** Why there is no connection. */
  code: ErrorCodeSchema.nullable(),
  /** The unit of this base that has the address, or is announced there. */
  unitId: UnitId.nullable(),
  /** Who announces itself at this address. */
  announced: FoundUnit.pick({ hardwareId: true, model: true }).nullable(),
});
export type ProbeAnswer = z.infer<typeof ProbeAnswer>;
export const ProbeReply = z.union([ProbeAnswer.extend({ ok: z.literal(true) }), Refusal]);
export type ProbeReply = z.infer<typeof ProbeReply>;
