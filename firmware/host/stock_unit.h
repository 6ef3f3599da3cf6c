// The stock units on a PC: each kind by its name, with made-up hardware attached.
#pragma once

#include <memory>

#include "core/unit.h"
#include "host/options.h"
#include "units/board/board_services.h"

namespace signalbox::host {

class StockUnit {
 public:
  virtual ~StockUnit() = default;
  virtual Unit& unit() = 0;
  virtual BoardServices& board() = 0;
  // A descriptor that a person may type on, or -1; `read_input` is called when there is
  // something, and returns false once there is no more to come.
  virtual int input() const { return -1; }
  virtual bool read_input() { return false; }
};

struct StockKind {
  const char* name;
  const char* model;
  SessionPolicy policy;
  // All arguments outlive the unit.
  std::unique_ptr<StockUnit> (*build)(const Options&, const UnitIdentity&,
                                      const BoardPorts&, const LinkProtection&);
};

// nullptr where there is none of this name.
const StockKind* find_stock_kind(const std::string& name);

}  // namespace signalbox::host
