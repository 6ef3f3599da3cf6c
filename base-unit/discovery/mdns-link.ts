/** A record of DNS-SD over multicast DNS (RFC 6762, RFC 6763), as far as units need it. */
export type MdnsRecord =
  | { readonly type: 'PTR'; readonly name: string; readonly ttlS: number; readonly target: string }
  | {
      readonly type: 'SRV';
      readonly name: string;
      readonly ttlS: number;
      readonly target: string;
      readonly port: number;
    }
  | {
      readonly type: 'TXT';
      readonly name: string;
      readonly ttlS: number;
      readonly entries: Readonly<Record<string, string>>;
    }
  | { readonly type: 'A'; readonly name: string; readonly ttlS: number; readonly ip: string };

export interface MdnsQuestion {
  readonly name: string;
  readonly type: MdnsRecord['type'];
}

/** @param sender the IP address of the packet. */
export type MdnsListener = (records: readonly MdnsRecord[], sender: string) => void;

/** The multicast group, as the base sees it. */
export interface MdnsLink {
  /** One listener at most. */
  readonly listen: (onRecords: MdnsListener) => void;
  readonly query: (questions: readonly MdnsQuestion[]) => void;
  /** May be called twice. */
  readonly close: () => Promise<void>;
}

export const SERVICE = '_signalbox._tcp.local';
