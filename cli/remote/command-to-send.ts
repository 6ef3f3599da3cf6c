import { AppError } from '#protocol/errors.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import type { UnitView } from '#protocol/http/units.ts';
import type { CommandId } from '#protocol/ids.ts';
import { typedInput } from './typed-input.ts';

export interface SendOperands {
  readonly id: CommandId;
  readonly affordance: string;
  /** As typed; undefined: to read a property, or an action without input. */
  readonly value: string | undefined;
}

/** The command to send, according to the unit's description. */
export function commandToSend(
  { description }: UnitView,
  { id, affordance, value }: SendOperands,
): CommandRequest & { id: CommandId } {
  if (!description) throw new AppError('unit_undescribed');
  const property = own(description.properties, affordance);
  if (property) {
    if (value === undefined) return { id, verb: 'invoke', affordance, operation: 'readproperty' };
    return { id, verb: 'set', affordance, input: typedInput(property, value) };
  }
  const action = own(description.actions, affordance);
  if (!action) {
    const names = [...Object.keys(description.properties), ...Object.keys(description.actions)];
    throw new AppError('affordance_unknown', { details: { affordances: names.join(', ') } });
  }
  if (value === undefined) return { id, verb: 'invoke', affordance };
  if (!action.input) {
    throw new AppError('input_invalid', { details: { reason: 'the action has no input' } });
  }
  return { id, verb: 'invoke', affordance, input: typedInput(action.input, value) };
}

/** Names are external input and could be `constructor`. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
