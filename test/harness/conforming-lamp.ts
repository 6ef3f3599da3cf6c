import { create } from '@bufbuild/protobuf';
import { expect } from 'vitest';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import {
  type Affordance,
  type CommandTag,
  DescribeSchema,
  InvokeSchema,
  ReadSchema,
  type Report,
  type Result,
  SubscribeSchema,
  type UnitHello,
  type Value,
  ValueSchema,
  WriteSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { UnitPeer } from './unit-peer.ts';

export type Body = NonNullable<EnvelopeBody>;

/** A lamp that listens on a port, as an implementation provides it. */
export interface ConformingLamp {
  /** A connection to it that has sent nothing. */
  readonly connect: () => UnitPeer;
  readonly isEncrypted: boolean;
  /**
   * A signed firmware file for it, and one of a maker that it does not trust; absent: it
   * accepts no updates.
   */
  readonly firmware?: { readonly trusted: Uint8Array; readonly untrusted: Uint8Array };
}

export const boolean = (value: boolean): Value =>
  create(ValueSchema, { kind: { case: 'boolean', value } });
export const integer = (value: number): Value =>
  create(ValueSchema, { kind: { case: 'integer', value: BigInt(value) } });
export const color = (value: number): Value =>
  create(ValueSchema, { kind: { case: 'color', value } });

export const NOBODYS_PID = 63;
/** Not of one test after another: whatever was used before is remembered by the unit. */
let lastCommandId = 0x1234_5678_0000_0000n;
export type Tag = Pick<CommandTag, 'commandId' | 'ttlMs'>;
export const newTag = (): Tag => ({ commandId: (lastCommandId += 1n), ttlMs: 0 });

export const read = (pid: number): Body => ({ case: 'read', value: create(ReadSchema, { pid }) });
export const write = (pid: number, value?: Value, tag?: Tag): Body => ({
  case: 'write',
  value: create(WriteSchema, { pid, ...(value ? { value } : {}), ...(tag ? { tag } : {}) }),
});
export const invoke = (pid: number, args: Value[], tag?: Tag): Body => ({
  case: 'invoke',
  value: create(InvokeSchema, { pid, arguments: args, ...(tag ? { tag } : {}) }),
});
export const subscribe = (pid: number, minIntervalMs: number, maxIntervalMs: number): Body => ({
  case: 'subscribe',
  value: create(SubscribeSchema, { pid, minIntervalMs, maxIntervalMs }),
});

/** A connection that has exchanged hellos. */
export async function connectedTo(lamp: ConformingLamp): Promise<UnitPeer> {
  const peer = lamp.connect();
  expect(await peer.sayHello()).toBe(true);
  return peer;
}

/** The result that answers a request. */
export async function exchange(peer: UnitPeer, body: Body): Promise<Result> {
  const answer = await peer.exchange(body);
  if (answer?.body.case !== 'result') throw new Error(`answered ${String(answer?.body.case)}`);
  return answer.body.value;
}

/** All that the unit describes. */
export async function describedBy(peer: UnitPeer): Promise<Affordance[]> {
  const found: Affordance[] = [];
  for (let index = 0, count = 1; index < count; index += 1) {
    const answer = await peer.exchange({
      case: 'describe',
      value: create(DescribeSchema, { index }),
    });
    if (answer?.body.case !== 'description') throw new Error(`no description ${index}`);
    const { affordance, ...more } = answer.body.value;
    expect(more.index).toBe(index);
    count = more.count;
    if (affordance) found.push(affordance);
  }
  return found;
}

/** The pid of each affordance by its name. */
export async function pidsOf(peer: UnitPeer): Promise<(name: string) => number> {
  const pids = new Map((await describedBy(peer)).map(({ name, pid }) => [name, pid]));
  return (name) => {
    const pid = pids.get(name);
    if (pid === undefined) throw new Error(`it has no ${name}`);
    return pid;
  };
}

/** Its identity in its hello. */
export function unitOf({ heard: [answer] }: UnitPeer): UnitHello {
  const identity = answer?.body.case === 'hello' ? answer.body.value.identity : undefined;
  if (identity?.case !== 'unit') throw new Error('it is no unit');
  return identity.value;
}

export const reportsOf = (peer: UnitPeer): Report[] =>
  peer.heard.flatMap(({ body }) => (body.case === 'report' ? [body.value] : []));
export const valuesOf = (peer: UnitPeer, pid: number): unknown[] =>
  reportsOf(peer).flatMap(({ values }) =>
    values.filter((one) => one.pid === pid).map((one) => one.value?.kind.value),
  );
