// The settings in flash: two copies, of which the newer whole one counts. A power cut at
// any moment leaves the settings from before or the new ones.
#pragma once

#include "core/flash_port.h"
#include "core/settings.h"

namespace signalbox {

class SettingsStore {
 public:
  // The flash outlives the store.
  explicit SettingsStore(FlashPort& flash) : flash_(flash) {}

  // Reads the stored settings; those of a blank flash are blank.
  void load();

  const Settings& settings() const { return settings_; }

  // Keeps these. False when the flash does not hold them afterwards; then the settings
  // from before are in force.
  [[nodiscard]] bool save(const Settings& settings);

  // Erases both copies, including network and key. A power cut at any moment leaves the
  // newest settings or none. False if the flash failed: some of it may remain.
  [[nodiscard]] bool forget();

  // Keeps where the unit is in its network; writes nothing where that is kept already.
  // False when the flash does not hold it afterwards.
  [[nodiscard]] bool keep_network(const NetworkChoice& choice);

  // Stores the base's offset of local time if it changed. Call each turn.
  void keep_utc_offset(int32_t minutes);

 private:
  FlashPort& flash_;
  Settings settings_;
  uint32_t generation_ = 0;
  int32_t reported_utc_offset_ = 0;  // tried once, so that a bad flash is not worn out
  size_t newest_ =
      FlashPort::kPlaces - 1;  // so that the first save takes the first place
};

}  // namespace signalbox
