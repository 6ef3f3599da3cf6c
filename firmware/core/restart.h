// A wish to restart, noted by whoever has it and carried out by the shell after the
// answer and the goodbye have left.
#pragma once

namespace signalbox {

class RestartRequest {
 public:
  void raise() { raised_ = true; }
  bool raised() const { return raised_; }

 private:
  bool raised_ = false;
};

}  // namespace signalbox
