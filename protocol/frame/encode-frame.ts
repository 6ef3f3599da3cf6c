import { LIMITS } from '../limits.ts';
import { FRAME_HEADER_BYTES, FRAME_MAGIC, FRAME_VERSION, type FrameMode } from './frame.ts';

/**
 * The four bytes in front of a body.
 *
 * @throws RangeError for a body of no or too many bytes, which is a fault of the caller.
 */
export function frameHeader(bodyBytes: number, mode: FrameMode): Uint8Array {
  if (bodyBytes === 0 || bodyBytes > LIMITS.frameBodyBytes) {
    throw new RangeError(`a frame body has 1 to ${LIMITS.frameBodyBytes} bytes`);
  }
  return Uint8Array.of(FRAME_MAGIC[mode], FRAME_VERSION, bodyBytes >> 8, bodyBytes & 0xff);
}

/**
 * One frame: header and body in one array, so that they leave in one write.
 *
 * @param body 1 to 1,024 bytes.
 * @throws RangeError for a body of another size, which is a fault of the caller.
 */
export function encodeFrame(body: Uint8Array, mode: FrameMode = 'plain'): Uint8Array {
  const header = frameHeader(body.length, mode);
  const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length);
  frame.set(header);
  frame.set(body, FRAME_HEADER_BYTES);
  return frame;
}
