import type { IssuedCommand } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { checkValue } from '#protocol/thing/check-value.ts';
import type { ActionAffordance, PropertyAffordance } from '#protocol/thing/thing-description.ts';
import type { UnitModel } from './unit-model.ts';

/** What a command is about, once the unit's own description allows it. */
export type ResolvedCommand =
  | { readonly kind: 'read'; readonly property: PropertyAffordance }
  | { readonly kind: 'write'; readonly property: PropertyAffordance }
  | { readonly kind: 'invoke'; readonly action: ActionAffordance };

export type Resolution =
  | {
      readonly ok: true;
      readonly command: ResolvedCommand;
      /** Doing it twice is the same as doing it once. */
      readonly idempotent: boolean;
    }
  | { readonly ok: false; readonly code: ErrorCode };

const refused = (code: ErrorCode): Resolution => ({ ok: false, code });

/** Holds a command against the unit's own description; the hub's check was by an older one perhaps. */
export function resolveCommand(model: UnitModel, command: IssuedCommand): Resolution {
  switch (command.operation) {
    case 'readproperty': {
      const property = model.property(command.affordance);
      if (!property) return refused('affordance_unknown');
      if (property.writeOnly) return refused('operation_not_allowed');
      return { ok: true, idempotent: true, command: { kind: 'read', property } };
    }
    case 'writeproperty': {
      const property = model.property(command.affordance);
      if (!property) return refused('affordance_unknown');
      if (property.readOnly) return refused('operation_not_allowed');
      if (checkValue(property, command.input)) return refused('input_invalid');
      return { ok: true, idempotent: property.idempotent, command: { kind: 'write', property } };
    }
    case 'invokeaction': {
      const action = model.action(command.affordance);
      if (!action) return refused('affordance_unknown');
      const input = command.input ?? null;
      if (!action.input && !isEmpty(input)) return refused('input_invalid');
      if (action.input && checkValue(action.input, input)) return refused('input_invalid');
      return { ok: true, idempotent: action.idempotent, command: { kind: 'invoke', action } };
    }
    default:
      return command.operation satisfies never;
  }
}

function isEmpty(input: IssuedCommand['input'] | null): boolean {
  return input === null || (typeof input === 'object' && Object.keys(input).length === 0);
}
