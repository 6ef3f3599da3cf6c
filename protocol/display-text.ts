import { z } from 'zod';

/**
 * What does not show, or changes how the text beside it shows: control and format characters
 * (bidirectional ones, zero-width ones, soft hyphens, tags), line and paragraph separators,
 * lone surrogates, blanks that count as letters, variation selectors except that of emoji,
 * and more marks on one letter than any language puts there. A zero-width joiner is part
 * of the text only between two pictures, which it makes one of.
 */
const HIDDEN =
  /(?!\u200d)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u3164\ufe00-\ufe0e\uffa0\u{e0100}-\u{e01ef}]|(?<!\p{Extended_Pictographic}\ufe0f?\p{Emoji_Modifier}?)\u200d|\u200d(?!\p{Extended_Pictographic})|(?<=\p{M}{4})\p{M}/gu;

/** Whether all of a text can be seen for what it is. */
export function isPlainToSee(text: string): boolean {
  return text.search(HIDDEN) === -1;
}

/** The text with a mark in place of each character that would not show; in one normal form. */
export function visibleText(text: string): string {
  return text.normalize('NFC').replace(HIDDEN, '\ufffd');
}

/** A name or another text that a person gives to something, and that others are shown. */
export const DisplayText = (maxChars: number) =>
  z
    .string()
    .overwrite((text) => text.normalize('NFC').trim())
    .max(maxChars)
    .refine(isPlainToSee, 'must not contain invisible characters');

/**
 * A text that a device or a program says of itself. It is not refused for its looks, since with
 * it everything else would be that it says: what would not show is marked.
 */
export const ReportedText = (maxChars: number) =>
  z.string().max(maxChars).overwrite(visibleText).max(maxChars);
