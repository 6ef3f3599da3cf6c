#include "core/settings_store.h"

#include <string.h>

namespace signalbox {
namespace {

constexpr int32_t kMaxUtcOffset = 14 * 60;

// Generations are counted round; two copies are never far apart.
bool is_newer(uint32_t generation, uint32_t than) {
  return static_cast<int32_t>(generation - than) > 0;
}

// The record on the stack contains the key and the password. Aligned as flash chips
// require.
struct Record {
  ~Record() { wipe(bytes, sizeof bytes); }
  alignas(4) uint8_t bytes[kSettingsRecordBytes];
};

}  // namespace

void SettingsStore::load() {
  bool found = false;
  for (size_t place = 0; place < FlashPort::kPlaces; ++place) {
    Record record;
    Settings read;
    uint32_t generation = 0;
    if (!flash_.read(place, record.bytes, sizeof record.bytes)) continue;
    if (!decode_settings(record.bytes, sizeof record.bytes, read, generation)) continue;
    if (found && !is_newer(generation, generation_)) continue;
    settings_ = read;
    generation_ = generation;
    newest_ = place;
    found = true;
  }
  reported_utc_offset_ = settings_.utc_offset_minutes;
}

void SettingsStore::keep_utc_offset(int32_t minutes) {
  const bool is_news = minutes != reported_utc_offset_;
  reported_utc_offset_ = minutes;
  // No place on Earth is further from UTC.
  if (!is_news || minutes < -kMaxUtcOffset || minutes > kMaxUtcOffset) return;
  if (minutes == settings_.utc_offset_minutes) return;
  Settings changed = settings_;
  changed.utc_offset_minutes = static_cast<int16_t>(minutes);
  (void)save(changed);
}

bool SettingsStore::forget() {
  // The older copy first: alone, it would count as the settings.
  for (size_t i = 1; i <= FlashPort::kPlaces; ++i) {
    if (!flash_.erase((newest_ + i) % FlashPort::kPlaces)) return false;
  }
  settings_ = Settings();
  reported_utc_offset_ = 0;
  return true;
}

bool SettingsStore::keep_network(const NetworkChoice& choice) {
  if (choice == settings_.network) return true;
  Settings changed = settings_;
  changed.network = choice;
  return save(changed);
}

bool SettingsStore::save(const Settings& settings) {
  const size_t place = (newest_ + 1) % FlashPort::kPlaces;
  Record record;
  const size_t size = encode_settings(settings, generation_ + 1, record.bytes);
  if (!flash_.erase(place) || !flash_.write(place, record.bytes, size)) return false;
  Record kept;
  if (!flash_.read(place, kept.bytes, size)) return false;
  if (memcmp(kept.bytes, record.bytes, size) != 0) return false;
  settings_ = settings;
  generation_ += 1;
  newest_ = place;
  return true;
}

}  // namespace signalbox
