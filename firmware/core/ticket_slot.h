// The one ticket that a unit holds: of its last peer, until it is used, replaced or too
// old (docs/unit-link.md section 7.5). In memory only, so that a reboot forgets it.
#pragma once

#include "core/noise_handshake.h"
#include "core/wipe.h"

namespace signalbox {

// A ticket, and how far it is from the full handshake at its root.
struct UnitTicket {
  UnitTicket() = default;
  UnitTicket(const UnitTicket&) = default;
  UnitTicket& operator=(const UnitTicket&) = default;
  ~UnitTicket() { wipe(&secret, sizeof secret); }

  TicketSecret secret;
  uint64_t born_ms = 0;  // the unit's uptime at the full handshake
  uint32_t uses = 0;     // connections that were resumed since
};

class TicketSlot {
 public:
  static constexpr uint32_t kMaxUses = 100;
  static constexpr uint64_t kMaxAgeMs = 86400000;

  // The ticket of this number if it may still be used, else null.
  const UnitTicket* find(const uint8_t id[kTicketIdBytes], uint64_t now_ms) {
    if (!is_full_) return nullptr;
    if (!equal_in_constant_time(ticket_.secret.id, id, kTicketIdBytes)) return nullptr;
    if (ticket_.uses < kMaxUses && now_ms - ticket_.born_ms < kMaxAgeMs) {
      return &ticket_;
    }
    clear();
    return nullptr;
  }

  void put(const UnitTicket& ticket) {
    ticket_ = ticket;
    is_full_ = true;
  }

  void clear() {
    wipe(&ticket_.secret, sizeof ticket_.secret);
    is_full_ = false;
  }

 private:
  UnitTicket ticket_;
  bool is_full_ = false;
};

}  // namespace signalbox
