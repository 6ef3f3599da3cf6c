const PLAIN = /^[\w@%+=:,./-]+$/;

/** One argument as a POSIX shell reads it back. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
