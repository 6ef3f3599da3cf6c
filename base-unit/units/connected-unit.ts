import type { ErrorCode } from '#protocol/errors.ts';
import type { Reading } from '#protocol/reading.ts';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import type { UnitParty } from '#protocol/unit-link/unit_link_pb.ts';
import type { CommandTask } from '../commands/command-task.ts';
import type { Delivered, DeliveryDeps } from './deliver-command.ts';
import type { Answer, RequestOptions } from './pending-requests.ts';
import type { LinkListener } from './unit-link.ts';
import type { UnitModel } from './unit-model.ts';

/** One connection to a unit, whatever is spoken on it. */
export interface UnitConversation {
  readonly isOpen: boolean;
  /** Ends it in good order. */
  readonly goodbye: () => void;
  /** Ends it because the unit broke a rule, or is not the right one. */
  readonly refuse: (code: ErrorCode) => void;
}

/** What a connection tells its owner. */
export interface UnitListener extends LinkListener {
  /** Measured by a unit that says nothing but its values: the base gave them time and number. */
  readonly readings: (readings: readonly Reading[]) => void;
}

/** A unit that is connected, and known. */
export interface ConnectedUnit {
  readonly link: UnitConversation;
  readonly party: UnitParty;
  readonly model: UnitModel;
  /** Whether it takes no harm from being looked in on while there is nothing to do. */
  readonly mayBeProbed: boolean;
  /** Listens to what it tells by itself, until the function that this returns is called. */
  readonly attend: () => () => void;
  /** For what is no command; undefined where only values and commands can be spoken of. */
  readonly ask?: (body: NonNullable<EnvelopeBody>, options: RequestOptions) => Promise<Answer>;
  /** Hops 8 to 11. */
  readonly deliver: (task: CommandTask, deps: DeliveryDeps) => Promise<Delivered>;
}
