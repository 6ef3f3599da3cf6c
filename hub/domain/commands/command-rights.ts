import { AppError } from '#protocol/errors.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import { LIMITS } from '#protocol/limits.ts';
import { permissionFor } from '#protocol/thing/unit-guards.ts';
import type { UserPrincipal } from '../accounts/principal.ts';
import type { SiteAccess } from '../sites/site-access.ts';
import type { Clock } from '#platform/clock.ts';
import type { UnitRecord } from '../../store/units.ts';
import type { UnitAccess } from '../units/unit-access.ts';

export interface CommandRightsDeps {
  readonly clock: Clock;
  readonly access: SiteAccess;
  readonly unitAccess: UnitAccess;
}

/** Checks who may send which command to which unit. */
export class CommandRights {
  readonly #deps: CommandRightsDeps;

  constructor(deps: CommandRightsDeps) {
    this.#deps = deps;
  }

  /**
   * The unit of a command that the caller may give.
   *
   * @throws AppError `unit_unknown` to who is not of its site; `forbidden` where the
   *   role or the token is not enough; `reauthentication_required` to a person who has to give
   *   the password again.
   */
  async require(
    caller: UserPrincipal,
    request: CommandRequest,
    unitId: UnitRecord['id'],
  ): Promise<UnitRecord> {
    const { access, unitAccess } = this.#deps;
    const unit = await unitAccess.require(caller, unitId, 'unit.control');
    const actions = unit.description?.actions ?? {};
    const name = request.affordance;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    const permission = permissionFor(action);
    await access.require(caller, { siteId: unit.siteId, unknown: 'unit_unknown' }, permission);
    if (permission === 'unit.factory_reset') this.#requireReauthentication(caller);
    return unit;
  }

  #requireReauthentication(caller: UserPrincipal): void {
    if (caller.kind !== 'session') throw new AppError('forbidden');
    const ageMs = this.#deps.clock.nowMs() - caller.reauthenticatedAtMs;
    // A re-authentication in the future happened while the clock was ahead: its age is unknown.
    if (ageMs < 0 || ageMs > LIMITS.reauthenticationTtlMs)
      throw new AppError('reauthentication_required');
  }
}
