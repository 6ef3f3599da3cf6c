import { createServer, type Socket } from 'node:net';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { FrameDecoder } from '#protocol/frame/frame-decoder.ts';
import { decodeEnvelope, encodeEnvelope, type EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import type { Envelope } from '#protocol/unit-link/unit_link_pb.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';

/** What a made-up unit does with each message of the base. */
export type Manner = (peer: ScriptedPeer, envelope: Envelope) => void;

export interface ScriptedPeer {
  /** Sends a message in a valid frame. */
  readonly say: (requestId: number, body: NonNullable<EnvelopeBody>) => void;
  /** Sends bytes as they are. */
  readonly sendRaw: (bytes: Uint8Array) => void;
  readonly close: () => void;
}

export interface ScriptedUnit {
  readonly port: number;
  /** How many times the base has connected. */
  readonly connections: () => number;
  /** Every message of the base, in order. */
  readonly heard: readonly Envelope[];
}

/** A unit with the real codec that behaves as a test scripts it. */
export async function startScriptedUnit(manner: Manner, cleanup: Cleanup): Promise<ScriptedUnit> {
  const heard: Envelope[] = [];
  const sockets = new Set<Socket>();
  const counter = { connections: 0 };
  const server = createServer((socket) => {
    counter.connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    const decoder = new FrameDecoder();
    const peer: ScriptedPeer = {
      say: (requestId, body) => void socket.write(encodeFrame(encodeEnvelope(requestId, body))),
      sendRaw: (bytes) => void socket.write(bytes),
      close: () => void socket.end(),
    };
    socket.on('data', (chunk) => {
      for (const body of decoder.push(chunk)) {
        const envelope = decodeEnvelope(body);
        if (envelope === undefined) throw new Error('the base sent a malformed message');
        heard.push(envelope);
        manner(peer, envelope);
      }
      if (decoder.error !== undefined) throw new Error(`the base sent ${decoder.error}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.add(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, connections: () => counter.connections, heard };
}
