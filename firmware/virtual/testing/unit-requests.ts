import { create } from '@bufbuild/protobuf';
import { InvokeSchema, SubscribeSchema, WriteSchema } from '#protocol/unit-link/unit_link_pb.ts';
import type { wireBoolean } from '../wire-value.ts';
import type { TestPeer } from './test-peer.ts';

/** Requests of a base, by name. */
export const write = (pid: number, value: ReturnType<typeof wireBoolean>, more = {}) =>
  ({ case: 'write', value: create(WriteSchema, { pid, value, ...more }) }) as const;
export const subscribe = (pid: number, minIntervalMs: number, maxIntervalMs = 0) =>
  ({
    case: 'subscribe',
    value: create(SubscribeSchema, { pid, minIntervalMs, maxIntervalMs }),
  }) as const;
export const invoke = (pid: number, args: ReturnType<typeof wireBoolean>[], commandId = 0n) =>
  ({
    case: 'invoke',
    value: create(InvokeSchema, { pid, arguments: args, tag: { commandId, ttlMs: 1_000 } }),
  }) as const;
/** What a peer was reported, in order. */
export const reportsOf = (peer: TestPeer) =>
  peer.received.flatMap(({ body }) => (body.case === 'report' ? [body.value] : []));
