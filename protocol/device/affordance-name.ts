import { LIMITS } from '../limits.ts';

const NO_NAME = 'value';

/** A name as affordances have it, from whatever a device calls it: letters and digits, the first one small. */
export function affordanceName(text: string): string {
  const words = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => (word === word.toUpperCase() ? word.toLowerCase() : word));
  const name = words
    .map((word, index) =>
      index === 0
        ? word.charAt(0).toLowerCase() + word.slice(1)
        : word.charAt(0).toUpperCase() + word.slice(1),
    )
    .join('')
    .replace(/^\d+/, '');
  const first = name.charAt(0).toLowerCase() + name.slice(1);
  return (first === '' ? NO_NAME : first).slice(0, LIMITS.unitLink.nameChars);
}

/** The same with a number, where others have the name already. */
export function freeName(wanted: string, isUsed: (name: string) => boolean): string {
  if (!isUsed(wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    const end = String(number);
    const name = wanted.slice(0, LIMITS.unitLink.nameChars - end.length) + end;
    if (!isUsed(name)) return name;
  }
}
