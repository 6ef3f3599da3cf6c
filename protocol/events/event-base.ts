import type { BaseId } from '../ids.ts';
import type { EventSaid } from './event-outcome.ts';

/** The base that an event is about; what is about a unit behind it is not, once it is there. */
export function baseOf({ type, data }: EventSaid): BaseId | undefined {
  switch (type) {
    case 'base.added':
    case 'base.changed':
    case 'base.removed':
    case 'base.presence_changed':
    case 'unit.removed':
      return data.baseId;
    case 'unit.added':
      return data.endpoint.kind === 'base' ? data.endpoint.baseId : undefined;
    default:
      return undefined;
  }
}
