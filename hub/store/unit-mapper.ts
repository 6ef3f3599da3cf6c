import type { z } from 'zod';
import type { UnitView } from '#protocol/http/units.ts';
import { UnitView as UnitViewSchema } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import { ThingDescription } from '#protocol/thing/thing-description.ts';
import { LruCache } from '#platform/lru-cache.ts';
import { jsonColumnOr } from './json-column.ts';
import type { UnitsTable } from './schema/units.ts';

const Identity = UnitViewSchema.shape.identity.unwrap();
export type UnitIdentity = z.infer<typeof Identity>;

/** The unit's own identity; null before the first contact. */
export type UnitSelf = Pick<UnitView, 'identity' | 'description'>;

type SelfColumns = Pick<UnitsTable, 'id' | 'identity' | 'description'>;

interface Parsed {
  readonly identityText: string | null;
  readonly descriptionText: string | null;
  readonly self: UnitSelf;
}

const MAX_PARSED = 5_000;

/**
 * Parses what units report about themselves. Parsing a description takes longer than
 * everything else that a command costs the hub, and it hardly ever changes: so the parsed form
 * is cached with its text.
 */
export class UnitMapper {
  readonly #parsed = new LruCache<UnitId, Parsed>(MAX_PARSED);

  self({ id, identity, description }: SelfColumns): UnitSelf {
    const known = this.#parsed.get(id);
    if (known?.identityText === identity && known.descriptionText === description) {
      return known.self;
    }
    const self = { identity: identityFrom(identity), description: descriptionFrom(description) };
    this.#parsed.set(id, { identityText: identity, descriptionText: description, self });
    return self;
  }
}

/** Null also if it cannot be read: the unit reports it again at its next contact. */
export function identityFrom(text: string | null): UnitIdentity | null {
  return text === null ? null : jsonColumnOr(Identity, text, null);
}

function descriptionFrom(text: string | null): UnitView['description'] {
  return text === null ? null : jsonColumnOr(ThingDescription, text, null);
}
