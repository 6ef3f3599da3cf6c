/**
 * A password as it is compared: RFC 8265 section 4.2 (OpaqueString). The same
 * phrase typed on another system may come as other code points: a letter with
 * its accent as one or as two, a space as one of many. Case and width stay, and
 * so does what the RFC forbids, since there are passwords that have it.
 */
export function opaqueString(password: string): string {
  return password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC');
}

/** Other forms in which it may have been hashed before passwords were normalised. */
export function earlierForms(password: string): readonly string[] {
  const normal = opaqueString(password);
  return [...new Set([password, password.normalize('NFD')])].filter((form) => form !== normal);
}
