// What a capability offers, as constant tables that can lie in the flash
// (SIGNALBOX_FLASH): they are read by copies, one entry at a time, and `description`
// turns them into messages.
#pragma once

#include "core/flash_table.h"
#include "core/wire.h"

namespace signalbox {

struct ValueSpec {
  DataType type = DataType::kBoolean;
  TableText<sizeof(DataSchema::name) - 1> name;
  TableText<sizeof(DataSchema::unit) - 1> unit;  // UCUM
  double minimum = 0;
  double maximum = 0;
  double step = 0;
  bool has_range = false;
  bool has_step = false;
  uint16_t max_bytes = 0;
  uint8_t allowed_count = 0;
  const int32_t* allowed = nullptr;  // words, so that it can be read as it is

  constexpr ValueSpec() = default;
  constexpr ValueSpec(DataType of_type, const char* with_name)
      : type(of_type), name(with_name) {}

  constexpr ValueSpec named(const char* with_name) const {
    ValueSpec spec = *this;
    spec.name = with_name;
    return spec;
  }
  constexpr ValueSpec in(const char* with_unit) const {
    ValueSpec spec = *this;
    spec.unit = with_unit;
    return spec;
  }
  constexpr ValueSpec range(double from, double to) const {
    ValueSpec spec = *this;
    spec.minimum = from;
    spec.maximum = to;
    spec.has_range = true;
    return spec;
  }
  constexpr ValueSpec by(double with_step) const {
    ValueSpec spec = *this;
    spec.step = with_step;
    spec.has_step = true;
    return spec;
  }
  constexpr ValueSpec bytes(uint16_t most) const {
    ValueSpec spec = *this;
    spec.max_bytes = most;
    return spec;
  }
  template <size_t N>
  constexpr ValueSpec only(const int32_t (&values)[N]) const {
    static_assert(N <= sizeof(DataSchema::allowed) / sizeof(int32_t), "too many values");
    ValueSpec spec = *this;
    spec.allowed = values;
    spec.allowed_count = N;
    return spec;
  }
};

constexpr ValueSpec boolean_value(const char* name = "") {
  return ValueSpec(DataType::kBoolean, name);
}
constexpr ValueSpec integer_value(const char* name = "") {
  return ValueSpec(DataType::kInteger, name);
}
constexpr ValueSpec number_value(const char* name = "") {
  return ValueSpec(DataType::kNumber, name);
}
constexpr ValueSpec string_value(uint16_t max_bytes) {
  return ValueSpec(DataType::kString, "").bytes(max_bytes);
}
constexpr ValueSpec bytes_value(uint16_t max_bytes, const char* name = "") {
  return ValueSpec(DataType::kBytes, name).bytes(max_bytes);
}
constexpr ValueSpec color_value() { return ValueSpec(DataType::kColor, ""); }

// A run of value specs; empty where an action has no inputs or outputs.
class ValueSpecs {
 public:
  constexpr ValueSpecs() = default;
  constexpr ValueSpecs(const ValueSpec& one) : first_(&one), count(1) {}
  template <size_t N>
  constexpr ValueSpecs(const ValueSpec (&specs)[N]) : first_(specs), count(N) {
    static_assert(N <= kMaxResultValues && N <= kMaxArguments, "too many values");
  }
  ValueSpec at(uint8_t index) const { return read_flash(first_[index]); }

 private:
  const ValueSpec* first_ = nullptr;

 public:
  uint8_t count = 0;
};

// Flags of AffordanceSpec.
constexpr uint8_t kReadable = 1;
constexpr uint8_t kWritable = 2;
constexpr uint8_t kObservable = 4;
constexpr uint8_t kIdempotent = 8;

struct AffordanceSpec {
  uint8_t pid = 0;  // 1 to 63
  AffordanceKind kind = AffordanceKind::kProperty;
  uint8_t flags = 0;
  TableText<sizeof(Affordance::name) - 1> name;
  TableText<sizeof(Affordance::title) - 1> title;
  TableText<sizeof(Affordance::semantic) - 1> semantic;
  ValueSpecs outputs;
  ValueSpecs inputs;

  constexpr bool has(uint8_t flag) const { return (flags & flag) != 0; }
};

constexpr AffordanceSpec property(uint8_t pid, const char* name, const char* title,
                                  const char* semantic, const ValueSpec& value,
                                  uint8_t flags) {
  return {pid, AffordanceKind::kProperty, flags, name, title, semantic, value, {}};
}
constexpr AffordanceSpec action(uint8_t pid, const char* name, const char* title,
                                const char* semantic, ValueSpecs inputs,
                                ValueSpecs outputs, uint8_t flags) {
  return {pid, AffordanceKind::kAction, flags, name, title, semantic, outputs, inputs};
}
constexpr AffordanceSpec event(uint8_t pid, const char* name, const char* title,
                               const char* semantic, const ValueSpec& data) {
  return {pid, AffordanceKind::kEvent, 0, name, title, semantic, data, {}};
}
// An event without data.
constexpr AffordanceSpec event(uint8_t pid, const char* name, const char* title,
                               const char* semantic) {
  return {pid, AffordanceKind::kEvent, 0, name, title, semantic, {}, {}};
}

class AffordanceSpecs {
 public:
  template <size_t N>
  constexpr AffordanceSpecs(const AffordanceSpec (&specs)[N]) : first_(specs), count(N) {}
  constexpr AffordanceSpecs(const AffordanceSpec* specs, uint8_t how_many)
      : first_(specs), count(how_many) {}
  AffordanceSpec at(size_t index) const { return read_flash(first_[index]); }

 private:
  const AffordanceSpec* first_;

 public:
  uint8_t count;
};

}  // namespace signalbox
