// A requested restart, executed by the shell after the answer and the goodbye have been
// sent.
#pragma once

namespace signalbox {

class RestartRequest {
 public:
  void raise() { raised_ = true; }
  bool raised() const { return raised_; }

  // Once, by a shell that keeps settings which it can forget.
  void allow_forgetting() { may_forget_ = true; }
  bool may_forget() const { return may_forget_; }

  // Factory reset: the shell erases the settings, then restarts.
  void raise_forgetting() { raised_ = forgets_ = true; }
  bool forgets() const { return forgets_; }

 private:
  bool raised_ = false;
  bool may_forget_ = false;
  bool forgets_ = false;
};

}  // namespace signalbox
