#include "host/log.h"

#include <stdarg.h>
#include <stdio.h>

namespace signalbox::host {

void log_line(const char* format, ...) {
  // One write per line, so that lines of several units on one terminal stay whole.
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  const int size = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (size >= 0) fprintf(stderr, "%s\n", line);
}

}  // namespace signalbox::host
