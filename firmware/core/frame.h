// The frame around every message (docs/unit-link.md section 2).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

constexpr uint8_t kMagicPlain = 0xB5;
constexpr uint8_t kMagicEncrypted = 0xB6;
constexpr uint8_t kFrameVersion = 0x01;
constexpr size_t kFrameHeaderBytes = 4;
constexpr size_t kMaxBodyBytes = 1024;
constexpr size_t kMaxFrameBytes = kFrameHeaderBytes + kMaxBodyBytes;

// What the link must carry: a frame of the other kind is an encryption mismatch.
enum class LinkSecurity : uint8_t { kPlain, kEncrypted };

enum class [[nodiscard]] FrameError : uint8_t{
    kNone,        kBadMagic,   kEncryptionMismatch, kBadVersion, kEmptyBody,
    kBodyTooLong, kBadMessage, kBadHandshake,       kBadTag,
};
constexpr size_t kFrameErrorCount = 9;

// The error's name in the wire document and in protocol/vectors/frames.json.
const char* frame_error_name(FrameError error);

// Writes the four header bytes in front of a body of `body_bytes` (1 to 1024).
void write_header(uint8_t* into, size_t body_bytes, LinkSecurity security);

}  // namespace signalbox
