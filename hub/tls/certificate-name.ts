import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { addressKindOf, parseHost } from '#protocol/host.ts';

/**
 * A name or address for the certificate, in its one spelling: what some
 * program might read as another address is none (`127.1`, `999.1.1.1`).
 * A name may begin with `*.`, and may be an international one.
 */
export const CertificateName = z.string().transform((text, context) => {
  const [, star = '', rest = ''] = /^(\*\.)?(.*)$/.exec(text.trim().toLowerCase()) ?? [];
  const host = parseHost(/[^\p{ASCII}]/u.test(rest) ? domainToASCII(rest) : rest);
  const isUsable =
    host && (host.kind === 'name' || (star === '' && addressKindOf(host) !== 'unusable'));
  if (isUsable) return star + host.text;
  context.addIssue({ code: 'custom', message: `"${text}" is no name and no address of a machine` });
  return z.NEVER;
});
