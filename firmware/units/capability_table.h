// What a stock unit can do: its own purpose first, then the services of its board.
#pragma once

#include "units/board/board_services.h"

namespace signalbox {

struct CapabilityTable {
  static constexpr size_t kCount = 1 + BoardServices::kCapabilities;

  CapabilityTable(Capability& own, BoardServices& board) {
    items[0] = &own;
    board.list(items + 1);
  }

  Capability* items[kCount];
};

}  // namespace signalbox
