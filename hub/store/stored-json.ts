import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import type { Json } from '#protocol/json.ts';

/** What JSON.parse makes is nothing else, and was looked at before it was stored. */
const Parsed = z.custom<Json>();

/**
 * A value that is kept as JSON, and parsed when it is wanted: what cannot be read any more
 * (a damaged file) must not keep the record that it belongs to from being handled.
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

  /** What it takes on a wire. */
  get bytes(): number {
    return Buffer.byteLength(this.#text);
  }

  /** @throws AppError `internal` where it cannot be read. */
  get value(): Json {
    try {
      this.#parsed ??= { value: Parsed.parse(JSON.parse(this.#text)) };
    } catch (error) {
      throw new AppError('internal', { cause: error });
    }
    return this.#parsed.value;
  }

  /** The value, or something else where it cannot be read. */
  or(fallback: Json): Json {
    try {
      return this.value;
    } catch {
      return fallback;
    }
  }
}
