#include "core/description.h"

#include <pb_encode.h>

#include "core/sha256.h"
#include "core/value.h"

namespace signalbox {
namespace {

void fill_schema(const ValueSpec& spec, DataSchema& out) {
  out.type = static_cast<signalbox_unitlink_v1_DataType>(spec.type);
  copy_text(out.name, sizeof out.name, spec.name.text);
  copy_text(out.unit, sizeof out.unit, spec.unit.text);
  out.has_minimum = spec.has_range;
  out.minimum = spec.minimum;
  out.has_maximum = spec.has_range;
  out.maximum = spec.maximum;
  out.has_step = spec.has_step;
  out.step = spec.step;
  out.max_bytes = spec.max_bytes;
  out.allowed_count = spec.allowed_count;
  for (uint8_t i = 0; i < spec.allowed_count; ++i) out.allowed[i] = spec.allowed[i];
}

bool hash_bytes(pb_ostream_t* stream, const pb_byte_t* bytes, size_t size) {
  static_cast<Sha256*>(stream->state)->update(bytes, size);
  return true;
}

}  // namespace

void fill_affordance(const AffordanceSpec& spec, Affordance& out) {
  out.pid = spec.pid;
  out.kind = static_cast<signalbox_unitlink_v1_AffordanceKind>(spec.kind);
  copy_text(out.name, sizeof out.name, spec.name.text);
  copy_text(out.title, sizeof out.title, spec.title.text);
  copy_text(out.semantic, sizeof out.semantic, spec.semantic.text);
  out.readable = spec.has(kReadable);
  out.writable = spec.has(kWritable);
  out.observable = spec.has(kObservable);
  out.idempotent = spec.has(kIdempotent);
  out.outputs_count = spec.outputs.count;
  for (uint8_t i = 0; i < spec.outputs.count; ++i) {
    fill_schema(spec.outputs.at(i), out.outputs[i]);
  }
  out.inputs_count = spec.inputs.count;
  for (uint8_t i = 0; i < spec.inputs.count; ++i) {
    fill_schema(spec.inputs.at(i), out.inputs[i]);
  }
}

UnitDescription::UnitDescription(Capability* const* capabilities, size_t capability_count)
    : capabilities_(capabilities), capability_count_(capability_count) {
  for (size_t i = 0; i < capability_count_; ++i) {
    count_ += capabilities_[i]->affordances().count;
  }
  schema_hash_ = compute_hash();
}

bool UnitDescription::describe(uint32_t index, Description& out) const {
  uint32_t left = index;
  for (size_t i = 0; i < capability_count_; ++i) {
    const AffordanceSpecs specs = capabilities_[i]->affordances();
    if (left < specs.count) {
      out.schema_hash = schema_hash_;
      out.count = count_;
      out.index = index;
      out.has_affordance = true;
      fill_affordance(specs.at(left), out.affordance);
      return true;
    }
    left -= specs.count;
  }
  return false;
}

UnitDescription::Entry UnitDescription::find(uint32_t pid) const {
  for (size_t i = 0; i < capability_count_; ++i) {
    const AffordanceSpecs specs = capabilities_[i]->affordances();
    for (uint8_t s = 0; s < specs.count; ++s) {
      const AffordanceSpec spec = specs.at(s);
      if (spec.pid == pid) return {capabilities_[i], spec};
    }
  }
  return {};
}

// docs/unit-link.md section 4.5.
uint64_t UnitDescription::compute_hash() const {
  Sha256 sha;
  Affordance message;
  for (size_t i = 0; i < capability_count_; ++i) {
    const AffordanceSpecs specs = capabilities_[i]->affordances();
    for (uint8_t s = 0; s < specs.count; ++s) {
      fill_affordance(specs.at(s), message);
      size_t size = 0;
      // Neither call can fail: the sizes are fixed and the stream has no end.
      (void)pb_get_encoded_size(&size, signalbox_unitlink_v1_Affordance_fields, &message);
      const uint8_t prefix[2] = {static_cast<uint8_t>(size >> 8),
                                 static_cast<uint8_t>(size & 0xFF)};
      sha.update(prefix, sizeof prefix);
      pb_ostream_t stream = PB_OSTREAM_SIZING;
      stream.callback = &hash_bytes;
      stream.state = &sha;
      stream.max_size = SIZE_MAX;
      (void)pb_encode(&stream, signalbox_unitlink_v1_Affordance_fields, &message);
    }
  }
  uint8_t digest[Sha256::kDigestBytes];
  sha.finish(digest);
  uint64_t hash = 0;
  for (unsigned i = 0; i < 8; ++i) hash = hash << 8 | digest[i];
  return hash;
}

}  // namespace signalbox
