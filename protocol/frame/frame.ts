/** First byte of every frame (docs/unit-link.md section 2). */
export const FRAME_MAGIC = { plain: 0xb5, encrypted: 0xb6 } as const;
export type FrameMode = keyof typeof FRAME_MAGIC;

export const FRAME_VERSION = 1;
export const FRAME_HEADER_BYTES = 4;

/** Errors in a byte stream. Each ends the connection. */
export const FRAME_ERRORS = [
  'bad_magic',
  'encryption_mismatch',
  'bad_version',
  'empty_body',
  'body_too_long',
] as const;
export type FrameError = (typeof FRAME_ERRORS)[number];
