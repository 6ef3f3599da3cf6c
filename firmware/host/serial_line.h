// The unit's end of a serial line, as a pseudo terminal: at the other end programs find
// what they find at the USB socket of a board.
#pragma once

#include <string>

#include "core/serial_port.h"

namespace signalbox::host {

class SerialLine final : public SerialPort {
 public:
  SerialLine() = default;
  SerialLine(const SerialLine&) = delete;
  SerialLine& operator=(const SerialLine&) = delete;
  ~SerialLine();

  // Creates the line and a symbolic link to its other end. Empty on success, else one
  // sentence with the reason.
  std::string make(const std::string& link_path);
  // Takes over the line that the program had before it restarted itself.
  void adopt(int fd) { fd_ = fd; }

  int fd() const { return fd_; }

  size_t write(const uint8_t* data, size_t size) override;
  size_t read(uint8_t* into, size_t capacity) override;

 private:
  int fd_ = -1;
  int other_end_ = -1;
};

}  // namespace signalbox::host
