// The unit's list of affordances (docs/unit-link.md section 5.1), gathered from its
// capabilities in their order.
#pragma once

#include "core/capability.h"

namespace signalbox {

class UnitDescription {
 public:
  struct Entry {
    Capability* capability = nullptr;  // null: there is none of this pid
    AffordanceSpec spec;
  };

  // The capabilities outlive the description. Computes the schema hash.
  UnitDescription(Capability* const* capabilities, size_t capability_count);

  uint64_t schema_hash() const { return schema_hash_; }
  uint32_t count() const { return count_; }

  // Fills the message for the affordance at `index`; false when there is none.
  [[nodiscard]] bool describe(uint32_t index, Description& out) const;

  // The affordance of this pid; its capability is null when there is none.
  Entry find(uint32_t pid) const;

 private:
  uint64_t compute_hash() const;

  Capability* const* capabilities_;
  size_t capability_count_;
  uint32_t count_ = 0;
  uint64_t schema_hash_ = 0;
};

// Expands a spec into the message that is sent and hashed.
void fill_affordance(const AffordanceSpec& spec, Affordance& out);

}  // namespace signalbox
