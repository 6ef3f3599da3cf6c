/**
 * Talks to a unit that runs under Valgrind, encrypted: the whole way of a base,
 * and some of what unauthenticated peers try. Arguments: port and key file. Exit code 0
 * when all was answered.
 */
import { create } from '@bufbuild/protobuf';
import { readFileSync } from 'node:fs';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { parseLinkKey } from '#protocol/noise/link-key.ts';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import {
  DescribeSchema,
  GoodbyeSchema,
  InvokeSchema,
  ReadSchema,
  ResumeSchema,
  SubscribeSchema,
  TimeSchema,
  WriteSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import { CleanupStack } from '#platform/testing/cleanup.ts';
import { UnitPeer } from '../harness/unit-peer.ts';
import { until } from '#platform/testing/until.ts';

/** Valgrind makes a handshake take seconds. */
const PATIENCE_MS = 60_000;
const UART_WRITE = 43;

async function talk(port: number, key: Uint8Array): Promise<void> {
  const cleanup = new CleanupStack();
  try {
    const plain = new UnitPeer({ port, cleanup });
    plain.write(encodeFrame(Uint8Array.of(0x6a, 0)));
    await until('a plain peer is sent away', () => plain.isClosed, PATIENCE_MS);
    const wrong = new UnitPeer({ port, cleanup, key: key.toReversed() });
    await until('a wrong key is refused', () => wrong.refusal, PATIENCE_MS);
    await converse(new UnitPeer({ port, cleanup, key, patienceMs: PATIENCE_MS }));
  } finally {
    await cleanup.run();
  }
}

async function converse(peer: UnitPeer): Promise<void> {
  if (!(await peer.sayHello())) throw new Error('the unit did not answer the hello');
  const expectAnswer = async (body: NonNullable<EnvelopeBody>): Promise<void> => {
    if (!(await peer.exchange(body))) throw new Error(`no answer to ${body.case ?? 'nothing'}`);
  };
  peer.say(0, { case: 'time', value: create(TimeSchema, { epochMs: 1_795_200_000_000n }) });
  for (let index = 0; index <= 40; index += 1) {
    await expectAnswer({ case: 'describe', value: create(DescribeSchema, { index }) });
  }
  await expectAnswer({ case: 'resume', value: create(ResumeSchema) });
  for (let pid = 0; pid <= 63; pid += 1) {
    await expectAnswer({ case: 'subscribe', value: create(SubscribeSchema, { pid }) });
    await expectAnswer({ case: 'read', value: create(ReadSchema, { pid }) });
    const value = { kind: { case: 'boolean', value: true } } as const;
    await expectAnswer({ case: 'write', value: create(WriteSchema, { pid, value }) });
  }
  const data = { kind: { case: 'data', value: Uint8Array.of(1, 2, 3) } } as const;
  await expectAnswer({
    case: 'invoke',
    value: create(InvokeSchema, { pid: UART_WRITE, arguments: [data] }),
  });
  if (!(await peer.isServed())) throw new Error('the unit does not serve any more');
  peer.say(0, { case: 'goodbye', value: create(GoodbyeSchema) });
  await until('the unit lets go', () => peer.isClosed, PATIENCE_MS);
}

const [port = '', keyFile = ''] = process.argv.slice(2);
const key = parseLinkKey(readFileSync(keyFile, 'utf8'));
if (!key) throw new Error(`${keyFile} holds no key`);
await talk(Number(port), key);
