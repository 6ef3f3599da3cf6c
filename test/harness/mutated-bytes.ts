import fc from 'fast-check';

/** One corruption of bytes. */
export type Edit = (bytes: number[]) => void;

/** Another bit, a byte less, one more, a part twice, or the rest gone. */
export const edit: fc.Arbitrary<Edit> = fc
  .tuple(fc.constantFrom('flip', 'drop', 'insert', 'double', 'cut'), fc.nat(), fc.nat(255))
  .map(([kind, where, byte]): Edit => (bytes) => {
    const at = bytes.length === 0 ? 0 : where % bytes.length;
    switch (kind) {
      case 'flip':
        bytes[at] = ((bytes[at] ?? 0) ^ (1 << (byte % 8))) & 0xff;
        return;
      case 'drop':
        bytes.splice(at, 1);
        return;
      case 'insert':
        bytes.splice(at, 0, byte);
        return;
      case 'double':
        bytes.splice(at, 0, ...bytes.slice(at, at + 16));
        return;
      case 'cut':
        bytes.length = at;
        return;
      default:
        kind satisfies never;
    }
  });

/** A copy with all of the edits, one after the other. */
export function edited(original: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const bytes = [...original];
  for (const change of edits) change(bytes);
  return Uint8Array.from(bytes);
}

/** One of the originals, with some things wrong. */
export function mutated(...originals: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([original, edits]) => edited(original, edits));
}

/** The same bytes in chunks of one size, the last of which may be shorter. */
export function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
  return chunks;
}
