import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { encodeEnvelope, type EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import {
  PingSchema,
  Status,
  UpdateAbortSchema,
  UpdateApplySchema,
  UpdateBeginSchema,
  UpdateChunkSchema,
  UpdateError,
  UpdateQuerySchema,
  UpdateState,
  type UpdateStatus,
} from '#protocol/unit-link/unit_link_pb.ts';
import { parseFirmwareHeader } from '#protocol/update/firmware-file.ts';
import { type ConformingLamp, connectedTo } from './conforming-lamp.ts';
import { until } from '#platform/testing/until.ts';
import { forged } from './update-images.ts';

type Body = NonNullable<EnvelopeBody>;

/**
 * What every unit does with updates (docs/unit-link.md section 11), including one that accepts
 * none.
 */
export function itConformsInUpdates(lamp: () => ConformingLamp): void {
  it('leaves no state of an update behind that it refused or was asked to forget', async () => {
    const { firmware, isEncrypted } = lamp();
    const peer = await connectedTo(lamp());
    const query: Body = { case: 'updateQuery', value: create(UpdateQuerySchema) };
    const abort: Body = { case: 'updateAbort', value: create(UpdateAbortSchema) };
    const apply: Body = { case: 'updateApply', value: create(UpdateApplySchema) };
    const chunkAt = (offset: number): Body => ({
      case: 'updateChunk',
      value: create(UpdateChunkSchema, { offset, data: new Uint8Array(64) }),
    });
    if (!firmware) {
      for (const body of [query, begin(undefined), chunkAt(0), apply, abort]) {
        const answer = await peer.exchange(body);
        expect(answer?.body).toMatchObject({
          case: 'result',
          value: { status: Status.UNSUPPORTED },
        });
      }
      return;
    }
    const update = async (body: Body): Promise<UpdateStatus> => {
      const answer = await peer.exchange(body);
      if (answer?.body.case !== 'updateStatus') throw new Error('no update_status');
      return answer.body.value;
    };
    const idle = { state: UpdateState.IDLE, nextOffset: 0 };
    const none = UpdateError.UNSPECIFIED;
    expect(await update(query)).toMatchObject({ ...idle, error: none });
    if (!isEncrypted) {
      const error = UpdateError.NOT_ENCRYPTED;
      for (const body of [begin(firmware.trusted), chunkAt(0), apply, abort]) {
        expect(await update(body)).toMatchObject({ ...idle, error });
      }
      return;
    }
    expect(await update(chunkAt(0))).toMatchObject({ ...idle, error: UpdateError.OUT_OF_ORDER });
    expect(await update(apply)).toMatchObject({ ...idle, error: UpdateError.OUT_OF_ORDER });
    const foreign = await update(begin(firmware.untrusted));
    expect(foreign).toMatchObject({ ...idle, error: UpdateError.UNKNOWN_KEY });
    const receiving = { state: UpdateState.RECEIVING, error: none };
    expect(await update(begin(firmware.trusted))).toMatchObject({ ...receiving, nextOffset: 0 });
    expect(await update(chunkAt(0))).toMatchObject({ ...receiving, nextOffset: 64 });
    expect(await update(chunkAt(0))).toMatchObject({
      state: UpdateState.RECEIVING,
      nextOffset: 64,
      error: UpdateError.OUT_OF_ORDER,
    });
    expect(await update(begin(firmware.trusted))).toMatchObject({ ...receiving, nextOffset: 64 });
    expect(await update(apply)).toMatchObject({ error: UpdateError.OUT_OF_ORDER });
    expect(await update(abort)).toMatchObject({ ...idle, error: none });
  });

  it('answers an offer when its signature is checked, and takes nothing of the image before', async () => {
    const { firmware, isEncrypted } = lamp();
    if (!firmware || !isEncrypted) return;
    const peer = await connectedTo(lamp());
    /**
     * Sends them in one piece.
     *
     * @returns the answers in their order
     */
    const said = async (from: number, bodies: readonly Body[]) => {
      const before = peer.heard.length;
      const frames = bodies.map((body, at) => peer.frame(encodeEnvelope(from + at, body)));
      peer.write(Buffer.concat(frames));
      await until('all answers', () => peer.heard.length >= before + bodies.length);
      const answers = peer.heard.slice(before);
      expect(answers.map(({ requestId }) => requestId)).toEqual(bodies.map((_, at) => from + at));
      return answers.map(({ body }) => (body.case === 'updateStatus' ? body.value : body.case));
    };
    const abort: Body = { case: 'updateAbort', value: create(UpdateAbortSchema) };
    const chunk: Body = {
      case: 'updateChunk',
      value: create(UpdateChunkSchema, { offset: 0, data: new Uint8Array(64) }),
    };
    const ping: Body = { case: 'ping', value: create(PingSchema) };
    const none = UpdateError.UNSPECIFIED;
    const idle = { state: UpdateState.IDLE, nextOffset: 0 };
    const tooEarly = { ...idle, error: UpdateError.OUT_OF_ORDER };
    const [good, early, pong] = await said(601, [begin(firmware.trusted), chunk, ping]);
    expect(good).toMatchObject({ state: UpdateState.RECEIVING, nextOffset: 0, error: none });
    expect(early).toMatchObject(tooEarly);
    expect(pong).toBe('pong');
    expect((await said(611, [abort]))[0]).toMatchObject({ ...idle, error: none });

    const bad = await said(621, [begin(forged(firmware.trusted)), chunk]);
    expect(bad).toMatchObject([{ ...idle, error: UpdateError.BAD_SIGNATURE }, tooEarly]);
    const forgotten = await said(631, [begin(firmware.trusted), abort]);
    expect(forgotten).toMatchObject([tooEarly, { ...idle, error: none }]);
  });
}

function begin(file: Uint8Array | undefined): Body {
  const firmware = file && parseFirmwareHeader(file);
  if (!firmware) return { case: 'updateBegin', value: create(UpdateBeginSchema) };
  const { manifestBytes: manifest, signature, keyId } = firmware;
  return { case: 'updateBegin', value: create(UpdateBeginSchema, { manifest, signature, keyId }) };
}
