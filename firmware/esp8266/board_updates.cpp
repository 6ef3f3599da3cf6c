#include "esp8266/board_updates.h"

#include "core/firmware_version.h"

#if __has_include("esp8266/update_keys.h")
#include "esp8266/update_keys.h"
#endif

namespace signalbox::esp8266 {
namespace {

[[maybe_unused]] void trust(UpdateTrust& trusted, const char* key) {
  // A malformed key counts as none: the unit then reports it as unknown.
  if (parse_update_key(key, trusted.keys[trusted.count])) ++trusted.count;
}

}  // namespace

BoardUpdates::BoardUpdates() : guard_(boot_, kFirmwareVersion) {
#if defined(SIGNALBOX_UPDATE_KEY)
  trust(trust_, SIGNALBOX_UPDATE_KEY);
#endif
#if defined(SIGNALBOX_UPDATE_KEY_NEXT)
  trust(trust_, SIGNALBOX_UPDATE_KEY_NEXT);
#endif
}

void BoardUpdates::start(bool has_crashed) {
  // Safe mode is useless on a board without updates: only a power cycle would leave it,
  // which a firmware that restarts does not need.
  if (trust_.count == 0) return;
  // A board keeps one firmware, so there is none to go back to.
  (void)guard_.start(has_crashed);
}

bool BoardUpdates::serve(Unit& unit, const UnitIdentity& identity) {
  if (trust_.count == 0) return false;
  static UpdateReceiver receiver(identity, trust_, flash_, guard_);
  receiver_ = &receiver;
  unit.enable_updates(receiver);
  return true;
}

void BoardUpdates::leave_in_good_order() {
  if (receiver_ != nullptr) receiver_->leave_in_good_order();
}

}  // namespace signalbox::esp8266
