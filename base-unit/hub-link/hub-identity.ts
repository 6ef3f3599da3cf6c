import { X509Certificate } from 'node:crypto';
import { type ConnectionOptions, type TLSSocket, checkServerIdentity } from 'node:tls';
import { parseHost } from '#protocol/host.ts';
import { AppError } from '#protocol/errors.ts';

export interface HubIdentityDeps {
  /** Origin of the hub. */
  readonly origin: string;
  /** PEM of the one CA that is trusted. */
  readonly ca: string;
  /** The hub's clock; undefined while it is not known. */
  readonly hubNowMs?: () => number | undefined;
}

/** OpenSSL's names for a certificate that is good at another time. */
const DATE_ERRORS: readonly string[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];
const NAME_ERROR = 'ERR_TLS_CERT_ALTNAME_INVALID';
/** From the server's own certificate to the CA. */
const MAX_CHAIN = 5;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/**
 * Verifies that a server is the hub that this base was paired with
 * (docs/decisions/0017): its certificate must lead to the pinned CA and contain the
 * dialled name. Its dates are checked by the hub's clock, once that is known, since a
 * base without a battery does not know the time before a hub sends it.
 */
export class HubIdentity {
  readonly #deps: HubIdentityDeps;
  readonly #host: string;
  readonly #ca: X509Certificate;
  #leaf: X509Certificate | undefined;
  #refusal: AppError | undefined;

  constructor(deps: HubIdentityDeps) {
    this.#deps = deps;
    this.#host = new URL(deps.origin).hostname.replace(/^\[|\]$/g, '');
    this.#ca = new X509Certificate(deps.ca);
  }

  /** For a dial that is verified by {@link check}, each time. */
  get options(): Required<Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>> {
    return { ca: this.#deps.ca, rejectUnauthorized: false };
  }

  /** Why the last verified server was refused; undefined: it was not. */
  get refusal(): AppError | undefined {
    return this.#refusal;
  }

  /** @throws AppError `hub_not_trusted`, `hub_name_missing`, `hub_certificate_expired` */
  check(socket: TLSSocket): void {
    this.#refusal = this.#refusalOf(socket);
    if (this.#refusal) throw this.#refusal;
  }

  /** As {@link check}, of the server that answered last; once the hub's clock is known. */
  checkDates(): void {
    this.#refusal = this.#leaf && this.#refusalByDates(this.#leaf);
    if (this.#refusal) throw this.#refusal;
  }

  #refusalOf(socket: TLSSocket): AppError | undefined {
    const leaf = socket.getPeerX509Certificate();
    this.#leaf = leaf;
    if (socket.authorized) return undefined;
    // Typed as an Error, and the code of one in fact.
    const reason = String(socket.authorizationError);
    if (!leaf) return new AppError('hub_not_trusted', { details: { reason } });
    if (reason.includes(NAME_ERROR)) return this.#nameMissing(leaf);
    const isDate = DATE_ERRORS.some((code) => reason.includes(code));
    // OpenSSL reports one error of several: besides the date, the CA may be wrong.
    if (!isDate || !leadsTo(this.#ca, leaf)) {
      return new AppError('hub_not_trusted', { details: { reason } });
    }
    if (checkServerIdentity(this.#host, leaf.toLegacyObject())) return this.#nameMissing(leaf);
    return this.#refusalByDates(leaf);
  }

  #refusalByDates(leaf: X509Certificate): AppError | undefined {
    const nowMs = this.#deps.hubNowMs?.();
    const { validFrom, validTo } = leaf;
    if (nowMs === undefined) return undefined;
    return nowMs < Date.parse(validFrom) || nowMs > Date.parse(validTo)
      ? new AppError('hub_certificate_expired', { details: { validFrom, validTo } })
      : undefined;
  }

  #nameMissing(leaf: X509Certificate): AppError {
    const names = (leaf.subjectAltName ?? '')
      .split(', ')
      .map((entry) => entry.replace(/^(?:DNS|IP Address):/, ''))
      // OpenSSL writes out each group of an IPv6 address.
      .map((name) => parseHost(name)?.text ?? name)
      .join(', ');
    return new AppError('hub_name_missing', {
      details: { host: this.#host, names: names.slice(0, 500) },
    });
  }
}

/** Each is issued by the next, all but the first may issue, and the last is issued by the CA. */
function leadsTo(ca: X509Certificate, leaf: X509Certificate): boolean {
  // Node's name for what RFC 5280 calls the extended key usage.
  const { keyUsage } = leaf;
  if (Array.isArray(keyUsage) && !keyUsage.includes(SERVER_AUTH)) return false;
  let at = leaf;
  for (let depth = 0; depth < MAX_CHAIN; depth += 1) {
    if (isIssuedBy(at, ca)) return true;
    const next = at.issuerCertificate;
    if (!next?.ca || !isIssuedBy(at, next)) return false;
    at = next;
  }
  return false;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
