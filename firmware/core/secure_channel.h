// An encrypted link after its handshake: the two directions, and how a frame is sealed.
#pragma once

#include "core/frame.h"
#include "core/noise_cipher.h"

namespace signalbox {

struct SecureChannel {
  // Turns a plain frame into an encrypted one, in place, with room for the tag behind it.
  // Returns its new size, or 0 when the keys have been used as often as they may.
  [[nodiscard]] size_t seal_frame(uint8_t* frame, size_t size) {
    write_header(frame, size - kFrameHeaderBytes + kTagBytes, LinkSecurity::kEncrypted);
    const bool sealed = send.seal(frame, kFrameHeaderBytes, frame + kFrameHeaderBytes,
                                  size - kFrameHeaderBytes, frame + size);
    return sealed ? size + kTagBytes : 0;
  }

  // Decrypts the body of a frame in place. Returns the size of the message, or 0 when
  // this is not the peer's next frame.
  [[nodiscard]] size_t open_body(uint8_t* body, size_t size) {
    if (size <= kTagBytes) return 0;
    uint8_t header[kFrameHeaderBytes];
    write_header(header, size, LinkSecurity::kEncrypted);
    const size_t inside = size - kTagBytes;
    return receive.open(header, sizeof header, body, inside, body + inside) ? inside : 0;
  }

  void wipe_keys() {
    send.wipe_key();
    receive.wipe_key();
  }

  NoiseCipher send;
  NoiseCipher receive;
};

}  // namespace signalbox
