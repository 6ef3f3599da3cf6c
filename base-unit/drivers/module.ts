import type { NoiseCrypto } from '#protocol/noise/noise-crypto.ts';
import type { Module } from '#platform/assembly.ts';
import { Semaphore } from '#platform/sharing/semaphore.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { Foundation } from '../store/module.ts';
import type { ConnectDeps } from './framed/connect-unit.ts';
import { nodeCrypto } from './framed/node-crypto.ts';
import { type Probed, probeAddress } from './framed/probe-address.ts';
import type { UnitTransport } from './transport/unit-transport.ts';
import { type ProtectedUnit, UnitProtections } from './unit-protections.ts';

export interface DriversNeeds extends Foundation {
  readonly transport: UnitTransport;
  readonly config: {
    readonly units: readonly ProtectedUnit[];
    /** Whether unencrypted links to unknown units are allowed. */
    readonly plainUnits: boolean;
  };
}

export interface DriversOffers {
  readonly crypto: NoiseCrypto;
  readonly protections: UnitProtections;
  readonly permits: ConnectDeps['permits'];
  /** Who answers at an address. */
  readonly probe: (address: UnitAddress) => Promise<Probed>;
}

/** A unit waits for one permit at a time; one that was let past leaves its place in the queue behind. */
const MAX_QUEUED = 2 * LIMITS.unitsPerBase;
const PARALLEL_DIALS = { permits: 64, maxQueued: MAX_QUEUED };
const PARALLEL_HANDSHAKES = { permits: 8, maxQueued: MAX_QUEUED };

/** What all sessions with units share. */
export function driversModule(needs: DriversNeeds): Module<DriversOffers> {
  const { clock, config, store, transport } = needs;
  const protections = new UnitProtections({
    units: store.units,
    configured: config.units,
    allowsPlain: config.plainUnits,
  });
  const permits = {
    dial: new Semaphore(PARALLEL_DIALS),
    handshake: new Semaphore(PARALLEL_HANDSHAKES),
  };
  const crypto = nodeCrypto;
  const probe = async (address: UnitAddress) => probeAddress(address, { clock, transport, crypto });
  return { offers: { crypto, protections, permits, probe } };
}
