// A wish to restart, noted by whoever has it and carried out by the shell after the
// answer and the goodbye have left.
#pragma once

namespace signalbox {

class RestartRequest {
 public:
  void raise() { raised_ = true; }
  bool raised() const { return raised_; }

  // Once, by a shell that keeps settings which it can forget.
  void allow_forgetting() { may_forget_ = true; }
  bool may_forget() const { return may_forget_; }

  // To a unit as it came out of its box: the shell forgets what it keeps, then restarts.
  void raise_forgetting() { raised_ = forgets_ = true; }
  bool forgets() const { return forgets_; }

 private:
  bool raised_ = false;
  bool may_forget_ = false;
  bool forgets_ = false;
};

}  // namespace signalbox
