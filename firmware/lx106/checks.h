// Counts checks, and prints the failed ones.
#pragma once

#include <string.h>

#include "lx106/simulator.h"
#include "lx106/stack_budget.h"

// By the `checks` that is in scope.
#define CHECK(condition, about) checks.check(condition, #condition, about)

namespace signalbox::lx106 {

class Checks {
 public:
  void check(bool good, const char* what, const char* about) {
    ++total_;
    if (good) return;
    ++failed_;
    say("failed: ");
    say(what);
    say(" (");
    say(about);
    say(")\n");
  }
  // "stack <what>: N of M, L left", and a check that enough of it is left.
  void stack(const char* what, size_t used, size_t given) {
    say("stack ");
    say(what);
    say(": ");
    say_number(static_cast<int>(used));
    say(" of ");
    say_number(static_cast<int>(given));
    say(", ");
    say_number(static_cast<int>(used < given ? given - used : 0));
    say(" left\n");
    check(leaves_margin(used, given), "too little stack is left", what);
  }
  // The stack of the loop: what its turn used, without the frames above it.
  void loop_stack(const char* what, size_t used) {
    stack(what, used + kShellBytes, kLoopStackBytes);
  }
  int failed() const { return failed_; }
  // "checks: N passed, N failed"
  void summarize() const {
    say("checks: ");
    say_number(total_ - failed_);
    say(" passed, ");
    say_number(failed_);
    say(" failed\n");
  }

 private:
  static void say(const char* text) {
    (void)simulator_write(1, text, static_cast<int>(strlen(text)));
  }
  static void say_number(int number) {
    char digits[12];
    char* at = digits + sizeof digits;
    *--at = '\0';
    do {
      *--at = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    say(at);
  }

  int total_ = 0;
  int failed_ = 0;
};

}  // namespace signalbox::lx106
