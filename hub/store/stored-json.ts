import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import type { Json } from '#protocol/json.ts';

/** JSON.parse returns nothing else, and the value was checked before it was stored. */
const Parsed = z.custom<Json>();

/**
 * A value that is stored as JSON and parsed on demand: one that can no longer be read (a
 * damaged file) must not keep its record from being handled.
 */
export class StoredJson {
  readonly #text: string;
  #parsed: { readonly value: Json } | undefined;

  private constructor(text: string, parsed?: { readonly value: Json }) {
    this.#text = text;
    this.#parsed = parsed;
  }

  static of(value: Json): StoredJson {
    return new StoredJson(JSON.stringify(value), { value });
  }

  static fromColumn(text: string | null): StoredJson | null {
    return text === null ? null : new StoredJson(text);
  }

  toColumn(): string {
    return this.#text;
  }

  /** Its size on a wire. */
  get bytes(): number {
    return Buffer.byteLength(this.#text);
  }

  /** @throws AppError `internal` if it cannot be read */
  get value(): Json {
    try {
      this.#parsed ??= { value: Parsed.parse(JSON.parse(this.#text)) };
    } catch (error) {
      throw new AppError('internal', { cause: error });
    }
    return this.#parsed.value;
  }

  /** The value, or a fallback if it cannot be read. */
  or(fallback: Json): Json {
    try {
      return this.value;
    } catch {
      return fallback;
    }
  }
}
