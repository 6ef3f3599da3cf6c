#include "host/boot_file.h"

#include <stdio.h>

#include "core/value.h"
#include "core/version_number.h"

namespace signalbox::host {
namespace {

constexpr char kNoVersion[] = "-";

bool is_image(char letter) {
  return letter == static_cast<char>(Image::kBuiltIn) ||
         letter == static_cast<char>(Image::kA) || letter == static_cast<char>(Image::kB);
}

bool is_version(const char* text) {
  uint64_t number = 0;
  return strcmp(text, kNoVersion) == 0 || parse_version(text, number);
}

const char* or_empty(const char* version) {
  return strcmp(version, kNoVersion) == 0 ? "" : version;
}

const char* or_dash(const char* version) {
  return version[0] == '\0' ? kNoVersion : version;
}

}  // namespace

std::string format_boot_file(const BootFile& file) {
  char text[160];
  snprintf(text, sizeof text,
           "active=%c previous=%c starts=%u unconfirmed=%d version=%s failed=%s\n",
           static_cast<char>(file.active), static_cast<char>(file.previous),
           file.record.starts, file.record.unconfirmed ? 1 : 0,
           or_dash(file.version.c_str()), or_dash(file.record.failed_version));
  return text;
}

bool parse_boot_file(const std::string& text, BootFile& out) {
  char active = 0;
  char previous = 0;
  unsigned starts = 0;
  int unconfirmed = 0;
  char version[25];
  char failed[sizeof(BootRecord::failed_version)];
  static_assert(sizeof failed == 25, "the width below is that of failed_version");
  const int fields = sscanf(
      text.c_str(),
      "active=%c previous=%c starts=%3u unconfirmed=%1d version=%24s failed=%24s\n",
      &active, &previous, &starts, &unconfirmed, version, failed);
  if (fields != 6 || !is_image(active) || starts > UINT8_MAX || !is_version(version) ||
      !is_version(failed) ||
      !(is_image(previous) || previous == static_cast<char>(Image::kNone))) {
    return false;
  }
  out.active = static_cast<Image>(active);
  out.previous = static_cast<Image>(previous);
  out.version = or_empty(version);
  out.record.starts = static_cast<uint8_t>(starts);
  out.record.unconfirmed = unconfirmed != 0;
  copy_text(out.record.failed_version, sizeof out.record.failed_version,
            or_empty(failed));
  return true;
}

}  // namespace signalbox::host
