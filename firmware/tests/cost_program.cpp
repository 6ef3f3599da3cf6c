// Does one operation of an encrypted link so many times, for a tool that counts
// instructions: link-cost OPERATION MESSAGE-BYTES TIMES.
#include <stdlib.h>

#include "tests/link_cost.h"

int main(int argc, char** argv) {
  if (argc != 4) return 64;
  static signalbox::test::LinkCost cost;
  const auto operation = static_cast<signalbox::test::Operation>(atoi(argv[1]));
  const size_t message_bytes = static_cast<size_t>(atoi(argv[2]));
  const int times = atoi(argv[3]);
  for (int i = 0; i < times; ++i) cost.perform(operation, message_bytes);
  return cost.is_good() ? 0 : 1;
}
