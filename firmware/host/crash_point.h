// A power cut at a place that was named on the command line, for tests of what survives
// it.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <string>

namespace signalbox::host {

class CrashPoint {
 public:
  explicit CrashPoint(std::string name) : name_(std::move(name)) {}

  // Ends the process here and now, without any cleaning up, where this is the place.
  void pass(const char* name) const {
    if (name_ == name) kill(getpid(), SIGKILL);
  }

 private:
  const std::string name_;
};

}  // namespace signalbox::host
