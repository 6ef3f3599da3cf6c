// The log: one line per event on stderr.
#pragma once

namespace signalbox::host {

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void log_line(const char* format, ...);

}  // namespace signalbox::host
