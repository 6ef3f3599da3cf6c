import { LIMITS } from '../limits.ts';
import { FRAME_HEADER_BYTES, FRAME_MAGIC, FRAME_VERSION, type FrameMode } from './frame.ts';

/**
 * One frame: header and body in one array, so that they leave in one write.
 *
 * @param body 1 to 1,024 bytes.
 * @throws RangeError for a body of another size, which is a fault of the caller.
 */
export function encodeFrame(body: Uint8Array, mode: FrameMode = 'plain'): Uint8Array {
  if (body.length === 0 || body.length > LIMITS.frameBodyBytes) {
    throw new RangeError(`a frame body has 1 to ${LIMITS.frameBodyBytes} bytes`);
  }
  const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length);
  frame[0] = FRAME_MAGIC[mode];
  frame[1] = FRAME_VERSION;
  frame[2] = body.length >> 8;
  frame[3] = body.length & 0xff;
  frame.set(body, FRAME_HEADER_BYTES);
  return frame;
}
