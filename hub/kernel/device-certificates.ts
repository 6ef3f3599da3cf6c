/** A certificate with which a device will prove who it is. */
export interface CertificateRequest {
  /** Its subject. */
  readonly commonName: string;
  /** PKCS #10 as PEM, signed with the key; undefined: a key is made. */
  readonly csr: string | undefined;
  readonly validDays: number;
}

export type CertificateIssue =
  | {
      readonly ok: true;
      /** PEM. */
      readonly certificate: string;
      /** PEM, kept by nobody else; undefined: the device has its own. */
      readonly privateKey: string | undefined;
      /** SHA-256 of the certificate, as 64 hexadecimal digits in lower case. */
      readonly fingerprint: string;
      readonly expiresAtMs: number;
    }
  | {
      readonly ok: false;
      /** The request cannot be read, is not signed with its key, or has a key that is not accepted. */
      readonly reason: 'unreadable' | 'signature' | 'key';
    };

/** The hub's certificate authority, as far as devices need it. */
export interface DeviceCertificates {
  readonly issue: (request: CertificateRequest) => Promise<CertificateIssue>;
}
