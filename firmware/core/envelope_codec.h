// Envelope <-> bytes (docs/unit-link.md sections 2 and 3).
#pragma once

#include "core/frame.h"
#include "core/noise_crypto.h"
#include "core/wire.h"

namespace signalbox {

// The largest frame this firmware can ever send.
constexpr size_t kMaxSentFrameBytes =
    kFrameHeaderBytes + static_cast<size_t>(signalbox_unitlink_v1_Envelope_size) +
    kTagBytes;
static_assert(kMaxSentFrameBytes <= kMaxFrameBytes, "an envelope must fit one frame");

enum class [[nodiscard]] Decoded : uint8_t{
    kMessage,
    kUnknownMessage,  // well-formed, but of a later version: only request_id is set
    kMalformed,
};

Decoded decode_envelope(const uint8_t* body, size_t size, Envelope& out);

// Writes header and body as one frame. Returns its size, or 0 when it does not fit.
[[nodiscard]] size_t encode_plain_frame(const Envelope& envelope, uint8_t* into,
                                        size_t capacity);

}  // namespace signalbox
