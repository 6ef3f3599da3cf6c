import type { Roles } from './cost/cost-meter.ts';

/** The programs of the system, by their command lines. */
export const SYSTEM_ROLES: Roles = {
  hub: /signalbox\.js hub /,
  base: /signalbox\.js base run /,
  unit: /signalbox-unit /,
};

export const FLOOR_ROLES: Roles = {
  hub: /floor\/hub\.ts/,
  base: /floor\/base\.ts/,
  unit: /floor\/unit\.ts/,
};
