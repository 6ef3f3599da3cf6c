// What every unit offers besides its own purpose, pids 32 to 63.
#pragma once

#include "units/board/network_change.h"
#include "units/board/network_facts.h"
#include "units/board/pins.h"
#include "units/board/reset.h"
#include "units/board/system_facts.h"
#include "units/board/uart.h"

namespace signalbox {

// The board as the services see it; the shell's objects.
struct BoardPorts {
  NetworkPort& network;
  MemoryPort& memory;
  PinPort& pins;
  UartPort& uart;
  SettingsStore& settings;
};

struct BoardServices {
  static constexpr size_t kCapabilities = 6;

  BoardServices(const BoardPorts& ports, uint32_t own_pins_mask)
      : network(ports.network),
        system(ports.memory, clock),
        pins(ports.pins, own_pins_mask),
        uart(ports.uart),
        network_change(ports.network, ports.settings),
        reset(restart) {}

  // Writes kCapabilities of them.
  void list(Capability** into) {
    into[0] = &network;
    into[1] = &system;
    into[2] = &pins;
    into[3] = &uart;
    into[4] = &network_change;
    into[5] = &reset;
  }

  WallClock clock;
  RestartRequest restart;
  NetworkFacts network;
  SystemFacts system;
  Pins pins;
  Uart uart;
  NetworkChange network_change;
  Reset reset;
};

}  // namespace signalbox
