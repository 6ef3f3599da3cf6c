import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import {
  type Address,
  isInNetwork,
  type Network,
  parseAddress,
  parseNetwork,
} from '#protocol/network.ts';

/** Proxies behind each other; whoever has more of them is known by the last that is looked at. */
const MAX_NODES = 16;

/** Who sent a request, as far as the hub can know. */
export interface RequestClient {
  readonly address: string;
  /** The client's own connection is encrypted: to this hub, or to the proxy in front of it. */
  readonly isSecure: boolean;
}

/** What is needed of a request. */
export type ClientRequest = Pick<IncomingMessage, 'headers' | 'socket'>;

/**
 * Networks of reverse proxies, and the one place that decides by them who a client is: for
 * HTTP, for sockets, for every limit and every line of the log. The headers of anybody else
 * are ignored, since anyone can write them.
 */
export class TrustedProxies {
  readonly #networks: readonly Network[];
  /** An address is gone with its connection. */
  readonly #clients = new WeakMap<ClientRequest, RequestClient>();

  /** @param networks as `parseNetwork` reads them. */
  constructor(networks: readonly string[]) {
    this.#networks = networks.flatMap((text) => parseNetwork(text) ?? []);
  }

  includes(address: string): boolean {
    const host = parseAddress(address);
    return host !== undefined && this.#trusts(host);
  }

  clientOf(request: ClientRequest): RequestClient {
    const known = this.#clients.get(request);
    if (known) return known;
    const { headers, socket } = request;
    const peer = socket.remoteAddress ?? '';
    const client = this.decide({ peer, isTls: socket instanceof TLSSocket, headers });
    this.#clients.set(request, client);
    return client;
  }

  decide(from: {
    readonly peer: string;
    readonly isTls: boolean;
    readonly headers: IncomingHttpHeaders;
  }): RequestClient {
    const peer = parseAddress(from.peer);
    if (!peer || !this.#trusts(peer)) {
      return { address: peer?.text ?? from.peer, isSecure: from.isTls };
    }
    const said = saidBy(from.headers);
    let client = peer;
    for (const node of said.nodes) {
      if (!node) break;
      client = node;
      if (!this.#trusts(node)) break;
    }
    return { address: client.text, isSecure: said.isSecure ?? from.isTls };
  }

  #trusts(address: Address): boolean {
    return this.#networks.some((network) => isInNetwork(address, network));
  }
}

interface Said {
  /** Nearest first; undefined: unreadable, as `unknown` is. */
  readonly nodes: Iterable<Address | undefined>;
  readonly isSecure: boolean | undefined;
}

/**
 * `X-Forwarded-For`, or where there is none, `Forwarded` (RFC 7239). A proxy adds to one of them
 * and hands the other on as the client wrote it: see docs/exposure.md.
 */
function saidBy(headers: IncomingHttpHeaders): Said {
  const list = textOf(headers['x-forwarded-for']);
  const forwarded = list === '' ? textOf(headers.forwarded) : '';
  const proto = lastOf(textOf(headers['x-forwarded-proto'])) ?? pairOf(lastOf(forwarded), 'proto');
  return {
    nodes:
      list === ''
        ? nodesOf(forwarded, (node) => pairOf(node, 'for'))
        : nodesOf(list, (node) => node),
    isSecure: proto === undefined ? undefined : proto.toLowerCase() === 'https',
  };
}

function* nodesOf(
  list: string,
  nodeIn: (node: string) => string | undefined,
): Generator<Address | undefined> {
  let end = list.length;
  for (let nodes = 0; end > 0 && nodes < MAX_NODES; nodes += 1) {
    const comma = list.lastIndexOf(',', end - 1);
    yield nodeOf(nodeIn(list.slice(comma + 1, end).trim()) ?? '');
    end = comma;
  }
}

/** An address, perhaps with a port: `192.0.2.1:80`, `[2001:db8::1]:80`, `2001:db8::1`. */
function nodeOf(node: string): Address | undefined {
  const [, bracketed, plain] =
    /^(?:\[([0-9a-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/i.exec(node) ?? [];
  return parseAddress(bracketed ?? plain ?? node);
}

/** Of `for="[2001:db8::1]:80";proto=https` the value of one. */
function pairOf(node: string | undefined, name: string): string | undefined {
  for (const pair of node?.split(';') ?? []) {
    const [key = '', value = ''] = pair.split('=', 2);
    if (key.trim().toLowerCase() === name) return value.trim().replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}

function lastOf(list: string): string | undefined {
  const last = list.slice(list.lastIndexOf(',') + 1).trim();
  return last === '' ? undefined : last;
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '');
}
