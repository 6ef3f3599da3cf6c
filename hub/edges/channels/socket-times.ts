import { LIMITS } from '#protocol/limits.ts';

/** Detects a connection whose peer is silent without having closed it. */
export interface SocketTimes {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** How long a base may take to acknowledge an entry of its log. */
  readonly ackTimeoutMs: number;
  /** How long a connection may take to authenticate. */
  readonly connectTimeoutMs: number;
}

/** A base that falls silent is found after 15 s + 10 s, and offline 4 s later: within 30 s. */
export const DEFAULT_SOCKET_TIMES: SocketTimes = {
  pingIntervalMs: 15_000,
  pingTimeoutMs: 10_000,
  ackTimeoutMs: LIMITS.baseAckTimeoutMs,
  connectTimeoutMs: 10_000,
};
