// Updates of a board that was built with a trusted key: SIGNALBOX_UPDATE_KEY, and
// SIGNALBOX_UPDATE_KEY_NEXT for its successor.
#pragma once

#include "core/unit.h"
#include "esp8266/rtc_boot.h"
#include "esp8266/update_flash.h"

namespace signalbox::esp8266 {

class BoardUpdates {
 public:
  BoardUpdates();

  // First of all that a start does: it counts it.
  void start(bool has_crashed);
  bool is_safe_mode() const { return guard_.is_safe_mode(); }

  // Once; `identity` outlives the unit. False without a key: then no update is accepted.
  bool serve(Unit& unit, const UnitIdentity& identity);

  // Before a restart that the unit requested.
  void leave_in_good_order();

 private:
  RtcBoot boot_;
  UpdateFlash flash_{boot_};
  BootGuard guard_;
  UpdateTrust trust_;
  UpdateReceiver* receiver_ = nullptr;
};

}  // namespace signalbox::esp8266
