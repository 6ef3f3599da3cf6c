import { parseLinkKey } from '#protocol/noise/link-key.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { UnitProtection } from '../store/unit-protection.ts';

export interface ProtectedUnit {
  readonly address: UnitAddress;
  readonly key?: string | undefined;
  readonly plain?: boolean | undefined;
}

export interface UnitProtectionsDeps {
  readonly units: {
    readonly protection: (unitId: UnitId) => UnitProtection;
    readonly protect: (unitId: UnitId, protection: UnitProtection) => void;
  };
  /** The units of the configuration. */
  readonly configured: readonly ProtectedUnit[];
  /** Whether unencrypted links to unknown units are allowed. */
  readonly allowsPlain: boolean;
}

/**
 * Which unit has which key. Keys are the base's own affair: they come from
 * its configuration or its command line, and never from or to the hub.
 */
export class UnitProtections {
  readonly #deps: UnitProtectionsDeps;

  constructor(deps: UnitProtectionsDeps) {
    this.#deps = deps;
  }

  /** Looked up for each connection, so that a new key counts at the next one. */
  of({ unitId, address }: { readonly unitId: UnitId; readonly address: UnitAddress }) {
    const { units, allowsPlain } = this.#deps;
    const configured = this.#configured(address);
    // Kept with the unit, so that the key goes along when the hub gives it another address.
    if (configured.kind !== 'unknown') units.protect(unitId, configured);
    const kept = units.protection(unitId);
    return kept.kind === 'unknown' && allowsPlain ? PLAIN : kept;
  }

  #configured({ host, port }: UnitAddress): UnitProtection {
    const unit = this.#deps.configured.find(
      ({ address }) => address.port === port && address.host.toLowerCase() === host.toLowerCase(),
    );
    if (unit?.plain === true) return PLAIN;
    const key = unit?.key === undefined ? undefined : parseLinkKey(unit.key);
    return key ? { kind: 'encrypted', key } : { kind: 'unknown' };
  }
}

const PLAIN: UnitProtection = { kind: 'plain' };
