import type { z } from 'zod';
import { visibleText } from '../display-text.ts';
import { LIMITS } from '../limits.ts';
import type { ScalarSchema } from '../thing/data-schema.ts';
import { affordanceName, freeName } from './affordance-name.ts';
import { DeviceMapping, MappedAction, MappedEvent, MappedProperty } from './device-mapping.ts';
import {
  type DescriptionForm,
  DESCRIPTION_BOUNDS,
  type LeftOut,
  type SelfDescription,
} from './self-description.ts';

const MAX_TITLE_CHARS = 64;
const MAX_UNIT_CHARS = 16;
const FULL = `a unit has at most ${LIMITS.unitLink.affordances} properties, actions and events`;

type Draft<T extends z.ZodType> = Omit<z.input<T>, 'name' | 'title'> & {
  /** As the device calls it. */
  readonly name: string;
  readonly title?: string | undefined;
};

/**
 * Collects what a device says that it has. Whatever cannot be a part of a mapping is left out with
 * its reason, and takes nothing else along.
 */
export class MappingBuilder {
  readonly #properties: z.infer<typeof MappedProperty>[] = [];
  readonly #actions: z.infer<typeof MappedAction>[] = [];
  readonly #events: z.infer<typeof MappedEvent>[] = [];
  readonly #names = new Set<string>();
  readonly #leftOut: LeftOut[] = [];

  property(draft: Draft<typeof MappedProperty>): void {
    this.#add(MappedProperty, draft, (property) => this.#properties.push(property));
  }

  action(draft: Draft<typeof MappedAction>): void {
    this.#add(MappedAction, draft, (action) => this.#actions.push(action));
  }

  event(draft: Draft<typeof MappedEvent>): void {
    this.#add(MappedEvent, draft, (event) => this.#events.push(event));
  }

  leaveOut(what: string, reason: string): void {
    if (this.#leftOut.length >= DESCRIPTION_BOUNDS.notes) return;
    this.#leftOut.push({ what: noteText(what), reason: noteText(reason) });
  }

  /** Undefined: there is nothing of it that a unit could have. */
  build(of: {
    readonly id: string;
    readonly form: DescriptionForm;
    readonly title: string;
    readonly model: string;
  }): SelfDescription | undefined {
    const { id, form } = of;
    if (this.#names.size === 0 && this.#leftOut.length === 0) return undefined;
    const title = noteText(of.title);
    const mapping = DeviceMapping.safeParse({
      model: clipped(of.model, LIMITS.unitLink.modelChars) || 'Device',
      ...{ properties: this.#properties, actions: this.#actions, events: this.#events },
    });
    if (!mapping.success || id.length > DESCRIPTION_BOUNDS.idChars) return undefined;
    return { id, form, title, mapping: mapping.data, leftOut: this.#leftOut };
  }

  #add<T extends z.ZodType>(
    schema: T,
    { name: said, title, ...rest }: Draft<T>,
    keep: (affordance: z.infer<T>) => void,
  ): void {
    if (this.#names.size >= LIMITS.unitLink.affordances) {
      this.leaveOut(said, FULL);
      return;
    }
    const name = freeName(affordanceName(said), (used) => this.#names.has(used));
    const shownTitle = clipped(title ?? said, MAX_TITLE_CHARS);
    const parsed = schema.safeParse({
      ...{ name, ...rest },
      ...(shownTitle === '' ? {} : { title: shownTitle }),
    });
    if (parsed.success) {
      this.#names.add(name);
      keep(parsed.data);
      return;
    }
    const [issue] = parsed.error.issues;
    this.leaveOut(said, `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
  }
}

/** The unit of a value as schemas have it: nothing where it says nothing. */
export function unitOf(unit: string | undefined): Pick<ScalarSchema, 'unit'> {
  const text = unit === undefined ? '' : clipped(unit, MAX_UNIT_CHARS);
  return text === '' ? {} : { unit: text };
}

/** A text of the device that is shown to people, and cut where it is too long. */
function clipped(text: string, maxChars: number): string {
  return visibleText(text.slice(0, maxChars)).trim().slice(0, maxChars);
}

function noteText(text: string): string {
  return clipped(text, DESCRIPTION_BOUNDS.noteChars);
}
