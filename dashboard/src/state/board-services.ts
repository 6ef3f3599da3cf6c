import { isFinal } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import type { ActionAffordance, ThingDescription } from '#protocol/thing/thing-description.ts';
import { isDiagnostic } from './affordance-control.ts';
import { own } from './own.ts';

/** A board's services besides the unit's purpose: pins, serial port, address, restart. */
export function isBoardService(affordance: {
  readonly 'sb:semantic'?: string | undefined;
}): boolean {
  return affordance['sb:semantic']?.startsWith('board.') ?? false;
}

export interface ServiceGroup {
  readonly title: string;
  readonly actions: readonly (readonly [string, ActionAffordance])[];
}

const GROUPS: readonly { readonly title: string; readonly begins: readonly string[] }[] = [
  { title: 'Pins', begins: ['gpio', 'analog'] },
  { title: 'Serial port', begins: ['uart'] },
  { title: 'Network', begins: ['network', 'mac'] },
  { title: 'Clock', begins: ['time'] },
];
const OTHERS = 'Restart and reset';

/** The board's actions by subject, in the order of the description. */
export function groupServices(description: ThingDescription | null): ServiceGroup[] {
  const services = Object.entries(description?.actions ?? {}).filter(([, action]) =>
    isBoardService(action),
  );
  const titleOf = (action: ActionAffordance): string => {
    const name = action['sb:semantic']?.slice('board.'.length) ?? '';
    return (
      GROUPS.find(({ begins }) => begins.some((part) => name.startsWith(part)))?.title ?? OTHERS
    );
  };
  return [...GROUPS.map(({ title }) => title), OTHERS].flatMap((title) => {
    const actions = services.filter(([, action]) => titleOf(action) === title);
    return actions.length === 0 ? [] : [{ title, actions }];
  });
}

/** Whether a command only queried a fact about the board, successfully so far. */
export function isFactRead(
  { operation, affordance, state }: Pick<Command, 'operation' | 'affordance' | 'state'>,
  description: ThingDescription | null,
): boolean {
  const property = own(description?.properties, affordance);
  const isFact = property !== undefined && isDiagnostic(property);
  return operation === 'readproperty' && isFact && (state === 'succeeded' || !isFinal(state));
}

/** The board's readable facts. */
export function boardFacts(description: ThingDescription | null) {
  return Object.entries(description?.properties ?? {}).filter(
    ([, property]) => isDiagnostic(property) && !property.writeOnly,
  );
}
