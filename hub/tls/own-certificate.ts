import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { splitChain } from './certificates.ts';

/** Certificate and key files of the user's own. */
export interface OwnCertificate {
  /** PEM: the server's certificate, then the chain up to the CA. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** PEM of the CA that bases shall pin; default: the last of the chain. */
  readonly caFile?: string | undefined;
}

export type OwnFiles =
  | { readonly ok: true; readonly chain: string; readonly key: string; readonly caPem: string }
  | { readonly ok: false; readonly message: string };

/** Reads the user's files; what is wrong with them is an answer in one sentence. */
export async function readOwnCertificate(own: OwnCertificate): Promise<OwnFiles> {
  const { certificateFile, keyFile, caFile } = own;
  const chain = await readText(certificateFile);
  if (chain === undefined) return cannotRead(certificateFile, '--tls-cert');
  const key = await readText(keyFile);
  if (key === undefined) return cannotRead(keyFile, '--tls-key');
  const ca = caFile === undefined ? chain : await readText(caFile);
  if (ca === undefined) return cannotRead(caFile ?? '', '--tls-ca');

  const server = certificateOf(splitChain(chain).at(0));
  if (!server) return wrong(`${certificateFile} (--tls-cert) holds no certificate.`);
  if (!isKeyOf(key, server)) {
    return wrong(
      `${keyFile} (--tls-key) is not the private key of the first certificate in ${certificateFile}.`,
    );
  }
  const authority = certificateOf(splitChain(ca).at(-1));
  const source = caFile ?? certificateFile;
  if (!authority) return wrong(`${source} (--tls-ca) holds no certificate.`);
  if (!isSelfIssued(authority)) {
    const issuer = authority.issuer.replaceAll('\n', ', ');
    return wrong(
      `The last certificate in ${source} is not that of a root CA, which bases have to pin: name the file of the CA "${issuer}" with --tls-ca.`,
    );
  }
  return { ok: true, chain, key, caPem: authority.toString() };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

function certificateOf(pem: string | undefined): X509Certificate | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function isKeyOf(keyPem: string, certificate: X509Certificate): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}

/** TLS clients accept only such a certificate as the end of a chain. */
function isSelfIssued(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}

function cannotRead(path: string, flag: string): OwnFiles {
  return wrong(`The file ${path} (${flag}) cannot be read.`);
}

function wrong(message: string): OwnFiles {
  return { ok: false, message };
}
