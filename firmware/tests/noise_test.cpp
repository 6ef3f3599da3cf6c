// docs/unit-link.md section 7: the handshake and the ciphers, by the published vector and
// by those the TypeScript tests run too.
#include <algorithm>
#include <new>

#include "core/noise_handshake.h"
#include "core/opening.h"
#include "core/secure_channel.h"
#include "core/wipe.h"
#include "tests/fake_security.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct Ends {
  FakeSecurity initiators, responders;
  Bytes prologue, key;

  HandshakeSetup setup(bool is_initiator) const {
    return {HandshakeKind::kFull, is_initiator, prologue.data(), prologue.size(),
            key.data()};
  }
};

Ends published_ends(const Vector& vector) {
  Ends ends;
  ends.initiators.prepare(vector.bytes("initiatorEphemeral").data());
  ends.responders.prepare(vector.bytes("responderEphemeral").data());
  ends.prologue = vector.bytes("prologue");
  ends.key = vector.bytes("psk");
  return ends;
}

Bytes sealed(NoiseCipher& cipher, const Bytes& associated, Bytes data) {
  const size_t size = data.size();
  data.resize(size + kTagBytes);
  REQUIRE(cipher.seal(associated.data(), associated.size(), data.data(), size,
                      data.data() + size));
  return data;
}

bool opens(NoiseCipher& cipher, const Bytes& associated, Bytes& data) {
  const size_t size = data.size() - kTagBytes;
  const bool good = cipher.open(associated.data(), associated.size(), data.data(), size,
                                data.data() + size);
  data.resize(size);
  return good;
}

}  // namespace

TEST_CASE("the published vector is what both sides say and read") {
  const Vector vector = load_vectors("noise.json").object("published");
  Ends ends = published_ends(vector);
  Handshake initiator(ends.setup(true), ends.initiators);
  Handshake responder(ends.setup(false), ends.responders);
  const std::vector<Vector> messages = vector.objects("messages");
  Handshake* turns[][2] = {{&initiator, &responder}, {&responder, &initiator}};
  for (size_t i = 0; i < 2; ++i) {
    const Bytes payload = messages[i].bytes("payload");
    Bytes message(kKeyBytes + payload.size() + kTagBytes);
    REQUIRE(turns[i][0]->write(payload.data(), payload.size(), message.data()));
    CHECK(to_hex(message) == messages[i].text("ciphertext"));
    Bytes read(payload.size());
    REQUIRE(turns[i][1]->read(message.data(), message.size(), read.data()));
    CHECK(read == payload);
  }
  CHECK(to_hex(initiator.hash(), kHashBytes) == vector.text("handshakeHash"));
  CHECK(to_hex(responder.hash(), kHashBytes) == vector.text("handshakeHash"));
  NoiseCipher send[2], receive[2];
  TicketSecret tickets[2];
  initiator.finish(send[0], receive[0], tickets[0]);
  responder.finish(send[1], receive[1], tickets[1]);
  CHECK(messages.size() == 6);
  for (size_t i = 2; i < messages.size(); ++i) {
    Bytes frame = sealed(send[i % 2], {}, messages[i].bytes("payload"));
    CHECK(to_hex(frame) == messages[i].text("ciphertext"));
    REQUIRE(opens(receive[1 - i % 2], {}, frame));
    CHECK(to_hex(frame) == messages[i].text("payload"));
  }
}

TEST_CASE("a message of the handshake with one other bit, or cut short, is refused") {
  const Vector vector = load_vectors("noise.json").object("published");
  const Bytes message = vector.objects("messages")[0].bytes("ciphertext");
  Bytes payload(message.size());
  for (size_t byte = 0; byte < message.size(); ++byte) {
    CAPTURE(byte);
    Bytes other = message;
    other[byte] = static_cast<uint8_t>(other[byte] ^ 1u << (byte & 7));
    Ends ends = published_ends(vector);
    Handshake responder(ends.setup(false), ends.responders);
    CHECK_FALSE(responder.read(other.data(), other.size(), payload.data()));
    Handshake another(ends.setup(false), ends.responders);
    CHECK_FALSE(another.read(message.data(), byte, payload.data()));
  }
}

TEST_CASE("a point of low order is refused") {
  const Vector vector = load_vectors("noise.json").object("published");
  Ends ends = published_ends(vector);
  for (const uint8_t lowest : {uint8_t{0}, uint8_t{1}}) {
    const uint8_t point[kKeyBytes] = {lowest};
    uint8_t shared[kKeyBytes];
    CHECK_FALSE(x25519(ends.key.data(), point, shared, ends.responders));
  }
}

TEST_CASE("every link of the vectors is answered byte for byte") {
  for (const Vector& vector : load_vectors("noise.json").objects("links")) {
    CAPTURE(vector.text("name"));
    const Bytes key = vector.bytes("key");
    uint8_t own[kKeyBytes];
    memcpy(own, key.data(), sizeof own);
    FakeSecurity security;
    security.prepare(vector.bytes("unitEphemeral").data());
    TicketSlot tickets;
    if (vector.has("ticket")) {
      const Vector given = vector.object("ticket");
      UnitTicket ticket;
      memcpy(ticket.secret.id, given.bytes("id").data(), kTicketIdBytes);
      memcpy(ticket.secret.key, given.bytes("key").data(), kKeyBytes);
      tickets.put(ticket);
    }
    const Bytes opening = vector.bytes("opening");
    SecureChannel channel;
    OpeningAnswer answer;
    const LinkProtection protection = LinkProtection::encrypted(own, security);
    CHECK(answer_opening(opening.data() + kFrameHeaderBytes,
                         opening.size() - kFrameHeaderBytes, 1000, protection, tickets,
                         channel.send, channel.receive, answer) == OpeningEnd::kSecured);
    Bytes frame(kFrameHeaderBytes);
    write_header(frame.data(), answer.size, LinkSecurity::kEncrypted);
    frame.insert(frame.end(), answer.body, answer.body + answer.size);
    CHECK(to_hex(frame) == vector.text("answer"));
    const Vector next = vector.object("nextTicket");
    CHECK(to_hex(answer.ticket.secret.id, kTicketIdBytes) == next.text("id"));
    CHECK(to_hex(answer.ticket.secret.key, kKeyBytes) == next.text("key"));
    for (const Vector& said : vector.objects("frames")) {
      const Bytes message = said.bytes("message");
      Bytes bytes = said.bytes("frame");
      if (said.text("from") == "base") {
        const size_t size = channel.open_body(bytes.data() + kFrameHeaderBytes,
                                              bytes.size() - kFrameHeaderBytes);
        CHECK(to_hex(bytes.data() + kFrameHeaderBytes, size) == said.text("message"));
      } else {
        Bytes own_frame(kFrameHeaderBytes + message.size() + kTagBytes);
        memcpy(own_frame.data() + kFrameHeaderBytes, message.data(), message.size());
        CHECK(channel.seal_frame(own_frame.data(), kFrameHeaderBytes + message.size()) ==
              own_frame.size());
        CHECK(to_hex(own_frame) == said.text("frame"));
      }
    }
    // Single use.
    if (vector.has("ticket")) {
      CHECK(answer_opening(opening.data() + kFrameHeaderBytes,
                           opening.size() - kFrameHeaderBytes, 1000, protection, tickets,
                           channel.send, channel.receive,
                           answer) == OpeningEnd::kTicketRefused);
    }
  }
}

TEST_CASE("the key of a direction is replaced as the vectors say") {
  const Vector vector = load_vectors("noise.json").object("rekey");
  NoiseCipher cipher;
  cipher.begin(vector.bytes("key").data());
  const Bytes header = vector.bytes("header");
  const Bytes message = vector.bytes("message");
  const size_t every = vector.number("everyFrames");
  for (size_t i = 0; i <= every; ++i) {
    const Bytes frame = sealed(cipher, header, message);
    if (i == every - 1) CHECK(to_hex(frame) == vector.text("lastBefore"));
    if (i == every) CHECK(to_hex(frame) == vector.text("firstAfter"));
  }
}

TEST_CASE("nothing opens twice, out of order, with another header or after a wipe") {
  const Bytes key(kKeyBytes, 7);
  const Bytes header = {0xB6};
  NoiseCipher sender, receiver;
  sender.begin(key.data());
  receiver.begin(key.data());
  const Bytes first = sealed(sender, header, {1});
  const Bytes second = sealed(sender, header, {2});
  Bytes bytes = second;
  CHECK_FALSE(opens(receiver, header, bytes));
  CHECK(bytes == Bytes{0});  // what a wrong tag decrypted to is gone
  bytes = first;
  CHECK_FALSE(opens(receiver, {0xB5}, bytes));
  bytes = first;
  CHECK(opens(receiver, header, bytes));
  CHECK(bytes == Bytes{1});
  bytes = first;
  CHECK_FALSE(opens(receiver, header, bytes));
  receiver.wipe_key();
  bytes = second;
  CHECK_FALSE(opens(receiver, header, bytes));
  uint8_t tag[kTagBytes];
  CHECK_FALSE(receiver.seal(nullptr, 0, bytes.data(), bytes.size(), tag));
}

TEST_CASE("a cipher leaves no key behind") {
  const Bytes key(kKeyBytes, 0xA7);
  alignas(NoiseCipher) uint8_t place[sizeof(NoiseCipher)];
  NoiseCipher* cipher = new (place) NoiseCipher;
  cipher->begin(key.data());
  CHECK(std::search(place, place + sizeof place, key.begin(), key.end()) !=
        place + sizeof place);
  cipher->wipe_key();
  CHECK(std::count(place, place + sizeof place, 0xA7) == 0);
  cipher->~NoiseCipher();
}

TEST_CASE("every key of the vectors is read, or refused and forgotten") {
  for (const Vector& vector : load_vectors("noise.json").objects("keys")) {
    CAPTURE(vector.text("name"));
    const std::string text = vector.text("text");
    uint8_t key[kKeyBytes];
    memset(key, 0xEE, sizeof key);
    CHECK(parse_link_key(text.data(), text.size(), key) == vector.has("hex"));
    const std::string left =
        vector.has("hex") ? vector.text("hex") : std::string(2 * kKeyBytes, '0');
    CHECK(to_hex(key, sizeof key) == left);
  }
}

TEST_CASE("every refusal of the vectors is written so") {
  for (const Vector& vector : load_vectors("noise.json").objects("refusals")) {
    if (!vector.has("reason")) continue;
    uint8_t body[kRefusalBytes];
    write_refusal(body, static_cast<GoodbyeReason>(vector.number("reason")));
    CHECK("b6010002" + to_hex(body, sizeof body) == vector.text("frame"));
  }
}

TEST_CASE("comparing looks at every byte") {
  const uint8_t one[3] = {1, 2, 3};
  for (size_t at = 0; at < 3; ++at) {
    uint8_t other[3] = {1, 2, 3};
    CHECK(equal_in_constant_time(one, other, 3));
    other[at] = 9;
    CHECK_FALSE(equal_in_constant_time(one, other, 3));
  }
}
