import { z } from 'zod';

/**
 * Characters that are invisible or change how the text around them looks: control and
 * format characters (bidirectional ones, zero-width ones, soft hyphens, tags), line and
 * paragraph separators, lone surrogates, blanks that count as letters, variation
 * selectors except that of emoji, and more marks on one letter than any language uses.
 * A zero-width joiner is allowed only between two pictures that it joins.
 */
const HIDDEN =
  /(?!\u200d)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u3164\ufe00-\ufe0e\uffa0\u{e0100}-\u{e01ef}]|(?<!\p{Extended_Pictographic}\ufe0f?\p{Emoji_Modifier}?)\u200d|\u200d(?!\p{Extended_Pictographic})|(?<=\p{M}{4})\p{M}/gu;

/** Whether every character of a text is visible as what it is. */
function isPlainToSee(text: string): boolean {
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
 * A text that a device or program reports about itself. It is not refused because of
 * invisible characters, since that would drop the rest of the report: they are marked
 * instead.
 */
export const ReportedText = (maxChars: number) =>
  z.string().max(maxChars).overwrite(visibleText).max(maxChars);
