#include "host/virtual_lamp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/log.h"

namespace signalbox::host {

LampState VirtualLamp::load() const {
  if (state_file_.empty()) return {};
  FILE* file = fopen(state_file_.c_str(), "r");
  if (file == nullptr) return {};
  unsigned color = 0;
  int brightness = 0;
  int on = 0;
  const int fields =
      fscanf(file, "color=#%6x brightness=%3d on=%1d", &color, &brightness, &on);
  fclose(file);
  if (fields != 3 || brightness < 0 || brightness > 100) {
    log_line("lamp state file unreadable, starting off");
    return {};
  }
  LampState state;
  state.color = color;
  state.brightness = brightness;
  state.on = on != 0;
  return state;
}

void VirtualLamp::settled(const LampState& state) {
  log_line("lamp color=#%06x brightness=%d on=%s", state.color, state.brightness,
           state.on ? "true" : "false");
  if (state_file_.empty()) return;
  // Written to a second file and renamed, so that a kill never leaves half a file.
  const std::string fresh = state_file_ + ".new";
  FILE* file = fopen(fresh.c_str(), "w");
  const bool written =
      file != nullptr && fprintf(file, "color=#%06x brightness=%d on=%d\n", state.color,
                                 state.brightness, state.on ? 1 : 0) > 0;
  const bool closed = file != nullptr && fclose(file) == 0;
  if (!written || !closed || rename(fresh.c_str(), state_file_.c_str()) != 0) {
    log_line("lamp state not stored: %s", strerror(errno));
  }
}

}  // namespace signalbox::host
