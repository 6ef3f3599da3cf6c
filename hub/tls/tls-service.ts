import { X509Certificate, createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { caFingerprintOf } from '#protocol/hub-link/claim-code.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { type KeyPair, fingerprintOf, renewalReason } from './certificates.ts';
import { parseHost } from '#protocol/host.ts';
import type { ServerNames } from './names.ts';
import type { ClientCertificate, ClientCertificateRequest } from './client-certificates.ts';
import { type OwnCertificate, readOwnCertificate } from './own-certificate.ts';
import { readIfThere, writePrivateFile } from '#platform/files/private-file.ts';

/**
 * An address that the machine has got since is in the certificate within this,
 * and one that is over since somebody set the clock is replaced.
 */
const CHECK_EVERY_MS = 60_000;
/** Names under which the hub is requested in vain; each is logged once, and no more than these. */
const MAX_MISSING_NAMES = 20;
const MAX_HOST_CHARS = 253;

/** Ciphers that authenticate what they encrypt; of TLS 1.2 none in CBC mode, none without ECDHE. */
const CIPHERS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} as const satisfies SecureContextOptions;

export interface TlsServiceDeps {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Asked again at each check, since addresses come and go. */
  readonly names: () => ServerNames;
  readonly own?: OwnCertificate | undefined;
}

/**
 * What hubs on one database have in common, as text: what was kept first, or what is made.
 * Bases pin the CA of the hub that they pair with, and connect to any of them.
 */
export type ShareAuthority = (make: () => Promise<string>) => Promise<string>;

const SharedPair = z.object({ certificate: z.string(), privateKey: z.string() });

/** The certificates in force. */
export interface TlsState {
  readonly secureContext: SecureContextOptions & { readonly cert: string; readonly key: string };
  readonly caPem: string;
  /** What a claim code carries of it. */
  readonly caFingerprint: string;
}

type Loaded =
  | { readonly ok: true; readonly state: TlsState }
  | { readonly ok: false; readonly message: string };

/** Ready, or what is wrong with the user's own files, in one sentence. */
export type TlsStart = { readonly ok: true } | { readonly ok: false; readonly message: string };

/**
 * The hub's certificates: from the automatic local CA, or the user's own
 * files. Looks at them at start and every minute, and
 * hands out new ones when the machine has other names, or it is not their time.
 */
export class TlsService {
  readonly #deps: TlsServiceDeps;
  #state: TlsState | undefined;
  #shared: KeyPair | undefined;
  #share: ShareAuthority | undefined;
  #clientAuthority: Promise<KeyPair> | undefined;
  #cancelTimer: CancelTimer | undefined;
  #isChecking = false;
  #failure: string | undefined;
  readonly #missingNames = new Set<string>();
  readonly #renewed: ((context: TlsState['secureContext']) => void)[] = [];

  constructor(deps: TlsServiceDeps) {
    this.#deps = deps;
  }

  get state(): TlsState {
    if (!this.#state) throw new AppError('not_ready');
    return this.#state;
  }

  /** Called with each context that replaces the one before. */
  onRenewed(listener: (context: TlsState['secureContext']) => void): void {
    this.#renewed.push(listener);
  }

  /** @param share undefined where there is no other hub: the CA is kept in the folder. */
  async start(share?: ShareAuthority): Promise<TlsStart> {
    this.#share = share;
    if (share && !this.#deps.own) this.#shared = await this.#sharedAuthority(share);
    const loaded = await this.#load();
    if (!loaded.ok) return loaded;
    this.#state = loaded.state;
    this.#scheduleCheck();
    return { ok: true };
  }

  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Looks whether other certificates are due, and hands them out. */
  async check(): Promise<void> {
    const before = this.state;
    const loaded = await this.#load();
    if (!loaded.ok) {
      // Once, though it is looked at every minute.
      if (loaded.message !== this.#failure) {
        this.#deps.log.error({ reason: loaded.message }, 'certificate check failed');
      }
      this.#failure = loaded.message;
      return;
    }
    this.#failure = undefined;
    this.#state = loaded.state;
    if (this.#state.secureContext.cert !== before.secureContext.cert) {
      for (const renewed of this.#renewed) renewed(this.#state.secureContext);
    }
  }

  /** Signed by the local CA, also where the hub itself has a certificate of another. */
  async issueToClient(request: ClientCertificateRequest): Promise<ClientCertificate> {
    this.#clientAuthority ??= this.#localAuthority();
    const authority = await this.#clientAuthority.catch((error: unknown) => {
      // The next one tries again.
      this.#clientAuthority = undefined;
      throw error;
    });
    const { makeClientCertificate } = await import('./client-certificates.ts');
    return await makeClientCertificate(authority, request, this.#deps.clock.nowMs());
  }

  /** Somebody set the clock: what was good a moment ago may be over, or not good yet. */
  clockSet(): void {
    void this.#checkAlone();
  }

  /** A client used this name or address for the hub: logs it if the certificate lacks it. */
  requestedAs(host: string): void {
    const names = this.#missingNames;
    if (host.length > MAX_HOST_CHARS || names.size >= MAX_MISSING_NAMES || names.has(host)) return;
    const certificate = new X509Certificate(this.state.secureContext.cert);
    const isThere =
      isIP(host) === 0
        ? certificate.checkHost(host) !== undefined
        : certificate.checkIP(host) !== undefined;
    if (isThere) return;
    names.add(host);
    this.#deps.log.warn(
      {
        event: 'name_missing',
        host,
        ...(this.#deps.own ? {} : { remedy: `--tls-names ${host}` }),
      },
      'name missing in certificate',
    );
  }

  /** Names and addresses that the certificate bears. */
  get names(): readonly string[] {
    const { subjectAltName = '' } = new X509Certificate(this.state.secureContext.cert);
    return (
      subjectAltName
        .split(', ')
        .flatMap((entry) => /^(?:DNS|IP Address):(.*)$/.exec(entry)?.[1] ?? [])
        // OpenSSL writes out each group of an IPv6 address.
        .map((name) => parseHost(name)?.text ?? name)
    );
  }

  #scheduleCheck(): void {
    this.#cancelTimer = this.#deps.clock.after(CHECK_EVERY_MS, () => {
      void this.#checkAlone();
      this.#scheduleCheck();
    });
  }

  /** A disk that is slow does not make them more. */
  async #checkAlone(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    try {
      await this.check();
    } catch (error) {
      this.#deps.log.error({ err: error }, 'certificate check failed');
    } finally {
      this.#isChecking = false;
    }
  }

  async #load(): Promise<Loaded> {
    const { own } = this.#deps;
    return own ? await loadOwn(own) : { ok: true, state: await this.#loadLocal() };
  }

  async #loadLocal(): Promise<TlsState> {
    const { folder, clock, log, names } = this.#deps;
    const nowMs = clock.nowMs();
    const authority = this.#shared ?? (await this.#authority());
    const wanted = { authorityPem: authority.certificate, names: names(), nowMs };
    const stored = await readPair(join(folder, 'server'));
    const reason = stored ? renewalReason(stored.certificate, wanted) : 'none_yet';
    let server = stored;
    if (!server || reason !== undefined) {
      const { makeServerCertificate } = await certificateMaker();
      server = await makeServerCertificate(authority, wanted.names, nowMs);
      await writePair(join(folder, 'server'), server);
      log.info({ reason, names: wanted.names }, 'server certificate issued');
    }
    return {
      secureContext: {
        // The CA goes along, so that a base can check its fingerprint.
        cert: `${server.certificate}\n${authority.certificate}\n`,
        key: server.privateKey,
        ...CIPHERS,
      },
      caPem: authority.certificate,
      caFingerprint: caFingerprintOf(await fingerprintOf(authority.certificate)),
    };
  }

  /** A CA that is in the folder already is the one that bases have pinned. */
  async #sharedAuthority(share: ShareAuthority): Promise<KeyPair> {
    const kept = await share(async () => JSON.stringify(await this.#authority()));
    return SharedPair.parse(JSON.parse(kept));
  }

  async #localAuthority(): Promise<KeyPair> {
    if (this.#shared) return this.#shared;
    return this.#share ? await this.#sharedAuthority(this.#share) : await this.#authority();
  }

  async #authority(): Promise<KeyPair> {
    const path = join(this.#deps.folder, 'ca');
    const stored = await readPair(path);
    if (stored) return stored;
    if ((await readIfThere(`${path}.pem`)) !== undefined) {
      // Every base has pinned this CA: making another one is no way out.
      throw new AppError('internal', { details: { reason: `${path}.key does not fit ca.pem` } });
    }
    const { makeAuthority } = await certificateMaker();
    const made = await makeAuthority('Signalbox local CA');
    await writePair(path, made);
    this.#deps.log.info({ folder: this.#deps.folder }, 'local certificate authority created');
    return made;
  }
}

async function loadOwn(own: OwnCertificate): Promise<Loaded> {
  const files = await readOwnCertificate(own);
  if (!files.ok) return files;
  const { chain, key, caPem } = files;
  return {
    ok: true,
    state: {
      secureContext: { cert: chain, key, ...CIPHERS },
      caPem,
      caFingerprint: caFingerprintOf(await fingerprintOf(caPem)),
    },
  };
}

async function readPair(path: string): Promise<KeyPair | undefined> {
  const certificate = await readIfThere(`${path}.pem`);
  const privateKey = await readIfThere(`${path}.key`);
  if (certificate === undefined || privateKey === undefined) return undefined;
  // A crash between the two files leaves a key that belongs to another certificate.
  const fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
  return fits ? { certificate, privateKey } : undefined;
}

async function writePair(path: string, pair: KeyPair): Promise<void> {
  await writePrivateFile(`${path}.key`, pair.privateKey);
  await writePrivateFile(`${path}.pem`, pair.certificate);
}

/** Loaded when a certificate is made: loading takes an eighth of a start, and few starts make one. */
function certificateMaker() {
  return import('./make-certificates.ts');
}
