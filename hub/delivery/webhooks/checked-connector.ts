import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import { parseAddress } from '#protocol/network.ts';
import type { TargetPolicy, TargetRefusal } from '../../domain/webhooks/target-policy.ts';

/** The hub does not connect there. */
export class TargetRefused extends Error {
  readonly reason: TargetRefusal;

  constructor(reason: TargetRefusal) {
    super(`address refused: ${reason}`);
    this.name = 'TargetRefused';
    this.reason = reason;
  }
}

export interface ConnectorOptions {
  readonly policy: Pick<TargetPolicy, 'checkHost' | 'isAllowed'>;
  readonly timeoutMs: number;
  /** Further certificate authorities, as PEM; default: those of Node. */
  readonly ca?: string | undefined;
}

/**
 * Connects to checked addresses only. The name is looked up here, every one of its addresses is
 * checked, and the socket gets the address and not the name: a name that changes its addresses
 * between the check and the connection gains nothing.
 */
export function checkedConnector(options: ConnectorOptions): buildConnector.connector {
  const { policy, timeoutMs, ca } = options;
  const connect = buildConnector({ timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) });

  const connectTo = async (
    target: buildConnector.Options,
    callback: buildConnector.Callback,
  ): Promise<void> => {
    const isSecure = target.protocol === 'https:';
    const { hostname } = target;
    const verdict = await policy.checkHost({
      hostname,
      port: target.port === '' ? null : Number(target.port),
      isSecure,
    });
    if (!verdict.ok) {
      callback(new TargetRefused(verdict.reason), null);
      return;
    }
    // The first that answers, of few.
    const [address, ...others] = verdict.addresses.slice(0, MAX_ADDRESSES);
    const to = (text: string, failed: (error: Error) => void): void => {
      connect(
        { ...target, hostname: text, ...(isSecure ? { servername: nameOf(hostname) } : {}) },
        (...[error, socket]) => {
          if (error) {
            failed(error);
          } else if (isWhere(socket, policy)) {
            callback(null, socket);
          } else {
            socket.destroy();
            callback(new TargetRefused('address'), null);
          }
        },
      );
    };
    const next = (rest: readonly { readonly text: string }[], error: Error): void => {
      const [first, ...more] = rest;
      if (first) to(first.text, (reason) => next(more, reason));
      else callback(error, null);
    };
    if (address) to(address.text, (error) => next(others, error));
  };

  return (target, callback) => {
    connectTo(target, callback).catch((error: unknown) => {
      callback(error instanceof Error ? error : new Error(String(error)), null);
    });
  };
}

/** A machine has one address of each kind that matters, or some that are equal. */
const MAX_ADDRESSES = 4;

/** What its certificate has to bear; an address is no server name. */
function nameOf(hostname: string): string {
  return parseAddress(hostname.replaceAll(/^\[|\]$/g, '')) ? '' : hostname;
}

/** Whether it has really come where it should. */
function isWhere(socket: Socket | TLSSocket, policy: Pick<TargetPolicy, 'isAllowed'>): boolean {
  const address = parseAddress(socket.remoteAddress ?? '');
  return address !== undefined && policy.isAllowed(address);
}
