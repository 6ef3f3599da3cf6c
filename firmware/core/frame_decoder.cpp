#include "core/frame_decoder.h"

#include <string.h>

namespace signalbox {

void FrameDecoder::reset(LinkSecurity security) {
  security_ = security;
  error_ = FrameError::kNone;
  filled_ = 0;
  body_bytes_ = 0;
}

FrameDecoder::Progress FrameDecoder::feed(const uint8_t*& data, size_t& size) {
  if (error_ != FrameError::kNone) return Progress::kError;
  if (filled_ == kFrameHeaderBytes + body_bytes_) filled_ = 0;

  while (size > 0 && filled_ < kFrameHeaderBytes) {
    error_ = check_header_byte(*data);
    if (error_ != FrameError::kNone) return Progress::kError;
    ++filled_;
    ++data;
    --size;
  }
  if (filled_ < kFrameHeaderBytes) return Progress::kNeedMore;

  const size_t have = filled_ - kFrameHeaderBytes;
  const size_t want = body_bytes_ - have;
  const size_t chunk = size < want ? size : want;
  memcpy(body_ + have, data, chunk);
  filled_ += chunk;
  data += chunk;
  size -= chunk;
  return chunk == want ? Progress::kFrame : Progress::kNeedMore;
}

FrameError FrameDecoder::check_header_byte(uint8_t byte) {
  switch (filled_) {
    case 0: {
      const bool plain = byte == kMagicPlain;
      if (!plain && byte != kMagicEncrypted) return FrameError::kBadMagic;
      const bool want_plain = security_ == LinkSecurity::kPlain;
      return plain == want_plain ? FrameError::kNone : FrameError::kEncryptionMismatch;
    }
    case 1:
      return byte == kFrameVersion ? FrameError::kNone : FrameError::kBadVersion;
    case 2:
      body_bytes_ = static_cast<size_t>(byte) << 8;
      // 0x0400 may still become 1024; anything above cannot fall below the limit.
      return body_bytes_ > kMaxBodyBytes ? FrameError::kBodyTooLong : FrameError::kNone;
    default:
      body_bytes_ |= byte;
      if (body_bytes_ == 0) return FrameError::kEmptyBody;
      return body_bytes_ > kMaxBodyBytes ? FrameError::kBodyTooLong : FrameError::kNone;
  }
}

}  // namespace signalbox
