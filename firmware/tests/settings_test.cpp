#include <doctest/doctest.h>

#include <string>

#include "core/crc32.h"
#include "core/settings_store.h"
#include "tests/fake_flash.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

Settings example(const char* wifi, uint8_t key) {
  Settings settings;
  strcpy(settings.wifi_name, wifi);
  strcpy(settings.wifi_password, "a password");
  strcpy(settings.host_name, "lamp-4f2a91");
  settings.has_key = true;
  memset(settings.key, key, sizeof settings.key);
  settings.utc_offset_minutes = -210;
  settings.network.addresses = {0xC0000209, 0xFFFFFF00, 0xC0000201};
  settings.network.mac = {{0x02, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE}};
  return settings;
}

Settings longest() {
  Settings settings;
  memset(settings.wifi_name, 'n', kMaxWifiNameBytes);
  memset(settings.wifi_password, 'p', kMaxWifiPasswordBytes);
  memset(settings.host_name, 'h', kMaxHostNameBytes);
  settings.has_key = true;
  memset(settings.key, 0xFF, sizeof settings.key);
  settings.utc_offset_minutes = 840;
  settings.network.addresses = {0xDFFFFFF1, 0xFFFFFF00, 0xDFFFFFFE};
  settings.network.mac = {{0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}};
  return settings;
}

bool same(const Settings& a, const Settings& b) {
  return std::string(a.wifi_name) == b.wifi_name &&
         std::string(a.wifi_password) == b.wifi_password &&
         std::string(a.host_name) == b.host_name && a.has_key == b.has_key &&
         memcmp(a.key, b.key, sizeof a.key) == 0 &&
         a.utc_offset_minutes == b.utc_offset_minutes && a.network == b.network;
}

Settings loaded(FakeFlash& flash) {
  SettingsStore store(flash);
  store.load();
  return store.settings();
}

// Makes the check of a changed record right again.
void seal(uint8_t* record, size_t size) {
  const uint32_t crc = crc32(record, size - 4);
  for (size_t i = 0; i < 4; ++i) {
    record[size - 4 + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
  }
}

}  // namespace

TEST_CASE("the check is that of zlib") {
  // The check value of CRC-32/ISO-HDLC.
  CHECK(crc32(reinterpret_cast<const uint8_t*>("123456789"), 9) == 0xCBF43926);
}

TEST_CASE("settings come back as they were kept") {
  for (const Settings& settings : {Settings(), example("home", 7), longest()}) {
    FakeFlash flash;
    SettingsStore store(flash);
    REQUIRE(store.save(settings));
    CHECK(same(store.settings(), settings));
    CHECK(same(loaded(flash), settings));
  }
}

TEST_CASE("a blank flash has blank settings") {
  FakeFlash flash;
  CHECK(same(loaded(flash), Settings()));
  flash.broken = true;
  CHECK(same(loaded(flash), Settings()));
}

TEST_CASE("a power cut after any byte leaves the settings from before or the new ones") {
  const Settings before = example("before", 1);
  const Settings after = example("after", 2);
  // As many copies as there are before the cut: none, one, both.
  for (int saves = 0; saves < 4; ++saves) {
    size_t cuts = 0;
    bool was_new = false;
    for (size_t at = 0; !was_new; ++at, ++cuts) {
      REQUIRE(at < 1000);
      FakeFlash flash;
      SettingsStore store(flash);
      for (int i = 0; i < saves; ++i) REQUIRE(store.save(before));
      flash.cut_after(at);
      const bool saved = store.save(after);
      CHECK(same(store.settings(), saved ? after : saves > 0 ? before : Settings()));
      flash.restore_power();
      SettingsStore again(flash);
      again.load();
      const Settings expected = saved ? after : saves > 0 ? before : Settings();
      CHECK(same(again.settings(), expected));
      // What was cut does not stand in the way of the next.
      REQUIRE(again.save(after));
      CHECK(same(loaded(flash), after));
      was_new = saved;
    }
    CHECK(cuts > FakeFlash::kPlaceBytes);
  }
}

TEST_CASE("the newer of two copies counts, also when the counter starts over") {
  for (const uint32_t first : {0u, 1u, UINT32_MAX - 1, UINT32_MAX}) {
    for (size_t place = 0; place < 2; ++place) {
      FakeFlash flash;
      uint8_t record[kSettingsRecordBytes];
      size_t size = encode_settings(example("older", 1), first, record);
      REQUIRE(flash.write(place, record, size));
      size = encode_settings(example("newer", 2), first + 1, record);
      REQUIRE(flash.write(1 - place, record, size));
      CHECK(same(loaded(flash), example("newer", 2)));
    }
  }
}

TEST_CASE("a save goes to the other copy and wears each of them half") {
  FakeFlash flash;
  SettingsStore store(flash);
  for (int i = 0; i < 10; ++i) REQUIRE(store.save(example("home", 3)));
  CHECK(flash.erasures == 10);
  uint8_t held[FakeFlash::kPlaces][FakeFlash::kPlaceBytes];
  memcpy(held, flash.bytes, sizeof held);
  REQUIRE(store.save(example("other", 3)));
  CHECK(memcmp(held[0], flash.bytes[0], sizeof held[0]) != 0);
  CHECK(memcmp(held[1], flash.bytes[1], sizeof held[1]) == 0);
}

TEST_CASE(
    "the offset of local time is written when it changes, and read from the flash once") {
  FakeFlash flash;
  SettingsStore store(flash);
  REQUIRE(store.save(example("home", 3)));
  store.load();
  const int before = flash.erasures;
  for (int turn = 0; turn < 3; ++turn) store.keep_utc_offset(-210);
  CHECK(flash.erasures == before);
  for (int turn = 0; turn < 3; ++turn) store.keep_utc_offset(120);
  CHECK(flash.erasures == before + 1);
  CHECK(loaded(flash).utc_offset_minutes == 120);
  for (const int32_t none : {841, -841, 1 << 20}) store.keep_utc_offset(none);
  CHECK(loaded(flash).utc_offset_minutes == 120);
  flash.broken = true;
  for (int turn = 0; turn < 3; ++turn) store.keep_utc_offset(60);
  CHECK(flash.erasures == before + 2);
}

TEST_CASE("a flash that fails to store is reported, and changes nothing") {
  FakeFlash flash;
  SettingsStore store(flash);
  REQUIRE(store.save(example("home", 3)));
  flash.broken = true;
  CHECK_FALSE(store.save(example("other", 4)));
  CHECK(same(store.settings(), example("home", 3)));
  flash.broken = false;
  flash.is_worn = true;
  CHECK_FALSE(store.save(example("other", 4)));
  CHECK(same(store.settings(), example("home", 3)));
  SettingsStore next(flash);
  next.load();
  CHECK(same(next.settings(), example("home", 3)));
}

TEST_CASE("no changed byte of a record goes unseen") {
  uint8_t record[kSettingsRecordBytes];
  const size_t size = encode_settings(example("home", 7), 5, record);
  for (size_t i = 0; i < size; ++i) {
    for (const int change : {0x01, 0x80, 0xFF}) {
      record[i] = static_cast<uint8_t>(record[i] ^ change);
      Settings read = example("untouched", 9);
      uint32_t generation = 77;
      CHECK_FALSE(decode_settings(record, size, read, generation));
      CHECK(same(read, example("untouched", 9)));
      CHECK(generation == 77);
      record[i] = static_cast<uint8_t>(record[i] ^ change);
    }
  }
  for (size_t cut = 0; cut < size; ++cut) {
    Settings read;
    uint32_t generation = 0;
    CHECK_FALSE(decode_settings(record, cut, read, generation));
  }
}

TEST_CASE("fields of a later firmware are ignored, and broken ones are refused") {
  struct Case {
    std::string fields;
    bool is_good;
  };
  const std::string wifi = std::string("\x01\x04home", 6);
  const std::string key = "\x04\x20" + std::string(32, 'k');
  const Case cases[] = {
      {wifi, true},
      {wifi + std::string("\x7F\x03new", 5), true},
      {wifi + std::string("\x7F\x00", 2), true},
      {wifi + "\x7F", false},                        // a tag without a length
      {wifi + std::string("\x7F\x03ne", 4), false},  // longer than the record
      {"\x01\x21" + std::string(33, 'n'), false},    // too long a name
      {std::string("\x01\x04ho\0e", 6), false},      // a zero in a text
      {std::string("\x03\x05-lamp", 7), false},      // no host name
      {std::string("\x04\x1F", 2) + std::string(31, 'k'), false},
      {wifi + key, true},
      {std::string("\x05\x01\x00", 3), false},
      {std::string("\x06\x0B", 2) + std::string(11, 'a'), false},
      {std::string("\x07\x05", 2) + std::string(5, 'm'), false},
  };
  for (const Case& one : cases) {
    uint8_t record[kSettingsRecordBytes];
    memset(record, 0xFF, sizeof record);
    memcpy(record, "SBS\x01\0\0\0\x07\0", 9);
    record[9] = static_cast<uint8_t>(one.fields.size());
    memcpy(record + 10, one.fields.data(), one.fields.size());
    const size_t size = (10 + one.fields.size() + 4 + 3) / 4 * 4;
    seal(record, size);
    Settings read;
    uint32_t generation = 0;
    CAPTURE(one.fields);
    CHECK(decode_settings(record, sizeof record, read, generation) == one.is_good);
    CHECK(generation == (one.is_good ? 7 : 0));
  }
}

TEST_CASE("a record is these bytes, whatever wrote it") {
  uint8_t record[kSettingsRecordBytes];
  const size_t size = encode_settings(example("home", 7), 5, record);
  // docs/provisioning.md section 5.
  std::string key;
  for (size_t i = 0; i < kKeyBytes; ++i) key += "07";
  const std::string expected =
      "53425301"
      "00000005"
      "005b"
      "0104"
      "686f6d65"
      "020a"
      "612070617373776f7264"
      "030b"
      "6c616d702d346632613931"
      "0420" +
      key +
      "0502"
      "ff2e"
      "060c"
      "c0000209"
      "ffffff00"
      "c0000201"
      "0706"
      "02aabbccddee";
  CHECK(to_hex(record, expected.size() / 2) == expected);
  CHECK(size == (expected.size() / 2 + 4 + 3) / 4 * 4);
}

TEST_CASE("addresses that this firmware cannot use are left out, and the key stays") {
  for (const NetworkAddresses& odd :
       {NetworkAddresses{0xE0000001, 0xFFFFFF00, 0xE0000002},
        NetworkAddresses{0xC0000209, 0xFF00FF00, 0xC0000201}}) {
    Settings settings = example("home", 7);
    settings.network.addresses = odd;
    settings.network.mac = {{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}};
    uint8_t record[kSettingsRecordBytes];
    const size_t size = encode_settings(settings, 5, record);
    Settings read;
    uint32_t generation = 0;
    REQUIRE(decode_settings(record, size, read, generation));
    CHECK(read.network.is_default());
    CHECK(read.has_key);
  }
}

TEST_CASE("where the unit is in its network is written when it is news") {
  FakeFlash flash;
  SettingsStore store(flash);
  REQUIRE(store.save(example("home", 3)));
  const int before = flash.erasures;
  CHECK(store.keep_network(example("home", 3).network));
  CHECK(flash.erasures == before);
  CHECK(store.keep_network({}));
  CHECK(flash.erasures == before + 1);
  CHECK(loaded(flash).network.is_default());
  CHECK(loaded(flash).has_key);
  flash.broken = true;
  CHECK_FALSE(store.keep_network(example("home", 3).network));
  CHECK(store.settings().network.is_default());
}

TEST_CASE("a host name is a label of RFC 1123") {
  const auto is_good = [](const std::string& text) {
    return is_host_label(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  };
  for (const char* good : {"a", "7", "lamp-4f2a91", "A-b", "a--b"}) CHECK(is_good(good));
  for (const char* bad : {"", "-a", "a-", "a.b", "a b", "a_b", "\xC3\xA4"}) {
    CHECK_FALSE(is_good(bad));
  }
  CHECK(is_good(std::string(32, 'a')));
  CHECK_FALSE(is_good(std::string(33, 'a')));
}

TEST_CASE("erased settings are in neither copy, and can be stored again") {
  FakeFlash flash;
  SettingsStore store(flash);
  REQUIRE(store.save(example("home", 7)));
  REQUIRE(store.save(example("other", 8)));
  REQUIRE(store.forget());
  CHECK(same(store.settings(), Settings()));
  for (const auto& place : flash.bytes) {
    for (const uint8_t byte : place) REQUIRE(byte == 0xFF);
  }
  REQUIRE(store.save(example("third", 9)));
  CHECK(same(loaded(flash), example("third", 9)));
}

TEST_CASE("a power cut while forgetting leaves the newest settings or none") {
  for (size_t cut = 0; cut <= 2 * FakeFlash::kPlaceBytes; ++cut) {
    CAPTURE(cut);
    FakeFlash flash;
    SettingsStore store(flash);
    REQUIRE(store.save(example("home", 7)));
    REQUIRE(store.save(example("other", 8)));
    flash.cut_after(cut);
    const bool forgot = store.forget();
    CHECK(forgot == (cut == 2 * FakeFlash::kPlaceBytes));
    if (!forgot) CHECK(same(store.settings(), example("other", 8)));
    flash.restore_power();
    const Settings left = loaded(flash);
    CHECK((same(left, example("other", 8)) || same(left, Settings())));
    if (forgot) CHECK(same(left, Settings()));
  }
}
