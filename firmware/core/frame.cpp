#include "core/frame.h"

namespace signalbox {

const char* frame_error_name(FrameError error) {
  switch (error) {
    case FrameError::kNone:
      return "none";
    case FrameError::kBadMagic:
      return "bad_magic";
    case FrameError::kEncryptionMismatch:
      return "encryption_mismatch";
    case FrameError::kBadVersion:
      return "bad_version";
    case FrameError::kEmptyBody:
      return "empty_body";
    case FrameError::kBodyTooLong:
      return "body_too_long";
    case FrameError::kBadMessage:
      return "bad_message";
    case FrameError::kBadHandshake:
      return "bad_handshake";
    case FrameError::kBadTag:
      return "bad_tag";
  }
  return "none";
}

void write_header(uint8_t* into, size_t body_bytes, LinkSecurity security) {
  into[0] = security == LinkSecurity::kPlain ? kMagicPlain : kMagicEncrypted;
  into[1] = kFrameVersion;
  into[2] = static_cast<uint8_t>(body_bytes >> 8);
  into[3] = static_cast<uint8_t>(body_bytes & 0xFF);
}

}  // namespace signalbox
